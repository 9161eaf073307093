using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>Who may knock at a node's peer port, and whom a node believes when it knocks itself.</summary>
public sealed class TrustTests(SharedRegion shared)
{
    [Fact]
    public async Task A_stranger_gets_no_further_than_the_handshake()
    {
        using var strangers = shared.Region.Authority.CreateTlsAuthority("TH");
        await RefusedAtTheHandshakeAsync(null);
        await RefusedAtTheHandshakeAsync(shared.Region.Authority.IssuePeer("TH", strangers));
    }

    [Fact]
    public async Task A_certificate_for_one_node_by_another_nodes_authority_is_refused() =>
        await RefusedAtTheHandshakeAsync(shared.Region.Authority.IssuePeer("TH", shared.Region.Authority.TlsAuthority("VN")));

    [Fact]
    public async Task An_expired_certificate_is_refused() =>
        await RefusedAtTheHandshakeAsync(shared.Region.Authority.IssuePeer("TH", validUntil: TimeProvider.System.GetUtcNow().AddMinutes(-5)));

    [Fact]
    public async Task A_certificate_that_may_not_make_calls_is_refused() =>
        await RefusedAtTheHandshakeAsync(shared.Region.Authority.IssueAnsweringPeer("TH"));

    [Fact]
    public async Task The_api_certificate_of_a_node_is_no_peers() =>
        await RefusedAtTheHandshakeAsync(KeyFolder.ReadCertificate(shared.Region["TH"].Keys.Api));

    [Theory]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    public async Task Nodes_speak_TLS_1_3_and_nothing_older(SslProtocols protocol, bool welcome)
    {
        var at = new Uri(shared.Region["LA"].PeerAddress);
        using var certificate = KeyFolder.ReadCertificate(shared.Region["TH"].Keys.Peer);
        using var client = new TcpClient();
        await client.ConnectAsync(at.Host, at.Port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(client.GetStream());
        var handshake = stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = DevelopmentAuthority.NodeName("LA"),
            EnabledSslProtocols = protocol,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
            ClientCertificates = [certificate],
            RemoteCertificateValidationCallback = (_, presented, _, _) => presented is X509Certificate2 theirs && theirs.MatchesHostname(DevelopmentAuthority.NodeName("LA")),
        }, TestContext.Current.CancellationToken);
        if (welcome) await handshake;
        else (await Record.ExceptionAsync(() => handshake)).ShouldBeAssignableTo<Exception>().ShouldNotBeNull();
        stream.IsAuthenticated.ShouldBe(welcome);
    }

    [Fact]
    public async Task The_peer_port_serves_no_office_and_the_api_port_no_peer()
    {
        using var thailand = shared.Region.As("TH", to: "LA");
        using var office = shared.Region.Office("LA");
        (await Refused.ByAsync(() => new PeerService.PeerServiceClient(office.Channel).GetTrustListAsync(new(), office.Options).ResponseAsync)).Code.ShouldBe(StatusCode.Unimplemented);
        (await Refused.ByAsync(() => new ReferralService.ReferralServiceClient(thailand.Channel).GetAsync(new(), office.Options).ResponseAsync)).Code.ShouldBe(StatusCode.Unimplemented);
    }

    [Fact]
    public async Task A_node_delivers_nothing_to_whoever_answers_with_another_nodes_certificate()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: "LA");
        // Viet Nam's node listens where the trust list of Thailand says that Vientiane does.
        var misled = region.TrustList.Clone();
        misled.Version++;
        misled.Nodes.Single(node => node.Id == "LA").PeerAddress = region["VN"].PeerAddress;
        region.WriteTrustList(misled, "TH");

        using var bangkok = region.Office("TH");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        (await Poll.UntilAsync(() => LogOf(region["TH"]).Contains("LA cannot be reached", StringComparison.Ordinal), TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await region["TH"].AskAsync<long>("select count(*) from outbox")).ShouldBe(1);
        (await region["VN"].AskAsync<long>("select count(*) from entry")).ShouldBe(0);
        (await region["VN"].AskAsync<long>("select count(*) from audit")).ShouldBe(0);

        // With the right address again it arrives.
        misled.Version++;
        misled.Nodes.Single(node => node.Id == "LA").PeerAddress = region["LA"].PeerAddress;
        region.WriteTrustList(misled, "TH");
        await region["LA"].StartAsync(TestContext.Current.CancellationToken);
        using var vientiane = region.Office("LA");
        await vientiane.UntilAsync(id, _ => true, TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_certificate_whose_authority_left_the_trust_list_is_refused_on_the_next_request_of_an_open_connection()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        using var vietnam = region.As("VN", to: "LA");
        await vietnam.Client.GetTrustListAsync(new(), PeerClient.Options);

        using var changed = region.Authority.CreateTlsAuthority("VN");
        var list = region.TrustList.Clone();
        list.Version++;
        list.Nodes.Single(node => node.Id == "VN").TlsAuthority = ByteString.CopyFrom(changed.RawData);
        region.WriteTrustList(list, "LA");

        (await Poll.UntilAsync(async () =>
        {
            try
            {
                await vietnam.Client.GetTrustListAsync(new(), PeerClient.Options);
                return false;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode is StatusCode.Unauthenticated;
            }
        }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
    }

    [Fact]
    public async Task An_entry_under_a_key_of_a_newer_trust_list_is_admitted_once_that_list_was_fetched_from_its_peer()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        using var key = DevelopmentAuthority.NewKey();
        var list = region.TrustList.Clone();
        list.Version++;
        list.Nodes.Single(node => node.Id == "TH").SigningKeys.Add(region.Authority.Describe("TH", key));
        var signed = region.WriteTrustList(list, "TH");
        using var thailand = region.As("TH", to: "LA");
        var opening = new Pen(Domain.Dossiers.NodeId.Parse("TH"), KeyPool.Of(SignedBytes.KeyId("TH", key), key)).Open("LA");

        (await Poll.UntilAsync(
            async () => (await thailand.DeliverAsync(opening)).Admissions.Single().Disposition is Disposition.Held,
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        File.ReadAllBytes(region["LA"].Keys.TrustList).ShouldBe(signed.ToByteArray(), "the newer list is kept in the key folder");
        (await thailand.Client.GetTrustListAsync(new(), PeerClient.Options)).TrustList.ShouldBe(signed);
    }

    [Fact]
    public async Task What_a_revoked_key_signed_beyond_the_heads_that_stand_is_void_also_what_was_admitted_before()
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"]);
        using var thailand = region.As("TH", to: "LA");
        using var office = region.Office("LA");
        var pen = region.PenOf("TH");
        var opening = pen.Open("LA");
        var stolen = pen.Continue(opening, new Domain.Referrals.Cancelled());
        await thailand.DeliverAsync(opening, stolen);
        (await office.GetAsync(opening.Id())).State.ShouldBe(ReferralState.Cancelled);

        var list = region.TrustList.Clone();
        list.Version++;
        list.Nodes.Single(node => node.Id == "TH").SigningKeys.Single().Revocation = new Revocation
        {
            Heads = { new StandingHead { DossierId = opening.Id(), Hash = opening.Id() } },
        };
        region.WriteTrustList(list, "LA");

        await office.UntilAsync(opening.Id(), referral => referral.State is ReferralState.Sent);
        (await office.HistoryAsync(opening.Id())).Entries.Single(entry => entry.Statement == "Cancelled").Reason.ShouldBe("KEY_REVOKED");
    }

    [Theory]
    [InlineData(-60, -31, Disposition.Refused, "KEY_RETIRED")]
    [InlineData(-60, -29, Disposition.Held, "")]
    [InlineData(1, null, Disposition.TryAgain, "KEY_NOT_YET_IN_USE")]
    public async Task A_key_admits_entries_from_its_first_day_to_30_days_after_its_last(int from, int? until, Disposition disposition, string reason)
    {
        await using var region = await shared.StartAsync(["TH", "LA", "VN"], down: ["TH", "VN"]);
        var list = region.TrustList.Clone();
        list.Version++;
        var key = list.Nodes.Single(node => node.Id == "TH").SigningKeys.Single();
        key.ValidFrom = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(from));
        key.ValidUntil = until is { } end ? Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddDays(end)) : null;
        region["LA"].Keys.WriteTrustList(region.Authority.Sign(list, "LA", "VN"));

        using var thailand = region.As("TH", to: "LA");
        (await Poll.UntilAsync(
            async () => (await thailand.Client.GetTrustListAsync(new(), PeerClient.Options)).TrustList.List == list.ToByteString(),
            TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        (await thailand.DeliverAsync(region.PenOf("TH").Open("LA"))).Admissions.Single().ShouldBe(new Admission { Disposition = disposition, Reason = reason });
    }

    [Fact]
    public async Task Past_the_end_of_the_trust_list_nothing_is_opened_or_released_and_open_referrals_go_on()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        using var bangkok = region.Office("TH");
        using var vientiane = region.Office("LA");
        var id = (await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"))).DossierId;
        await vientiane.UntilAsync(id, _ => true);
        await vientiane.AcknowledgeAsync(id);
        await vientiane.TakeUpAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.TakenUp);

        var list = region.TrustList.Clone();
        list.Version++;
        list.ValidUntil = Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow().AddMinutes(-1));
        region.WriteTrustList(list);

        (await Poll.UntilAsync(async () =>
        {
            try
            {
                await bangkok.OpenAsync(Regions.Repatriation("TH", "LA"));
                return false;
            }
            catch (RpcException refused)
            {
                return refused.StatusCode is StatusCode.FailedPrecondition;
            }
        }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken)).ShouldBeTrue();
        var release = await Refused.ByAsync(() => bangkok.Referrals.ReleaseCaseFileAsync(new()
        {
            Command = OfficeClient.About(), DossierId = id, CaseFile = new() { OfficeContact = "Nobody in particular." },
        }, bangkok.Options).ResponseAsync);
        (release.Code, release.Reason).ShouldBe((StatusCode.FailedPrecondition, "TRUST_LIST_EXPIRED"));
        await vientiane.WithdrawConsentAsync(id);
        await bangkok.UntilAsync(id, referral => referral.State is ReferralState.Withdrawn);
    }

    async Task RefusedAtTheHandshakeAsync(X509Certificate2? certificate)
    {
        using var stranger = new PeerClient(shared.Region["LA"], certificate);
        var opening = shared.Region.PenOf("TH").Open("LA");
        (await Refused.ByAsync(() => stranger.DeliverAsync(opening))).Code.ShouldBe(StatusCode.Unavailable);
        (await shared.Region["LA"].AskAsync<long>("select count(*) from entry where hash = $1", opening.Entry.Hash.ToArray())).ShouldBe(0);
        // A client may see no more than a closed connection: that it was the certificate shows by the one that is right.
        using var thailand = shared.Region.As("TH", to: "LA");
        (await thailand.DeliverAsync(opening)).Admissions.Single().Disposition.ShouldBe(Disposition.Held);
    }

    static string LogOf(RegionNode node)
    {
        using var log = new StreamReader(new FileStream(node.LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        return log.ReadToEnd();
    }
}
