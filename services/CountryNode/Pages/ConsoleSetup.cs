using System.Text.Encodings.Web;
using System.Text.Unicode;
using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Pages.NewReferral;
using Coordination.CountryNode.Pages.Referrals;
using Coordination.CountryNode.Pages.SignIn;
using Coordination.CountryNode.Pages.Today;
using Coordination.CountryNode.Store;
using Coordination.Hosting;
using Coordination.Screens.Parts;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace Coordination.CountryNode.Pages;

/// <summary>The console: what its pages need, and where they are.</summary>
static class ConsoleSetup
{
    /// <summary>Nothing is loaded from anywhere else, no script stands in a page, and no other page frames one of these.</summary>
    const string Policy = "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Who signs in, and for what, nobody sends by a form that somebody else may have filled in at a screen that was left.</summary>
    static readonly PathString[] NotKept = [SignInPage.Path, SignInPage.OutPath, AccountPage.Path, ConfirmPage.Path, Navigation.People];

    public static void AddPages(this IServiceCollection services, NodeSettings settings)
    {
        services.AddRazorComponents();
        services.AddHttpContextAccessor();
        services.AddSingleton<InProcess>();
        services.AddSingleton<Drafts>();
        services.AddSingleton<Kept>();
        services.AddSingleton<LastLooks>();
        services.AddScoped<TodayPage.Gathering>();
        services.AddScoped<Calls>();
        services.AddScoped<Screen>();
        services.AddScoped<SecondStep>();
        services.AddScoped<AccountPage.Looks>();
        services.AddScoped<Forming>();
        // Thai, Lao, Khmer, Burmese and Chinese go as they are, not as numbers.
        services.AddSingleton(HtmlEncoder.Create(UnicodeRanges.All));
        services.AddSingleton<IAntiforgeryAdditionalDataProvider, ForOneOffice>();
        services.AddAntiforgery(options => (options.Cookie.Name, options.Cookie.SecurePolicy, options.SuppressXFrameOptionsHeader) =
            ($"__Host-coordination-{settings.Id.ToLowerInvariant()}-form", CookieSecurePolicy.Always, true));
    }

    /// <summary>The pages, and the files that they are made of.</summary>
    public static void UsePages(this IApplicationBuilder console)
    {
        console.Use((http, next) =>
        {
            var headers = http.Response.Headers;
            (headers.ContentSecurityPolicy, headers.XContentTypeOptions, headers["Referrer-Policy"], headers["Cross-Origin-Opener-Policy"]) = (Policy, "nosniff", "no-referrer", "same-origin");
            http.RequestServices.GetRequiredService<Screen>().Begin(http);
            return next(http);
        });
        // What fails is said on a page, in the reader's language, and in full in the log; that the database is away is said there once.
        console.UseExceptionHandler(new ExceptionHandlerOptions
        {
            ExceptionHandler = http => http.Features.Get<IExceptionHandlerFeature>()?.Error is { } fault && Outage.IsOne(fault)
                ? Screen.Show<NotNowView>(false, StatusCodes.Status503ServiceUnavailable).ExecuteAsync(http)
                : Screen.Show<BrokenView>(false, StatusCodes.Status500InternalServerError).ExecuteAsync(http),
            SuppressDiagnosticsCallback = failed =>
            {
                if (!Outage.IsOne(failed.Exception)) return false;
                failed.HttpContext.RequestServices.GetRequiredService<Outage>().DatabaseFailed(failed.Exception);
                return true;
            },
        });
        // An address with something odd in it leads nowhere.
        console.UseStatusCodePages(context => context.HttpContext.Response.StatusCode is StatusCodes.Status400BadRequest ? Screen.Nothing().ExecuteAsync(context.HttpContext) : Task.CompletedTask);
        console.UseRouting();
        console.UseRequestTimeouts();
        console.UseAuthentication();
        console.UseEndpoints(endpoints =>
        {
            endpoints.MapStaticAssets();
            var open = endpoints.MapGroup("").AddEndpointFilter(GuardAsync);
            SignInPage.Map(open);
            InvitationPage.Map(open);
            LanguagePage.Map(open);
            var signedIn = open.MapGroup("").AddEndpointFilter(SignedInAsync);
            TodayPage.Map(signedIn);
            ReferralPages.Map(signedIn);
            CaseFilePages.Map(signedIn);
            EvidencePages.Map(signedIn);
            ConfirmPage.Map(signedIn);
            ApprovalPages.Map(signedIn);
            AuditPage.Map(signedIn);
            PeoplePage.Map(signedIn);
            OperationsPage.Map(signedIn);
            TransferPage.Map(signedIn);
            CounterpartsPage.Map(signedIn);
            AccountPage.Map(signedIn);
            OpeningPages.Map(signedIn);
            open.MapFallback(Screen.Nothing);
        });
    }

    /// <summary>A form counts only from a page of this console; and no page is kept by a browser or anything between.</summary>
    static async ValueTask<object?> GuardAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        http.Response.Headers.CacheControl = "no-cache, no-store";
        if (HttpMethods.IsGet(http.Request.Method)) return await next(context);
        var services = http.RequestServices;
        if (Upload.IsOne(http.Request))
        {
            if (http.GetEndpoint()?.Metadata.GetMetadata<TakesFiles>() is not { } takes || !await Upload.BeginAsync(http, takes)) return Screen.Show<FormExpiredView>(false, StatusCodes.Status400BadRequest);
            // Where the framework looks first: it reads no form then.
            var antiforgery = services.GetRequiredService<IOptions<AntiforgeryOptions>>().Value;
            http.Request.Headers[antiforgery.HeaderName!] = http.Request.Form[antiforgery.FormFieldName];
        }
        if (await IsOursAsync(http) is not { } isOurs) return Screen.Show<FormExpiredView>(false, StatusCodes.Status400BadRequest);
        if (isOurs) return await next(context);
        // Nothing is done; but what was written while the session ended is not lost. What another site's page sent in somebody's name is nothing that anybody wrote.
        return services.GetRequiredService<Screen>().Person is null && http.Request.Headers["Sec-Fetch-Site"] == "same-origin" && !NotKept.Any(path => http.Request.Path.StartsWithSegments(path, StringComparison.Ordinal))
            ? await SignInPage.AskAsync(http, "/", await services.GetRequiredService<Kept>().SealAsync(http.Request, Sessions.LastIn(http)), name: "", Faults.None, StatusCodes.Status401Unauthorized)
            : Screen.Show<FormExpiredView>(false, StatusCodes.Status400BadRequest);
    }

    /// <summary>Whether a page of this console sent a form, for the office that it was opened for; null where there is no form to be read.</summary>
    static async Task<bool?> IsOursAsync(HttpContext http)
    {
        try
        {
            if (http.Request.HasFormContentType) await http.Request.ReadFormAsync(http.RequestAborted);
            return await http.RequestServices.GetRequiredService<IAntiforgery>().IsRequestValidAsync(http);
        }
        // It has more fields than any form of ours, or longer ones, or breaks off.
        catch (Exception unreadable) when (unreadable is InvalidDataException or IOException)
        {
            return null;
        }
    }

    static async ValueTask<object?> SignedInAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var screen = context.HttpContext.RequestServices.GetRequiredService<Screen>();
        if (screen.Person is null) return Results.LocalRedirect($"{SignInPage.Path}?to={Uri.EscapeDataString(screen.Here)}");
        if (screen.Office is null) return Screen.Show<NoOfficeView>(false, StatusCodes.Status403Forbidden);
        return await Refusals.ShowAsync(() => next(context));
    }
}
