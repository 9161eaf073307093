using System.Globalization;
using System.Security.Claims;
using Coordination.CountryNode.Doors;
using Coordination.CountryNode.Pages;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;

namespace Coordination.CountryNode.Accounts;

/// <summary>Who is signed in at the console, for which office, and how long that counts.</summary>
/// <remarks>Asked anew with every request: who was signed out everywhere, or lost an office, is so with the next click.</remarks>
public sealed class Sessions(SignInManager<Person> signIn, UserManager<Person> persons, People people, TimeProvider time)
{
    /// <summary>A session in which nothing happens ends after this long.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    /// <summary>No session lasts longer than a working day.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromHours(10);

    /// <summary>For so long a second factor counts as shown just now.</summary>
    public static readonly TimeSpan Confirmed = TimeSpan.FromMinutes(5);

    /// <summary>When the session began, and when the second factor was last shown: seconds since 1970.</summary>
    const string SinceClaim = "since", ConfirmedClaim = "confirmed";

    /// <summary>Who, and of whom has shown a password only, the stamp that changes with it.</summary>
    const string PersonClaim = "sub", StampClaim = "stamp";

    /// <summary>The person has shown the password; the second factor is still to come.</summary>
    public async Task BeginHalfwayAsync(Person person) => await signIn.Context.SignInAsync(IdentityConstants.TwoFactorUserIdScheme, new ClaimsPrincipal(new ClaimsIdentity(
        [new Claim(PersonClaim, person.Id), new Claim(StampClaim, await persons.GetSecurityStampAsync(person))], IdentityConstants.TwoFactorUserIdScheme)));

    /// <summary>Who has shown the password just now, in this browser; null for nobody, or where it was changed since.</summary>
    public async Task<Person?> HalfwayAsync() =>
        (await signIn.Context.AuthenticateAsync(IdentityConstants.TwoFactorUserIdScheme)).Principal is { } shown
        && await persons.FindByIdAsync(shown.FindFirstValue(PersonClaim) ?? "") is { } person
        && await persons.GetSecurityStampAsync(person) == shown.FindFirstValue(StampClaim) ? person : null;

    /// <summary>Begins a session of a person who has shown both factors.</summary>
    public async Task BeginAsync(Person person, CancellationToken cancellationToken)
    {
        await signIn.Context.SignOutAsync(IdentityConstants.TwoFactorUserIdScheme);
        var now = Seconds(time.GetUtcNow());
        var offices = await people.OfficesOfAsync(person, cancellationToken);
        await SignInAsync(person, offices is [var first, ..] ? first.ToString() : null, since: now, confirmed: now);
    }

    /// <summary>Goes on as another of the person's offices.</summary>
    public Task ActAsAsync(Person person, ClaimsPrincipal session, string office) => SignInAsync(person, office, Read(session, SinceClaim), Read(session, ConfirmedClaim));

    /// <summary>The person has shown the second factor again.</summary>
    public Task ConfirmAsync(Person person, ClaimsPrincipal session) => SignInAsync(person, session.FindFirstValue(Callers.OfficeClaim), Read(session, SinceClaim), Seconds(time.GetUtcNow()));

    /// <summary>Whether the second factor was shown just now.</summary>
    public static bool IsConfirmed(ClaimsPrincipal session, DateTimeOffset now) => now - DateTimeOffset.FromUnixTimeSeconds(Read(session, ConfirmedClaim)) < Confirmed;

    /// <summary>Whether a session has lasted as long as any does.</summary>
    public static bool IsOver(ClaimsPrincipal session, DateTimeOffset now) => now - DateTimeOffset.FromUnixTimeSeconds(Read(session, SinceClaim)) >= Longest;

    /// <summary>Whose session a browser had, also where it has ended; null where it does not say so any more.</summary>
    public static string? LastIn(HttpContext http)
    {
        var cookies = http.RequestServices.GetRequiredService<IOptionsMonitor<CookieAuthenticationOptions>>().Get(IdentityConstants.ApplicationScheme);
        return cookies.CookieManager.GetRequestCookie(http, cookies.Cookie.Name!) is { } cookie ? cookies.TicketDataFormat.Unprotect(cookie)?.Principal.FindFirstValue(PersonClaim) : null;
    }

    public Task EndAsync() => signIn.SignOutAsync();

    /// <summary>Ends every session of a person, this one too.</summary>
    public async Task EndAllAsync(Person person)
    {
        await persons.UpdateSecurityStampAsync(person);
        await signIn.SignOutAsync();
    }

    /// <summary>Looks whether a session still counts, and for which office; tells the page who it is.</summary>
    public async Task CheckAsync(CookieValidatePrincipalContext context)
    {
        var cancellationToken = context.HttpContext.RequestAborted;
        if (context.Principal is not { } session || await signIn.ValidateSecurityStampAsync(session) is not { } person || IsOver(session, time.GetUtcNow()))
        {
            context.RejectPrincipal();
            await context.HttpContext.SignOutAsync(IdentityConstants.ApplicationScheme);
            return;
        }

        var offices = await people.OfficesOfAsync(person, cancellationToken);
        var identity = (ClaimsIdentity)session.Identity!;
        var acting = offices.FirstOrDefault(office => office.ToString() == session.FindFirstValue(Callers.OfficeClaim));
        if (acting is null)
        {
            // The office was taken, or there was none: another one, if there is.
            if (identity.FindFirst(Callers.OfficeClaim) is { } lost) identity.RemoveClaim(lost);
            acting = offices is [var first, ..] ? first : null;
            if (acting is not null) identity.AddClaim(new Claim(Callers.OfficeClaim, acting.ToString()));
            context.ShouldRenew = true;
        }
        context.HttpContext.RequestServices.GetRequiredService<Screen>().SignedIn(person, acting, offices, IsConfirmed(session, time.GetUtcNow()));
    }

    Task SignInAsync(Person person, string? office, long since, long confirmed) => signIn.SignInWithClaimsAsync(person, isPersistent: false,
    [
        new Claim(SinceClaim, since.ToString(CultureInfo.InvariantCulture)),
        new Claim(ConfirmedClaim, confirmed.ToString(CultureInfo.InvariantCulture)),
        .. office is null ? Array.Empty<Claim>() : [new Claim(Callers.OfficeClaim, office)],
    ]);

    static long Seconds(DateTimeOffset at) => at.ToUnixTimeSeconds();

    static long Read(ClaimsPrincipal session, string claim) => long.TryParse(session.FindFirstValue(claim), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;
}
