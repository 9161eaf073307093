using Coordination.Local;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Starting;

/// <summary>Bearer tokens of an issuer that is found by its discovery document, as a ministry's programs use them.</summary>
public sealed class DiscoveryTests(SharedRegion shared)
{
    const string Office = "focal-point@datip";

    [Fact]
    public async Task An_issuers_keys_are_fetched_a_new_one_is_picked_up_a_withdrawn_one_counts_no_more_and_an_issuer_that_is_away_stops_nothing()
    {
        await using var server = await IssuerServer.StartAsync();
        // Away while the node starts.
        server.IsAway = true;
        await using var region = await Region.StartAsync(new RegionOptions
        {
            Countries = ["TH", "LA"], Down = ["LA"], Postgres = shared.Postgres,
            NodeCommand = ["env", $"SSL_CERT_FILE={server.CertificateFile}", "Node__Tokens__KeysFile=", $"Node__Tokens__DiscoveryAddress={server.DiscoveryAddress}", .. RegionNode.OfThisClone()],
        }, TestContext.Current.CancellationToken);
        var first = server.Issuer.Issue("TH", Office);
        Refused.Of((await AskAsync(first))!).ShouldBe(StatusCode.Unavailable, "ISSUER_UNAVAILABLE", "try the same call again in a minute");
        // Who has no token is told to bring one, whatever the issuer does.
        (await AskAsync(token: null))!.StatusCode.ShouldBe(StatusCode.Unauthenticated);

        // Somebody else's document is as good as none.
        (server.IsAway, server.Name) = (false, "https://somebody-else.example");
        var asked = server.Asked;
        (await Poll.UntilAsync(async () => await AskAsync(first) is { StatusCode: StatusCode.Unavailable } && server.Asked > asked, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();
        server.Name = DevelopmentIssuer.Issuer;
        (await Poll.UntilAsync(async () => await AskAsync(first) is null, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await File.ReadAllTextAsync(region["TH"].LogFile, TestContext.Current.CancellationToken)).ShouldContain("The document is that of https://somebody-else.example, and Node:Tokens:Issuer says");

        // Nobody else's key.
        using var stranger = new DevelopmentIssuer();
        (await AskAsync(stranger.Issue("TH", Office)))!.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        (await AskAsync(server.Issuer.Issue("LA", Office)))!.StatusCode.ShouldBe(StatusCode.Unauthenticated);

        // The issuer changes its key: what is under the new one is taken with the first call that may look, and what is under the old one no more.
        server.Issuer = stranger;
        (await Poll.UntilAsync(async () => await AskAsync(stranger.Issue("TH", Office)) is null, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await AskAsync(first))!.StatusCode.ShouldBe(StatusCode.Unauthenticated);

        // It goes away: what can be checked is, and of what cannot it is said.
        server.IsAway = true;
        (await Poll.UntilAsync(async () => await AskAsync(first) is { StatusCode: StatusCode.Unavailable }, TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await AskAsync(stranger.Issue("TH", Office))).ShouldBeNull();
        (await AskAsync(stranger.Issue("TH", Office, TimeSpan.FromHours(-1))))!.StatusCode.ShouldBe(StatusCode.Unauthenticated);
        ErrorLogs.In(region["TH"]).ShouldBeEmpty();

        async Task<RpcException?> AskAsync(string? token)
        {
            using var office = new OfficeClient(region, region["TH"], token);
            try
            {
                await office.Referrals.ListAsync(new() { PageSize = 1 }, office.Options);
                return null;
            }
            catch (RpcException why)
            {
                return why;
            }
        }
    }
}
