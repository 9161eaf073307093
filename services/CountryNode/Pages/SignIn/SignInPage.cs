using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>Password first, then what the person has: an authenticator app, a printed code or a key. A passkey alone is both.</summary>
static class SignInPage
{
    public const string Path = "/sign-in", SecondPath = "/sign-in/second", KeyPath = "/sign-in/key", KeptPath = "/sign-in/kept", OutPath = "/sign-out", OutEverywherePath = "/sign-out/everywhere";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (string? to, HttpContext http) => AskAsync(http, To(to), kept: "", name: "", Faults.None, StatusCodes.Status200OK));
        pages.MapPost(Path, FirstAsync);
        pages.MapPost(SecondPath, SecondAsync);
        pages.MapPost(KeyPath, KeyAsync);
        pages.MapPost(KeptPath, async (HttpContext http, Kept forms, Screen screen) => screen.Person is { } person && forms.Open((await http.Request.ReadFormAsync())[Kept.Field], person) is { } form ? Screen.Show<KeptView>(form) : Results.LocalRedirect("/"));
        pages.MapPost(OutPath, async (Sessions sessions) =>
        {
            await sessions.EndAsync();
            return Results.LocalRedirect(Path);
        });
        pages.MapPost(OutEverywherePath, async (Sessions sessions, Screen screen) =>
        {
            if (screen.Person is { } person) await sessions.EndAllAsync(person);
            return Results.LocalRedirect(Path);
        });
    }

    /// <summary>Asks who comes.</summary>
    public static async Task<IResult> AskAsync(HttpContext http, string to, string kept, string name, Faults faults, int status) =>
        Screen.Show<SignInView>(new SignInModel(to, kept, name, (await http.RequestServices.GetRequiredService<Factors>().AskForKeyAsync(person: null, http))!, faults), status);

    static async Task<IResult> FirstAsync(HttpContext http, Factors factors, Sessions sessions, SecondStep second, Screen screen)
    {
        var form = await http.Request.ReadFormAsync();
        var (name, to, kept) = (form["name"].ToString().Trim(), To(form["to"]), form[Kept.Field].ToString());
        var (shown, person) = await factors.PasswordAsync(name, form["password"].ToString());
        if (person is not null)
        {
            await sessions.BeginHalfwayAsync(person);
            return await second.AskAsync(person, http, SecondPath, to, kept, Faults.None);
        }
        var why = shown is Shown.Locked ? SecondStep.Locked(screen.Words) : screen.Words["Name or password is wrong. Check both; capitals count in the password."];
        return await AskAsync(http, to, kept, name, Faults.None.With("password", why), StatusCodes.Status422UnprocessableEntity);
    }

    static async Task<IResult> SecondAsync(HttpContext http, Sessions sessions, SecondStep second, Kept forms)
    {
        var form = await http.Request.ReadFormAsync();
        var (to, kept) = (To(form["to"]), form[Kept.Field].ToString());
        if (await sessions.HalfwayAsync() is not { } person) return Results.LocalRedirect($"{Path}?to={Uri.EscapeDataString(to)}");
        var faults = await second.LookAsync(person, form, http);
        return faults.Any ? await second.AskAsync(person, http, SecondPath, to, kept, faults) : await LetInAsync(http, person, sessions, forms, to, kept);
    }

    static async Task<IResult> KeyAsync(HttpContext http, Factors factors, Sessions sessions, Kept forms, Screen screen)
    {
        var form = await http.Request.ReadFormAsync();
        var (to, kept) = (To(form["to"]), form[Kept.Field].ToString());
        var (shown, person) = await factors.KeyAsync(person: null, KeyAnswer.In(form), http);
        if (person is not null) return await LetInAsync(http, person, sessions, forms, to, kept);
        var why = shown is Shown.Locked ? SecondStep.Locked(screen.Words) : screen.Words["The key was not recognised. Try again, or sign in with your name, password and a code."];
        return await AskAsync(http, to, kept, name: "", Faults.None.With("", why), StatusCodes.Status422UnprocessableEntity);
    }

    static async Task<IResult> LetInAsync(HttpContext http, Person person, Sessions sessions, Kept forms, string to, string kept)
    {
        await sessions.BeginAsync(person, http.RequestAborted);
        // The page that sends it has to know who is signed in, as the next request does.
        return forms.Open(kept, person) is null ? Results.LocalRedirect(to) : Screen.Show<GoOnView>(kept);
    }

    /// <summary>Only a page of this console is gone back to. Browsers drop tabs and line ends: what is behind one would be another address.</summary>
    public static string To(string? to) => to is ['/', not ('/' or '\\'), ..] && !to.Any(char.IsControl) ? to : "/";
}

/// <param name="To">Where the person wanted to go.</param>
/// <param name="Kept">What the person had written when the session ended, sealed; empty for nothing.</param>
/// <param name="Name">As it was typed.</param>
/// <param name="Key">What a passkey is asked.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SignInModel(string To, string Kept, string Name, KeyQuestion Key, Faults Faults);
