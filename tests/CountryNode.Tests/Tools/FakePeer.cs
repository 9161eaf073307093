using System.Collections.Concurrent;
using System.Security.Cryptography;
using Coordination.Contracts.Peer.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Coordination.CountryNode.Tests;

/// <summary>A node that answers what a test wants it to, at the address and with the certificate of a real one that is down.</summary>
sealed class FakePeer : PeerService.PeerServiceBase, IAsyncDisposable
{
    static readonly string[] Callers = ["TH", "LA"];

    readonly WebApplication _host;
    int _comparisons;
    int _listings;

    FakePeer(RegionNode node)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.ListenLocalhost(new Uri(node.PeerAddress).Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http2;
            listen.UseHttps(new HttpsConnectionAdapterOptions
            {
                ServerCertificate = Hosting.Trust.KeyFolder.ReadCertificate(node.Keys.Peer),
                ClientCertificateMode = ClientCertificateMode.RequireCertificate,
                ClientCertificateValidation = (theirs, _, _) => Callers.Any(id => theirs.MatchesHostname(DevelopmentAuthority.NodeName(id))),
            });
        }));
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        _host = builder.Build();
        _host.MapGrpcService<FakePeer>();
    }

    /// <summary>What was delivered, each time it was.</summary>
    public ConcurrentQueue<DeliverRequest> Deliveries { get; } = [];

    /// <summary>What is answered.</summary>
    public Func<DeliverRequest, Task<DeliverResponse>> Answer { get; set; } = _ => throw new RpcException(new Status(StatusCode.Unavailable, "not now"));

    public static async Task<FakePeer> StartAsync(RegionNode node)
    {
        var peer = new FakePeer(node);
        await peer._host.StartAsync(TestContext.Current.CancellationToken);
        return peer;
    }

    public override Task<DeliverResponse> Deliver(DeliverRequest request, ServerCallContext context)
    {
        Deliveries.Enqueue(request);
        return Answer(request);
    }

    /// <summary>How long a fetch takes; it finds nothing.</summary>
    public TimeSpan FetchTakes { get; set; }

    public override async Task<FetchResponse> Fetch(FetchRequest request, ServerCallContext context)
    {
        await Task.Delay(FetchTakes, context.CancellationToken);
        return new FetchResponse();
    }

    /// <summary>What the peer says it holds: nothing, unless a test says otherwise.</summary>
    public IReadOnlyList<ByteString> Buckets { get; set; } = [.. Enumerable.Repeat(ByteString.CopyFrom(SHA256.HashData([])), 256)];

    /// <summary>How often it was asked for its buckets.</summary>
    public int Comparisons => _comparisons;

    /// <summary>How often it was asked for the dossiers of a bucket.</summary>
    public int Listings => _listings;

    public override Task<GetBucketsResponse> GetBuckets(GetBucketsRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _comparisons);
        return Task.FromResult(new GetBucketsResponse { Digests = { Buckets } });
    }

    public override Task<ListDossiersResponse> ListDossiers(ListDossiersRequest request, ServerCallContext context)
    {
        Interlocked.Increment(ref _listings);
        return Task.FromResult(new ListDossiersResponse());
    }

    /// <summary>Every entry has the same fate.</summary>
    public static DeliverResponse All(DeliverRequest request, Disposition disposition, string reason, params IEnumerable<Contracts.Dossier.V1.SignedReceipt> receipts)
    {
        var response = new DeliverResponse();
        response.Admissions.AddRange(request.Entries.Select(_ => new Admission { Disposition = disposition, Reason = reason }));
        response.Receipts.AddRange(receipts);
        return response;
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();
}
