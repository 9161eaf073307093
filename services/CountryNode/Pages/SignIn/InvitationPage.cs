using Coordination.CountryNode.Accounts;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using QRCoder;

namespace Coordination.CountryNode.Pages.SignIn;

/// <summary>Whoever was invited chooses a password, then keeps a second factor: an app's secret, and printed codes.</summary>
static class InvitationPage
{
    const string Start = "/invitation";

    public static string PathOf(string personId, string secret) => $"{Start}/{personId}/{secret}";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet($"{Start}/{{id}}/{{secret}}", async (string id, string secret, People people) =>
            await people.InvitedAsync(id, secret) is { } person ? Screen.Show<InvitationView>(new InvitationModel(person.UserName!, Faults.None)) : Screen.Show<NoInvitationView>(false, StatusCodes.Status404NotFound));
        pages.MapPost($"{Start}/{{id}}/{{secret}}", ChooseAsync);
    }

    static async Task<IResult> ChooseAsync(string id, string secret, HttpContext http, People people, Screen screen)
    {
        if (await people.InvitedAsync(id, secret) is not { } person) return Screen.Show<NoInvitationView>(false, StatusCodes.Status404NotFound);
        var form = await http.Request.ReadFormAsync();
        var (password, again) = (form["password"].ToString(), form["again"].ToString());
        var faults = Check(password, again, person.UserName!, screen.Words);
        if (faults.Any) return Screen.Show<InvitationView>(new InvitationModel(person.UserName!, faults), StatusCodes.Status422UnprocessableEntity);

        var (key, codes) = await people.WelcomeAsync(person, password);
        return Screen.Show<SecondFactorView>(new SecondFactorModel(person.UserName!, Grouped(key), Picture(key, person.UserName!, screen.Country.ToString()), codes));
    }

    public static Faults Check(string password, string again, string name, Words words)
    {
        var faults = Faults.None;
        if (password.Length < AccountsSetup.ShortestPassword) faults = faults.With("password", words["The password is too short: at least {0} letters, digits or signs are needed. Four words that do not belong together are easy to keep.", AccountsSetup.ShortestPassword]);
        else if (password.Contains(name, StringComparison.OrdinalIgnoreCase)) faults = faults.With("password", words["Your name is in the password: choose one without it."]);
        else if (password.Distinct().Count() < 5) faults = faults.With("password", words["The password repeats itself: choose one with more different letters."]);
        else if (password != again) faults = faults.With("again", words["The two are not the same: type the password again."]);
        return faults;
    }

    static string Grouped(string key) => string.Join(' ', key.Chunk(4).Select(four => new string(four)));

    /// <summary>What an app reads, as a picture (RFC 6238 and the key URI that apps agreed on).</summary>
    static string Picture(string key, string name, string country)
    {
        var uri = $"otpauth://totp/Coordination%20{country}:{Uri.EscapeDataString(name)}?secret={key}&issuer=Coordination%20{country}&digits=6";
        using var data = QRCodeGenerator.GenerateQrCode(uri, QRCodeGenerator.ECCLevel.M);
        using var picture = new SvgQRCode(data);
        return picture.GetGraphic(4);
    }
}

/// <param name="Name">By which the person will sign in.</param>
/// <param name="Faults">What is wrong.</param>
public sealed record InvitationModel(string Name, Faults Faults);

/// <param name="Name">By which the person signs in.</param>
/// <param name="Key">For an authenticator app, in groups of four.</param>
/// <param name="Picture">The same as an SVG.</param>
/// <param name="Codes">To print: each counts once.</param>
public sealed record SecondFactorModel(string Name, string Key, string Picture, IReadOnlyList<string> Codes);
