using Coordination.CountryNode.Accounts;
using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>A person's own account: for which office they act, what is left of the printed codes, signing out everywhere.</summary>
static class AccountPage
{
    public const string Path = "/account";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, async (Screen screen, UserManager<Person> persons) => Screen.Show<AccountView>(new AccountModel(await persons.CountRecoveryCodesAsync(screen.Person!), [])));
        pages.MapPost($"{Path}/office", async (HttpContext http, Screen screen, Sessions sessions) =>
        {
            var asked = (await http.Request.ReadFormAsync(http.RequestAborted))["office"].ToString();
            // Only one that is granted today.
            if (screen.Offices.FirstOrDefault(office => office.ToString() == asked) is not { } chosen) return Results.LocalRedirect(Path);
            await sessions.ActAsAsync(screen.Person!, http.User, chosen.ToString());
            return Results.LocalRedirect(Navigation.HomeOf(chosen));
        });
        pages.MapPost($"{Path}/codes", async (Screen screen, UserManager<Person> persons) =>
        {
            if (!screen.IsConfirmed) return ConfirmPage.Ask(Path);
            var codes = await persons.GenerateNewTwoFactorRecoveryCodesAsync(screen.Person!, People.PrintedCodes) ?? [];
            return Screen.Show<AccountView>(new AccountModel(People.PrintedCodes, [.. codes]));
        });
    }
}

/// <param name="CodesLeft">Printed codes that open still.</param>
/// <param name="Codes">New ones, shown once; none for most.</param>
public sealed record AccountModel(int CodesLeft, IReadOnlyList<string> Codes);
