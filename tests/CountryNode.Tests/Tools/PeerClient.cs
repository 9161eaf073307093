using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Entry = Coordination.Domain.Dossiers.Entry;
using SignedEntry = Coordination.Hosting.Dossiers.SignedEntry;

namespace Coordination.CountryNode.Tests;

/// <summary>Whoever knocks at a node's peer port, with whatever certificate.</summary>
sealed class PeerClient : IDisposable
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    readonly X509Certificate2? _certificate;

    public PeerClient(RegionNode node, X509Certificate2? certificate)
    {
        _certificate = certificate;
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, presented, _, _) =>
            presented is X509Certificate2 theirs && theirs.MatchesHostname(DevelopmentAuthority.NodeName(node.Id));
        handler.SslOptions.TargetHost = DevelopmentAuthority.NodeName(node.Id);
        if (certificate is not null)
        {
            handler.SslOptions.ClientCertificates = [certificate];
            handler.SslOptions.LocalCertificateSelectionCallback = (_, _, _, _, _) => certificate;
        }
        Channel = GrpcChannel.ForAddress(node.PeerAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        Client = new PeerService.PeerServiceClient(Channel);
    }

    public GrpcChannel Channel { get; }

    public PeerService.PeerServiceClient Client { get; }

    public static CallOptions Options => new(
        deadline: TimeProvider.System.GetUtcNow().UtcDateTime + Deadline, cancellationToken: TestContext.Current.CancellationToken);

    public Task<DeliverResponse> DeliverAsync(params SignedEntry[] entries) => DeliverAsync([.. entries.Select(entry => entry.ToWire())]);

    public async Task<DeliverResponse> DeliverAsync(params Contracts.Dossier.V1.SignedEntry[] entries)
    {
        var request = new DeliverRequest();
        request.Entries.AddRange(entries);
        return await Client.DeliverAsync(request, Options);
    }

    /// <summary>Hands over one entry with what is said to be its particulars.</summary>
    public async Task<DeliverResponse> DeliverAsync(Contracts.Dossier.V1.SignedEntry entry, string jwe) => await Client.DeliverAsync(new DeliverRequest
    {
        Entries = { entry },
        Particulars = { new SealedParticulars { Entry = ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData(entry.Entry.Span)), Jwe = jwe } },
    }, Options);

    public async Task<FetchResponse> FetchAsync(ByteString dossier, params ByteString[] held)
    {
        var request = new FetchRequest { DossierId = dossier };
        request.Held.AddRange(held);
        return await Client.FetchAsync(request, Options);
    }

    public async Task<IReadOnlyList<ByteString>> BucketsAsync() => (await Client.GetBucketsAsync(new GetBucketsRequest(), Options)).Digests;

    /// <summary>The ids of one answer.</summary>
    public async Task<IReadOnlyList<ByteString>> ListAsync(int bucket, ByteString? after = null) =>
        [.. (await Client.ListDossiersAsync(new ListDossiersRequest { Bucket = (uint)bucket, After = after ?? ByteString.Empty }, Options)).Dossiers.Select(dossier => dossier.DossierId)];

    public void Dispose()
    {
        Channel.Dispose();
        _certificate?.Dispose();
    }
}

/// <summary>Writes entries as a node that does not keep the rules might.</summary>
static class ForeignPens
{
    /// <summary>The pen of a node of the region, or of whoever stole its key.</summary>
    public static Pen PenOf(this Region region, string node) => Hosting.Dossiers.Pen.Of(NodeId.Parse(node), region[node].Keys);

    /// <summary>The list that a node started with.</summary>
    public static Hosting.Trust.TrustList TrustList(this RegionNode node)
    {
        using var root = Hosting.Trust.KeyFolder.ReadKey(node.Keys.TrustRoot);
        return Hosting.Trust.TrustList.Read(File.ReadAllBytes(node.Keys.TrustList), Hosting.Trust.KeyPool.Of("root", root), current: null);
    }

    /// <summary>A client that carries the certificate of a node of the region.</summary>
    public static PeerClient As(this Region region, string node, string to) => new(region[to], Hosting.Trust.KeyFolder.ReadCertificate(region[node].Keys.Peer));

    static readonly Office Office = Office.TryParse("focal-point@test", out var office) ? office : throw new FormatException();

    /// <summary>An opening between two countries; the second is the origin.</summary>
    public static SignedEntry Open(this Pen pen, string receiver) => pen.OpenThen(receiver, TimeProvider.System.GetUtcNow());

    /// <summary>An opening of another day, with a fortnight to reply.</summary>
    public static SignedEntry OpenThen(this Pen pen, string receiver, DateTimeOffset then) => pen.Sign(pen.DraftOpening(receiver, then));

    /// <summary>The same, not signed yet.</summary>
    public static Entry DraftOpening(this Pen pen, string receiver, DateTimeOffset then)
    {
        var day = RegionalTime.Today(pen.Node, then);
        return new Entry(
            default, default, pen.Node, 1, null, [], null, then, day, Domain.Dossiers.Channel.Node, Office, null, null, [],
            new Domain.Dossiers.Opening(Domain.Dossiers.Kind.Referral, 1, [pen.Node, NodeId.Parse(receiver)], []),
            new Domain.Referrals.Opened(
                Domain.Referrals.ReferralType.Repatriation, pen.Node, NodeId.Parse(receiver), Domain.Referrals.Instrument.CommitMemorandum,
                Domain.Referrals.Urgency.Routine, Domain.Referrals.Minority.Adult, Domain.Referrals.Basis.Consent,
                new Domain.Referrals.Consent(new([Domain.Referrals.Purpose.Return]), new([NodeId.Parse(receiver)]), day.AddDays(90)),
                null, AfterReturn: false, OnPaper: false, day.AddDays(14), null, Domain.Referrals.Links.None,
                Domain.Referrals.Clocks.Default(Domain.Referrals.Urgency.Routine)));
    }

    /// <summary>The next entry after one's own, having seen others'.</summary>
    public static SignedEntry Continue(this Pen pen, SignedEntry previous, Body body, params SignedEntry[] seen) => pen.Sign(new Entry(
        default, previous.Entry.Dossier, pen.Node, previous.Entry.Seq + 1, previous.Entry.Hash, [.. seen.Select(HeadOf)], null,
        TimeProvider.System.GetUtcNow(), Today, Domain.Dossiers.Channel.Node, Office, null, null, [], null, body));

    /// <summary>The first entry of one's own chain, having seen others'.</summary>
    public static SignedEntry Begin(this Pen pen, Body body, params SignedEntry[] seen) => pen.Sign(new Entry(
        default, seen[0].Entry.Dossier, pen.Node, 1, null, [.. seen.Select(HeadOf)], null,
        TimeProvider.System.GetUtcNow(), Today, Domain.Dossiers.Channel.Node, Office, null, null, [], null, body));

    public static ByteString Id(this SignedEntry entry) => ByteString.CopyFrom(entry.Entry.Dossier.ToArray());

    static DateOnly Today => RegionalTime.Today(NodeId.Parse("TH"), TimeProvider.System.GetUtcNow());

    static Domain.Dossiers.Head HeadOf(SignedEntry entry) => new(entry.Entry.Author, entry.Entry.Seq, entry.Entry.Hash);
}
