using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Polly;
using Polly.CircuitBreaker;
using SignedLogWitness = Coordination.Contracts.Dossier.V1.SignedLogWitness;
using DossierDigest = Coordination.Domain.Dossiers.DossierDigest;
using TrustedNode = Coordination.Hosting.Trust.TrustedNode;
using WireDisposition = Coordination.Contracts.Peer.V1.Disposition;

namespace Coordination.CountryNode.Peers;

/// <summary>The other nodes over gRPC and mutual TLS 1.3, at the addresses of the trust list.</summary>
public sealed class GrpcPeers(TrustInForce trust, KeyFolder keys, TimeProvider time) : IPeers, IDisposable
{
    readonly X509Certificate2 _certificate = KeyFolder.ReadCertificate(keys.Peer);
    readonly ConcurrentDictionary<(NodeId Node, Uri Address), Lazy<Line>> _lines = [];

    public async Task<Delivered> DeliverAsync(NodeId peer, IReadOnlyCollection<Outgoing> entries, long handOver, CancellationToken cancellationToken)
    {
        var request = new DeliverRequest { HandOver = (ulong)handOver };
        request.Entries.AddRange(entries.Select(entry => entry.Signed.ToWire()));
        request.Particulars.AddRange(SealedWith(entries));
        var response = await CallAsync(peer, (client, options) => client.DeliverAsync(request, options), cancellationToken);

        if (response.Admissions.Count != entries.Count) throw new PeerUnavailableException(peer, "answered for another number of entries than it was sent.");
        var receipts = response.Receipts.Select(receipt => SignedReceipt.Read(receipt, trust.Current)).OfType<SignedReceipt>().Where(receipt => receipt.Holder == peer);
        return new Delivered([.. response.Admissions.Select(admission => new Admitted(ToDisposition(peer, admission.Disposition), Code(admission.Reason)))], [.. receipts]);
    }

    public async Task<ImmutableArray<Offered>> FetchAsync(NodeId peer, DossierId dossier, IReadOnlyCollection<EntryHash> held, CancellationToken cancellationToken)
    {
        var request = new FetchRequest { DossierId = ByteString.CopyFrom(dossier.ToArray()) };
        request.Held.AddRange(held.Select(hash => ByteString.CopyFrom(hash.ToArray())));
        try
        {
            var response = await CallAsync(peer, (client, options) => client.FetchAsync(request, options), cancellationToken);
            return Offered.From(response.Entries, response.Particulars);
        }
        catch (PeerUnavailableException unknown) when (unknown.InnerException is RpcException { StatusCode: StatusCode.NotFound })
        {
            return [];
        }
    }

    public async Task<string?> PullCaseFileAsync(NodeId peer, DossierId dossier, EntryHash release, CancellationToken cancellationToken)
    {
        var request = new PullCaseFileRequest { DossierId = ByteString.CopyFrom(dossier.ToArray()), Release = ByteString.CopyFrom(release.ToArray()) };
        try
        {
            return (await CallAsync(peer, (client, options) => client.PullCaseFileAsync(request, options), cancellationToken)).Jwe;
        }
        catch (PeerUnavailableException refused) when (refused.InnerException is RpcException { StatusCode: StatusCode.NotFound or StatusCode.FailedPrecondition })
        {
            return null;
        }
    }

    /// <summary>What a peer countersigned last of this node's access log; null for nothing yet.</summary>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    public async Task<SignedLogWitness?> GetLogWitnessAsync(NodeId peer, CancellationToken cancellationToken) =>
        (await CallAsync(peer, (client, options) => client.GetLogWitnessAsync(new GetLogWitnessRequest(), options), cancellationToken)).Witness;

    /// <summary>Has a peer countersign this node's access log; null where it says that the log does not extend what it countersigned.</summary>
    /// <param name="peer">Who.</param>
    /// <param name="request">From where on, and the digests of the rows after it.</param>
    /// <param name="cancellationToken">May have been countersigned.</param>
    /// <exception cref="PeerUnavailableException">No answer that counts; try again.</exception>
    public async Task<SignedLogWitness?> WitnessAccessLogAsync(NodeId peer, WitnessAccessLogRequest request, CancellationToken cancellationToken) =>
        (await CallAsync(peer, (client, options) => client.WitnessAccessLogAsync(request, options), cancellationToken)).Witness;

    /// <summary>The pieces of an attachment that a peer released to this node, each sealed; none where the peer does not hand them over, or no more.</summary>
    /// <param name="peer">Who is asked.</param>
    /// <param name="dossier">In which dossier.</param>
    /// <param name="release">Under which release.</param>
    /// <param name="attachment">Its id.</param>
    /// <param name="from">The first piece that is wanted, from 0.</param>
    /// <param name="cancellationToken">Stops.</param>
    /// <exception cref="PeerUnavailableException">The stream broke; what came is good.</exception>
    public async IAsyncEnumerable<string> PullAttachmentAsync(
        NodeId peer, DossierId dossier, EntryHash release, string attachment, int from, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new PullAttachmentRequest
        {
            DossierId = ByteString.CopyFrom(dossier.ToArray()), Release = ByteString.CopyFrom(release.ToArray()), AttachmentId = attachment, From = (uint)from,
        };
        using var pulled = LineTo(peer).Client.PullAttachment(request, deadline: time.GetUtcNow().UtcDateTime + Calls.LongestPull, cancellationToken: cancellationToken);
        while (await NextAsync()) yield return pulled.ResponseStream.Current.Jwe;

        async Task<bool> NextAsync()
        {
            try
            {
                return await pulled.ResponseStream.MoveNext(cancellationToken);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
            {
                return false;
            }
            catch (RpcException failed) when (!cancellationToken.IsCancellationRequested)
            {
                throw new PeerUnavailableException(peer, $"cannot be reached or did not answer ({failed.StatusCode}).", failed);
            }
        }
    }

    public async Task<ReadOnlyMemory<byte>> GetTrustListAsync(NodeId peer, CancellationToken cancellationToken)
    {
        var response = await CallAsync(peer, (client, options) => client.GetTrustListAsync(new GetTrustListRequest(), options), cancellationToken);
        return response.TrustList.ToByteArray();
    }

    public async Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, long? since, CancellationToken cancellationToken)
    {
        var response = await CallAsync(peer, (client, options) => client.GetBucketsAsync(new GetBucketsRequest { Since = (ulong)(since ?? 0) }, options), cancellationToken);
        if (response.Digests.Count != DossierDigest.Buckets) throw new PeerUnavailableException(peer, "answered with another number of buckets than there are.");
        return [.. response.Digests.Select(digest => ReadDigest(peer, digest))];
    }

    public async Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, CancellationToken cancellationToken)
    {
        var request = new ListDossiersRequest { Bucket = (uint)bucket, After = ByteString.CopyFrom(after?.ToArray() ?? []) };
        var response = await CallAsync(peer, (client, options) => client.ListDossiersAsync(request, options), cancellationToken);
        ImmutableArray<DossierDigest> dossiers = [.. response.Dossiers.Select(dossier =>
            DossierId.TryRead(dossier.DossierId.Span, out var id) ? new DossierDigest(id, ReadDigest(peer, dossier.Digest)) : throw Malformed(peer))];
        // Whoever goes on after the last of them must come to an end.
        var last = after;
        foreach (var dossier in dossiers)
        {
            if (DossierDigest.BucketOf(dossier.Id) != bucket || (last is { } before && dossier.Id.CompareTo(before) <= 0)) throw Malformed(peer);
            last = dossier.Id;
        }
        return dossiers;
    }

    public void Dispose()
    {
        foreach (var line in _lines.Values.Where(line => line.IsValueCreated)) line.Value.Channel.Dispose();
        _certificate.Dispose();
    }

    /// <summary>The particulars that go with entries.</summary>
    public static IEnumerable<SealedParticulars> SealedWith(IEnumerable<Outgoing> entries) => entries
        .Where(entry => entry.Particulars is not null)
        .Select(entry => new SealedParticulars { Entry = ByteString.CopyFrom(entry.Signed.Entry.Hash.ToArray()), Jwe = entry.Particulars });

    async Task<TResponse> CallAsync<TResponse>(NodeId peer, Func<PeerService.PeerServiceClient, CallOptions, AsyncUnaryCall<TResponse>> call, CancellationToken cancellationToken)
    {
        var line = LineTo(peer);
        try
        {
            return await line.Breaker.ExecuteAsync(async token =>
            {
                var options = new CallOptions(deadline: time.GetUtcNow().UtcDateTime + Calls.Deadline, cancellationToken: token);
                using var pending = call(line.Client, options);
                return await pending.ResponseAsync;
            }, cancellationToken);
        }
        catch (RpcException failed) when (!cancellationToken.IsCancellationRequested)
        {
            throw new PeerUnavailableException(peer, $"cannot be reached or did not answer ({failed.StatusCode}).", failed);
        }
        catch (RpcException cancelled)
        {
            // The node stops; nothing failed.
            throw new OperationCanceledException("The call was given up.", cancelled, cancellationToken);
        }
        catch (BrokenCircuitException open)
        {
            throw new PeerUnavailableException(peer, "is left alone for a while, after it failed several times.", open);
        }
    }

    Line LineTo(NodeId peer) => trust.Current.Nodes.GetValueOrDefault(peer) is { } node
        ? _lines.GetOrAdd((peer, node.PeerAddress), key => new Lazy<Line>(() => Open(key.Node, key.Address))).Value
        : throw new PeerUnavailableException(peer, "is not in the trust list.");

    Line Open(NodeId peer, Uri address)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = TimeSpan.FromSeconds(5),
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(10),
            SslOptions =
            {
                EnabledSslProtocols = SslProtocols.Tls13,
                ClientCertificates = [_certificate],
                LocalCertificateSelectionCallback = (_, _, _, _, _) => _certificate,
                TargetHost = TrustedNode.NameOf(peer),
                // Whoever answers must be the node that was called, by the trust list in force now.
                RemoteCertificateValidationCallback = (_, presented, _, _) =>
                    presented is X509Certificate2 theirs && trust.Current.Identify(theirs, time.GetUtcNow()) == peer,
            },
        };
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true });
        var breaker = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                ShouldHandle = new PredicateBuilder().Handle<RpcException>(failed => failed.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded),
                FailureRatio = 0.9,
                MinimumThroughput = 5,
                SamplingDuration = TimeSpan.FromSeconds(30),
                BreakDuration = TimeSpan.FromSeconds(2),
            })
            .Build();
        return new Line(channel, new PeerService.PeerServiceClient(channel), breaker);
    }

    /// <summary>A peer's reason goes into our logs and our database: nothing but a code may.</summary>
    static string Code(string reason) =>
        reason.Length <= 64 && reason.All(c => char.IsAsciiLetterUpper(c) || c is '_') ? reason : "REASON_MALFORMED";

    static SetDigest ReadDigest(NodeId peer, ByteString digest) => digest.Length == EntryHash.Length ? SetDigest.Read(digest.Span) : throw Malformed(peer);

    static PeerUnavailableException Malformed(NodeId peer) => new(peer, "answered with a list of dossiers that is malformed.");

    static Disposition ToDisposition(NodeId peer, WireDisposition wire) => wire switch
    {
        WireDisposition.Held => Disposition.Held,
        WireDisposition.Waiting => Disposition.Waiting,
        WireDisposition.TryAgain => Disposition.TryAgain,
        WireDisposition.Refused => Disposition.Refused,
        _ => throw new PeerUnavailableException(peer, "answered with a code that this program does not know."),
    };

    sealed record Line(GrpcChannel Channel, PeerService.PeerServiceClient Client, ResiliencePipeline Breaker);
}
