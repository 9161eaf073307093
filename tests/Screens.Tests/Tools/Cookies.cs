using System.Globalization;
using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Coordination.Screens.Tests;

/// <summary>A session as it is after a while, without waiting: the test has the key folder, and so can write what only the node can.</summary>
static class Cookies
{
    /// <summary>Makes it so long ago that the visitor showed a second factor.</summary>
    public static Task AgeAsync(Visitor visitor, TimeSpan ago) => ChangeAsync(visitor, ticket => Claim(ticket, "confirmed", ago));

    /// <summary>Makes it so long ago that the session began.</summary>
    public static Task BegunAsync(Visitor visitor, TimeSpan ago) => ChangeAsync(visitor, ticket => Claim(ticket, "since", ago));

    /// <summary>Makes it so long ago that the visitor did anything.</summary>
    public static Task IdleAsync(Visitor visitor, TimeSpan since) => ChangeAsync(visitor, ticket =>
        (ticket.Properties.IssuedUtc, ticket.Properties.ExpiresUtc) = (ticket.Properties.IssuedUtc - since, ticket.Properties.ExpiresUtc - since));

    static void Claim(AuthenticationTicket ticket, string name, TimeSpan ago)
    {
        var identity = (ClaimsIdentity)ticket.Principal.Identity!;
        identity.RemoveClaim(identity.FindFirst(name));
        identity.AddClaim(new Claim(name, (TimeProvider.System.GetUtcNow() - ago).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)));
    }

    static async Task ChangeAsync(Visitor visitor, Action<AuthenticationTicket> change)
    {
        var services = new ServiceCollection();
        services.AddDataProtection().SetApplicationName($"coordination-{visitor.Node.Id}").PersistKeysToFileSystem(new DirectoryInfo(visitor.Node.Keys.Console)).DisableAutomaticKeyGeneration();
        services.AddLogging();
        services.AddAuthentication().AddCookie(IdentityConstants.ApplicationScheme);
        await using var provider = services.BuildServiceProvider();
        var format = provider.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme).TicketDataFormat;
        var cookie = (await visitor.Page.Context.CookiesAsync()).Single(cookie => cookie.Name.EndsWith("-session", StringComparison.Ordinal));
        var ticket = format.Unprotect(cookie.Value)!;
        change(ticket);
        await visitor.Page.Context.AddCookiesAsync([new() { Name = cookie.Name, Value = format.Protect(ticket), Url = visitor.Node.ConsoleAddress, Secure = true, HttpOnly = true }]);
    }
}
