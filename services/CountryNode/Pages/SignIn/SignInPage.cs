using Coordination.CountryNode.Accounts;
using Coordination.Screens.Parts;
using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>Password first, then what the person has: an authenticator app, or a printed code.</summary>
static class SignInPage
{
    public const string Path = "/sign-in", SecondPath = "/sign-in/second", OutPath = "/sign-out", OutEverywherePath = "/sign-out/everywhere";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, (string? to) => Screen.Show<SignInView>(new SignInModel(To(to), "", Faults.None)));
        pages.MapPost(Path, FirstAsync);
        pages.MapGet(SecondPath, async (string? to, SignInManager<Person> signIn) =>
            await signIn.GetTwoFactorAuthenticationUserAsync() is null ? Again(to) : Screen.Show<SecondView>(new SecondModel(To(to), Faults.None)));
        pages.MapPost(SecondPath, SecondAsync);
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
        var (name, password, to) = (form["name"].ToString().Trim(), form["password"].ToString(), To(form["to"]));
        var result = await signIn.PasswordSignInAsync(name, password, isPersistent: false, lockoutOnFailure: true);
        if (result.RequiresTwoFactor) return Results.LocalRedirect($"{SecondPath}?to={Uri.EscapeDataString(to)}");
        // Without a second factor nobody is let in: an invitation leads to both.
        if (result.Succeeded) await signIn.SignOutAsync();
        var why = result.IsLockedOut
            ? screen.Words["There were too many wrong attempts. Wait a quarter of an hour, or ask your administrator for a new invitation."]
            : screen.Words["Name or password is wrong. Check both; capitals count in the password."];
        return Screen.Show<SignInView>(new SignInModel(to, name, Faults.None.With("password", why)), StatusCodes.Status422UnprocessableEntity);
    }

    static async Task<IResult> SecondAsync(HttpContext http, SignInManager<Person> signIn, Sessions sessions, Screen screen)
    {
        var form = await http.Request.ReadFormAsync();
        var (code, to) = (Codes.Plain(form["code"].ToString()), To(form["to"]));
        if (await signIn.GetTwoFactorAuthenticationUserAsync() is not { } person) return Again(to);
        var result = Codes.IsOfApp(code)
            ? await signIn.TwoFactorAuthenticatorSignInAsync(code, isPersistent: false, rememberClient: false)
            : await signIn.TwoFactorRecoveryCodeSignInAsync(Codes.Printed(code));
        // A wrong printed code counts as a wrong attempt, too.
        if (!result.Succeeded && !Codes.IsOfApp(code)) await signIn.UserManager.AccessFailedAsync(person);
        if (result.Succeeded)
        {
            await sessions.BeginAsync(person, http.RequestAborted);
            return Results.LocalRedirect(to);
        }
        var why = result.IsLockedOut
            ? screen.Words["There were too many wrong attempts. Wait a quarter of an hour, or ask your administrator for a new invitation."]
            : screen.Words["This code does not count. A code of the app counts for half a minute, a printed one once: take the next."];
        return Screen.Show<SecondView>(new SecondModel(to, Faults.None.With("code", why)), StatusCodes.Status422UnprocessableEntity);
    }

    /// <summary>Only a page of this console is gone back to.</summary>
    public static string To(string? to) => to is ['/', not ('/' or '\\'), ..] ? to : "/";

    static IResult Again(string? to) => Results.LocalRedirect($"{Path}?to={Uri.EscapeDataString(To(to))}");
}

/// <param name="To">Where the person wanted to go.</param>
/// <param name="Name">As it was typed.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SignInModel(string To, string Name, Faults Faults);

/// <param name="To">Where the person wanted to go.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SecondModel(string To, Faults Faults);
