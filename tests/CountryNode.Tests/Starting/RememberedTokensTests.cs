using Coordination.CountryNode.Doors;
using Coordination.Local;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Tests.Starting;

public sealed class RememberedTokensTests
{
    [Fact]
    public async Task A_token_is_verified_once_and_no_other_passes_for_it()
    {
        using var issuer = new DevelopmentIssuer();
        using var stranger = new DevelopmentIssuer();
        using var tokens = new RememberedTokens();
        var token = issuer.Issue("TH", "focal-point@datip");
        (await tokens.ValidateTokenAsync(token, Believing(issuer))).IsValid.ShouldBeTrue();
        // Nobody's keys are needed any more.
        (await tokens.ValidateTokenAsync(token, Believing(stranger))).ClaimsIdentity.FindFirst("office")!.Value.ShouldBe("focal-point@datip");

        // One bit of the signature, and the same claims of somebody else.
        (await tokens.ValidateTokenAsync($"{token[..^2]}{(token[^2] == 'A' ? 'B' : 'A')}{token[^1]}", Believing(issuer))).IsValid.ShouldBeFalse();
        (await tokens.ValidateTokenAsync(stranger.Issue("TH", "focal-point@datip"), Believing(issuer))).IsValid.ShouldBeFalse();
    }

    [Fact]
    public async Task What_is_not_valid_and_what_has_expired_is_not_remembered()
    {
        using var issuer = new DevelopmentIssuer();
        using var stranger = new DevelopmentIssuer();
        using var tokens = new RememberedTokens();
        var token = issuer.Issue("TH", "focal-point@datip");
        (await tokens.ValidateTokenAsync(token, Believing(stranger))).IsValid.ShouldBeFalse();
        (await tokens.ValidateTokenAsync(token, Believing(issuer))).IsValid.ShouldBeTrue();

        // Clocks differ by minutes, so it counts a while longer, and is looked at each time.
        var expired = issuer.Issue("TH", "focal-point@datip", TimeSpan.FromMinutes(-1));
        (await tokens.ValidateTokenAsync(expired, Believing(issuer))).IsValid.ShouldBeTrue();
        (await tokens.ValidateTokenAsync(expired, Believing(stranger))).IsValid.ShouldBeFalse();

        var brief = issuer.Issue("TH", "focal-point@datip", TimeSpan.FromSeconds(2));
        (await tokens.ValidateTokenAsync(brief, Believing(issuer))).IsValid.ShouldBeTrue();
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        (await tokens.ValidateTokenAsync(brief, Believing(stranger))).IsValid.ShouldBeFalse();
    }

    static TokenValidationParameters Believing(DevelopmentIssuer issuer) => new()
    {
        ValidIssuer = DevelopmentIssuer.Issuer,
        ValidAudience = DevelopmentIssuer.Audience("TH"),
        IssuerSigningKeys = new JsonWebKeySet(System.Text.Encoding.UTF8.GetString(issuer.Keys())).GetSigningKeys(),
    };
}
