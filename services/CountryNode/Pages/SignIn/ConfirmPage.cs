using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>The second factor once more, before a case file opens: whoever found a screen left open has none.</summary>
static class ConfirmPage
{
    public const string Path = "/confirm";

    public static IResult Ask(string to) => Results.LocalRedirect(PathTo(to));

    /// <summary>Asks before a form is taken, which is kept meanwhile.</summary>
    public static async Task<IResult> AskAsync(HttpContext http, Screen screen)
    {
        var services = http.RequestServices;
        return await services.GetRequiredService<SecondStep>().AskAsync(screen.Person!, http, Path, "/", await services.GetRequiredService<Kept>().SealAsync(http.Request, screen.Person!.Id), Faults.None);
    }

    public static string PathTo(string to) => $"{Path}?to={Uri.EscapeDataString(to)}";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (string? to, HttpContext http, SecondStep second, Screen screen) => second.AskAsync(screen.Person!, http, Path, SignInPage.To(to), kept: "", Faults.None));
        pages.MapPost(Path, async (HttpContext http, SecondStep second, Screen screen, Sessions sessions, Kept forms) =>
        {
            var form = await http.Request.ReadFormAsync(http.RequestAborted);
            var (person, to, kept) = (screen.Person!, SignInPage.To(form["to"]), form[Kept.Field].ToString());
            var faults = await second.LookAsync(person, form, http);
            if (faults.Any) return await second.AskAsync(person, http, Path, to, kept, faults);
            await sessions.ConfirmAsync(person, http.User);
            return forms.Open(kept, person) is { } written ? Screen.Show<KeptView>(written) : Results.LocalRedirect(to);
        });
    }
}
