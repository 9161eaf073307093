using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;
using Microsoft.AspNetCore.Identity;
using SignInResult = Microsoft.AspNetCore.Identity.SignInResult;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>Password first, then what the person has: an authenticator app, or a printed code.</summary>
static class SignInPage
{
    public const string Path = "/sign-in", SecondPath = "/sign-in/second", KeptPath = "/sign-in/kept", OutPath = "/sign-out", OutEverywherePath = "/sign-out/everywhere";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (string? to) => Screen.Show<SignInView>(new SignInModel(To(to), "", "", Faults.None)));
        pages.MapPost(Path, FirstAsync);
        pages.MapPost(SecondPath, SecondAsync);
        pages.MapPost(KeptPath, async (HttpContext http, Kept forms) => forms.Open((await http.Request.ReadFormAsync())[Kept.Field]) is { } form ? Screen.Show<KeptView>(form) : Results.LocalRedirect("/"));
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

    static async Task<IResult> FirstAsync(HttpContext http, SignInManager<Person> signIn, Screen screen)
    {
        var form = await http.Request.ReadFormAsync();
        var (name, password, to, kept) = (form["name"].ToString().Trim(), form["password"].ToString(), To(form["to"]), form[Kept.Field].ToString());
        var result = await signIn.PasswordSignInAsync(name, password, isPersistent: false, lockoutOnFailure: true);
        if (result.RequiresTwoFactor) return Screen.Show<SecondView>(new SecondModel(SecondPath, to, kept, Faults.None));
        // Without a second factor nobody is let in: an invitation leads to both.
        if (result.Succeeded) await signIn.SignOutAsync();
        var why = result.IsLockedOut
            ? screen.Words["There were too many wrong attempts. Wait a quarter of an hour, or ask your administrator for a new invitation."]
            : screen.Words["Name or password is wrong. Check both; capitals count in the password."];
        return Screen.Show<SignInView>(new SignInModel(to, kept, name, Faults.None.With("password", why)), StatusCodes.Status422UnprocessableEntity);
    }

    static async Task<IResult> SecondAsync(HttpContext http, SignInManager<Person> signIn, Sessions sessions, Kept forms, Screen screen)
    {
        var form = await http.Request.ReadFormAsync();
        var (code, to, kept) = (Codes.Plain(form["code"].ToString()), To(form["to"]), form[Kept.Field]);
        if (await signIn.GetTwoFactorAuthenticationUserAsync() is not { } person) return Again(to);
        // Printed codes are looked at without asking whether the name is locked.
        var result = await signIn.UserManager.IsLockedOutAsync(person) ? SignInResult.LockedOut
            : Codes.IsOfApp(code) ? await signIn.TwoFactorAuthenticatorSignInAsync(code, isPersistent: false, rememberClient: false)
            : await signIn.TwoFactorRecoveryCodeSignInAsync(Codes.Printed(code));
        // A wrong printed code counts as a wrong attempt, too.
        if (result is { Succeeded: false, IsLockedOut: false } && !Codes.IsOfApp(code)) await signIn.UserManager.AccessFailedAsync(person);
        if (result.Succeeded)
        {
            await sessions.BeginAsync(person, http.RequestAborted);
            // The page that sends it has to know who is signed in, as the next request does.
            return forms.Open(kept) is null ? Results.LocalRedirect(to) : Screen.Show<GoOnView>(kept.ToString());
        }
        var why = result.IsLockedOut
            ? screen.Words["There were too many wrong attempts. Wait a quarter of an hour, or ask your administrator for a new invitation."]
            : screen.Words["This code does not count. A code of the app counts for half a minute, a printed one once: take the next."];
        return Screen.Show<SecondView>(new SecondModel(SecondPath, to, kept.ToString(), Faults.None.With("code", why)), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>Only a page of this console is gone back to.</summary>
    public static string To(string? to) => to is ['/', not ('/' or '\\'), ..] ? to : "/";

    static IResult Again(string? to) => Results.LocalRedirect($"{Path}?to={Uri.EscapeDataString(To(to))}");
}

/// <param name="To">Where the person wanted to go.</param>
/// <param name="Kept">What the person had written when the session ended, sealed; empty for nothing.</param>
/// <param name="Name">As it was typed.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SignInModel(string To, string Kept, string Name, Faults Faults);

/// <param name="Path">Where the code goes.</param>
/// <param name="To">Where the person wanted to go.</param>
/// <param name="Kept">As in <see cref="SignInModel"/>.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SecondModel(string Path, string To, string Kept, Faults Faults);
