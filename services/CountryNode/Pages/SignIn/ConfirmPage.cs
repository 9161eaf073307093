using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;
using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>The second factor once more, before a case file opens: whoever found a screen left open has none.</summary>
static class ConfirmPage
{
    const string Path = "/confirm";

    public static IResult Ask(string to) => Results.LocalRedirect($"{Path}?to={Uri.EscapeDataString(to)}");

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (string? to) => Screen.Show<SecondView>(new SecondModel(Path, SignInPage.To(to), "", Faults.None)));
        pages.MapPost(Path, ConfirmAsync);
    }

    static async Task<IResult> ConfirmAsync(HttpContext http, Screen screen, UserManager<Person> persons, Sessions sessions)
    {
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (code, to, person) = (Codes.Plain(form["code"].ToString()), SignInPage.To(form["to"]), screen.Person!);
        if (!await persons.IsLockedOutAsync(person))
        {
            var shown = Codes.IsOfApp(code)
                ? await persons.VerifyTwoFactorTokenAsync(person, TokenOptions.DefaultAuthenticatorProvider, code)
                : (await persons.RedeemTwoFactorRecoveryCodeAsync(person, Codes.Printed(code))).Succeeded;
            if (shown)
            {
                await sessions.ConfirmAsync(person, http.User);
                return Results.LocalRedirect(to);
            }
            await persons.AccessFailedAsync(person);
        }
        return Screen.Show<SecondView>(new SecondModel(Path, to, "", Faults.None.With("code", screen.Words["This code does not count. A code of the app counts for half a minute, a printed one once: take the next."])), StatusCodes.Status422UnprocessableEntity);
    }
}
