using Coordination.Hosting;
using Coordination.Hosting.Trust;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Npgsql;

namespace Coordination.CountryNode.Accounts;

/// <summary>How people sign in at the console.</summary>
public static class AccountsSetup
{
    /// <summary>Long enough that nobody guesses it, and no rule that makes people write it down.</summary>
    public const int ShortestPassword = 12;

    public static void AddAccounts(this IServiceCollection services, NodeSettings settings)
    {
        services.AddDbContext<AccountsContext>((provider, options) => options.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddIdentityCore<Person>(options =>
            {
                options.Stores.SchemaVersion = IdentitySchemaVersions.Version3;
                options.ClaimsIdentity.UserIdClaimType = "sub";
                options.User.AllowedUserNameCharacters = People.NameLetters;
                options.Password.RequiredLength = ShortestPassword;
                (options.Password.RequireDigit, options.Password.RequireLowercase, options.Password.RequireUppercase, options.Password.RequireNonAlphanumeric) = (false, false, false, false);
            })
            .AddEntityFrameworkStores<AccountsContext>()
            .AddSignInManager();
        services.Configure<IdentityPasskeyOptions>(options =>
        {
            options.ServerDomain = settings.ConsoleName;
            // A key that asks nobody who they are would be one factor, not two.
            options.UserVerificationRequirement = "required";
            // A page of this console asked, and no other that frames it. Its forms say no origin of their own, since they say no referrer.
            options.ValidateOrigin = asked => ValueTask.FromResult(!asked.CrossOrigin && asked.Origin == $"https://{asked.HttpContext.Request.Host}");
        });
        services.AddSingleton<Attempts>();
        services.AddScoped<Factors>();
        services.AddScoped<People>();
        services.AddScoped<Sessions>();

        // Cookies outlive a restart, and every process of the node reads them.
        services.AddDataProtection().SetApplicationName($"coordination-{settings.Id}").PersistKeysToFileSystem(new DirectoryInfo(new KeyFolder(settings.KeyFolder).Console));
        services.AddAuthentication().AddIdentityCookies(cookies =>
        {
            cookies.ApplicationCookie!.Configure(options =>
            {
                Name(options, "session");
                (options.ExpireTimeSpan, options.SlidingExpiration) = (Sessions.Idle, true);
                options.LoginPath = Pages.SignIn.SignInPage.Path;
                options.ReturnUrlParameter = "to";
                // A page that is open and asks by itself is nobody who does anything.
                options.Events.OnCheckSlidingExpiration = context =>
                {
                    context.ShouldRenew &= context.HttpContext.Request.Path != Pages.Today.TodayPage.LivePath;
                    return Task.CompletedTask;
                };
                options.Events.OnValidatePrincipal = context => context.HttpContext.RequestServices.GetRequiredService<Sessions>().CheckAsync(context);
            });
            cookies.TwoFactorUserIdCookie!.Configure(options => Name(options, "halfway"));
            cookies.ExternalCookie!.Configure(options => Name(options, "external"));
            cookies.TwoFactorRememberMeCookie!.Configure(options => Name(options, "remembered"));
        });

        // Six nodes on one machine share a host. The prefix keeps whoever has another name of the same domain from setting one (RFC 6265bis, 4.1.3.2).
        void Name(CookieAuthenticationOptions options, string what) =>
            (options.Cookie.Name, options.Cookie.HttpOnly, options.Cookie.SecurePolicy, options.Cookie.SameSite) =
                ($"__Host-coordination-{settings.Id.ToLowerInvariant()}-{what}", true, CookieSecurePolicy.Always, SameSiteMode.Lax);
    }
}
