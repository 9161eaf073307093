using System.Text;
using Coordination.Local;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Coordination.CountryNode.Tests.Local;

public sealed class DevelopmentIssuerTests : IDisposable
{
    readonly DevelopmentIssuer _issuer = new();

    public void Dispose() => _issuer.Dispose();

    [Fact]
    public async Task A_token_validates_against_the_published_keys_and_names_its_office()
    {
        var result = await ValidateAsync(_issuer.Issue("TH", "focal-point@datip"), "TH");

        result.IsValid.ShouldBeTrue(result.Exception?.Message);
        result.Claims["office"].ShouldBe("focal-point@datip");
        result.SecurityToken.ValidTo.ShouldBe(TimeProvider.System.GetUtcNow().AddDays(30).UtcDateTime, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task A_token_opens_no_other_countrys_door()
    {
        // Both countries have a unit of this name.
        var result = await ValidateAsync(_issuer.Issue("VN", "focal-point@mps"), "CN");

        result.Exception.ShouldBeOfType<SecurityTokenInvalidAudienceException>();
    }

    [Fact]
    public async Task A_token_can_be_past_its_end()
    {
        var result = await ValidateAsync(_issuer.Issue("TH", "focal-point@datip", TimeSpan.FromHours(-1)), "TH");

        result.Exception.ShouldBeOfType<SecurityTokenExpiredException>();
    }

    [Fact]
    public async Task A_token_can_name_another_issuer_under_the_right_key()
    {
        var result = await ValidateAsync(_issuer.Issue("TH", "focal-point@datip", issuer: "https://other.example"), "TH");

        result.Exception.ShouldBeOfType<SecurityTokenInvalidIssuerException>();
    }

    [Fact]
    public async Task Another_issuers_token_is_refused()
    {
        using var other = new DevelopmentIssuer();

        (await ValidateAsync(other.Issue("TH", "focal-point@datip"), "TH")).IsValid.ShouldBeFalse();
    }

    [Fact]
    public void The_published_keys_hold_nothing_secret() =>
        Encoding.UTF8.GetString(_issuer.Keys()).ShouldNotContain("\"d\"");

    Task<TokenValidationResult> ValidateAsync(string token, string node) =>
        new JsonWebTokenHandler().ValidateTokenAsync(token, new TokenValidationParameters
        {
            ValidIssuer = DevelopmentIssuer.Issuer,
            ValidAudience = DevelopmentIssuer.Audience(node),
            IssuerSigningKeys = new JsonWebKeySet(Encoding.UTF8.GetString(_issuer.Keys())).GetSigningKeys(),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
        });
}
