using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;
using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>A person's own account: for which office they act, their keys, what is left of the printed codes, signing out everywhere.</summary>
static class AccountPage
{
    public const string Path = "/account", KeysPath = "/account/keys";

    /// <summary>Of the name that a person gives a key.</summary>
    const int LongestKeyName = 60;

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (HttpContext http, Looks looks) => looks.ShowAsync(http, [], "", Faults.None));
        pages.MapPost($"{Path}/office", async (HttpContext http, Screen screen, Sessions sessions) =>
        {
            var asked = (await http.Request.ReadFormAsync(http.RequestAborted))["office"].ToString();
            // Only one that is granted today.
            if (screen.Offices.FirstOrDefault(office => office.ToString() == asked) is not { } chosen) return Results.LocalRedirect(Path);
            await sessions.ActAsAsync(screen.Person!, http.User, chosen.ToString());
            return Results.LocalRedirect(Navigation.HomeOf(chosen));
        });
        pages.MapPost($"{Path}/codes", async (HttpContext http, Screen screen, UserManager<Person> persons, Looks looks) =>
        {
            if (!screen.IsConfirmed) return ConfirmPage.Ask(Path);
            return await looks.ShowAsync(http, [.. await persons.GenerateNewTwoFactorRecoveryCodesAsync(screen.Person!, People.PrintedCodes) ?? []], "", Faults.None);
        });
        pages.MapPost(KeysPath, AddKeyAsync);
        pages.MapPost($"{KeysPath}/{{id}}/remove", async (string id, Screen screen, UserManager<Person> persons) =>
        {
            if (!screen.IsConfirmed) return ConfirmPage.Ask(Path);
            var keys = await persons.GetPasskeysAsync(screen.Person!);
            if (keys.FirstOrDefault(key => IdOf(key) == id) is not { } key) return Screen.Nothing();
            await persons.RemovePasskeyAsync(screen.Person!, key.CredentialId);
            return Results.LocalRedirect(Path);
        });
    }

    public static string IdOf(UserPasskeyInfo key) => Convert.ToHexStringLower(key.CredentialId);

    static async Task<IResult> AddKeyAsync(HttpContext http, Screen screen, UserManager<Person> persons, Factors factors, Looks looks)
    {
        if (!screen.IsConfirmed) return ConfirmPage.Ask(Path);
        var form = await http.Request.ReadFormAsync(http.RequestAborted);
        var (name, keys) = (form["key"].ToString().Trim(), await persons.GetPasskeysAsync(screen.Person!));
        var faults = Faults.None;
        if (name.Length is 0 or > LongestKeyName) faults = faults.With("key", screen.Words["Give the key a name of up to {0} letters, by which you know it again.", LongestKeyName]);
        else if (keys.Any(key => key.Name == name)) faults = faults.With("key", screen.Words["You have a key of this name: choose another."]);
        else if (keys.Count >= Factors.MostKeys) faults = faults.With("", screen.Words["You have {0} keys: remove one first.", keys.Count]);
        else if (!await factors.AddKeyAsync(screen.Person!, name, KeyAnswer.In(form), http)) faults = faults.With("", screen.Words["The key was not added: it did not answer, or you have it already. Try again."]);
        return faults.Any ? await looks.ShowAsync(http, [], name, faults) : Results.LocalRedirect(Path);
    }

    /// <summary>What the page shows, put together.</summary>
    public sealed class Looks(Screen screen, UserManager<Person> persons, Factors factors)
    {
        public async Task<IResult> ShowAsync(HttpContext http, IReadOnlyList<string> codes, string keyName, Faults faults)
        {
            var person = screen.Person!;
            var keys = await persons.GetPasskeysAsync(person);
            // A key is added by whoever has shown a second factor just now.
            var question = screen.IsConfirmed && keys.Count < Factors.MostKeys ? await factors.AskForNewKeyAsync(person, http) : null;
            return Screen.Show<AccountView>(
                new AccountModel(await persons.CountRecoveryCodesAsync(person), codes, [.. keys.OrderBy(key => key.CreatedAt)], question, keyName, faults),
                faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
        }
    }
}

/// <param name="CodesLeft">Printed codes that open still.</param>
/// <param name="Codes">New ones, shown once; none for most.</param>
/// <param name="Keys">Those that the person has, oldest first.</param>
/// <param name="NewKey">What a further one is asked; null until a second factor was shown just now.</param>
/// <param name="KeyName">As it was typed.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record AccountModel(int CodesLeft, IReadOnlyList<string> Codes, IReadOnlyList<UserPasskeyInfo> Keys, KeyQuestion? NewKey, string KeyName, Faults Faults);
