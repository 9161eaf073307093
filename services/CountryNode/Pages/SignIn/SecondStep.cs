using Coordination.CountryNode.Accounts;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>The page that asks for a second factor: when somebody signs in, and once more before what asks for it anew.</summary>
/// <param name="factors">Which look at it.</param>
/// <param name="screen">Of the request.</param>
public sealed class SecondStep(Factors factors, Screen screen)
{
    /// <summary>Asks a person.</summary>
    /// <param name="person">Whom.</param>
    /// <param name="http">The request.</param>
    /// <param name="path">Where the answer goes.</param>
    /// <param name="to">Where the person wanted to go.</param>
    /// <param name="kept">What the person had written, sealed; empty for nothing.</param>
    /// <param name="faults">What is wrong with what was shown before.</param>
    public async Task<IResult> AskAsync(Person person, HttpContext http, string path, string to, string kept, Faults faults) =>
        Screen.Show<SecondView>(new SecondModel(path, to, kept, await factors.AskForKeyAsync(person, http), faults), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    /// <summary>Looks at what a form of the page brings.</summary>
    /// <returns>What is wrong with it; nothing where it counts.</returns>
    public async Task<Faults> LookAsync(Person person, IFormCollection form, HttpContext http)
    {
        if (!form.ContainsKey(KeyAnswer.TextField)) return Said(await factors.CodeAsync(person, form["code"].ToString()), "code", screen.Words["This code does not count. A code of the app counts once, for half a minute, a printed one once: take the next."]);
        return Said((await factors.KeyAsync(person, KeyAnswer.In(form), http)).Shown, "", screen.Words["The key was not recognised. Try again, or use a code."]);
    }

    Faults Said(Shown shown, string field, string wrong) => shown switch
    {
        Shown.Right => Faults.None,
        Shown.Wrong => Faults.None.With(field, wrong),
        Shown.Locked => Faults.None.With(field, Locked(screen.Words)),
        _ => throw new InvalidOperationException($"Nothing is known of {shown}."),
    };

    public static string Locked(Words words) => words["There were too many wrong attempts. Wait a quarter of an hour, or ask your administrator for a new invitation."];
}

/// <param name="Path">Where the code or key goes.</param>
/// <param name="To">Where the person wanted to go.</param>
/// <param name="Kept">As in <see cref="SignInModel"/>.</param>
/// <param name="Key">What a key is asked; null for who has none.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record SecondModel(string Path, string To, string Kept, KeyQuestion? Key, Faults Faults);
