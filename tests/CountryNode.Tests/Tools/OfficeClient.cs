using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Coordination.CountryNode.Tests;

/// <summary>One office of one node, over the API that every client uses.</summary>
sealed class OfficeClient : IDisposable
{
    static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    readonly string? _token;

    /// <param name="region">The region.</param>
    /// <param name="node">The node.</param>
    /// <param name="token">The office's; null for none.</param>
    /// <param name="address">Another way to the node; null for its own address.</param>
    public OfficeClient(Region region, RegionNode node, string? token, string? address = null)
    {
        var authorities = new X509Certificate2Collection();
        authorities.ImportFromPemFile(region.AuthoritiesFile);
        var handler = new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(5) };
        handler.SslOptions.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        handler.SslOptions.CertificateChainPolicy.CustomTrustStore.AddRange(authorities);
        Channel = GrpcChannel.ForAddress(address ?? node.ApiAddress, new GrpcChannelOptions { HttpHandler = handler, DisposeHttpClient = true, MaxSendMessageSize = null });
        _token = token;
        Referrals = new ReferralService.ReferralServiceClient(Channel);
        Dossiers = new DossierService.DossierServiceClient(Channel);
    }

    public GrpcChannel Channel { get; }

    public ReferralService.ReferralServiceClient Referrals { get; }

    public AttachmentService.AttachmentServiceClient Attachments => new(Channel);

    public DossierService.DossierServiceClient Dossiers { get; }

    public CallOptions Options => new(
        _token is null ? [] : new Metadata { { "authorization", $"Bearer {_token}" } },
        TimeProvider.System.GetUtcNow().UtcDateTime + Deadline, TestContext.Current.CancellationToken);

    /// <summary>About an opening: one that waits for a second person is written alone.</summary>
    public static Command For(Opened opened, Command about)
    {
        about.NobodyElseOnDuty = opened.Basis is Basis.RiskToLife;
        return about;
    }

    public async Task<Referral> OpenAsync(Opened opened, string? commandId = null) =>
        (await Referrals.OpenAsync(new OpenRequest { Command = For(opened, About(commandId)), Opened = opened }, Options)).Referral;

    public async Task<Referral> AcknowledgeAsync(ByteString id, string? commandId = null) =>
        (await Referrals.AcknowledgeAsync(new AcknowledgeRequest { Command = About(commandId), DossierId = id }, Options)).Referral;

    public async Task<Referral> TakeUpAsync(ByteString id, string? commandId = null) =>
        (await Referrals.TakeUpAsync(new TakeUpRequest { Command = About(commandId), DossierId = id }, Options)).Referral;

    public async Task<Referral> DeclineAsync(ByteString id, DeclineReason reason, string? commandId = null) =>
        (await Referrals.DeclineAsync(new DeclineRequest { Command = About(commandId), DossierId = id, Declined = new() { Reason = reason } }, Options)).Referral;

    public async Task<Referral> CancelAsync(ByteString id, string? commandId = null) =>
        (await Referrals.CancelAsync(new CancelRequest { Command = About(commandId), DossierId = id }, Options)).Referral;

    public async Task<Referral> WithdrawConsentAsync(ByteString id) =>
        (await Referrals.WithdrawConsentAsync(new WithdrawConsentRequest { Command = About(null), DossierId = id, Withdrawn = new() { Everything = new() } }, Options)).Referral;

    public async Task<Referral> GetAsync(ByteString id) => (await Referrals.GetAsync(new GetRequest { DossierId = id }, Options)).Referral;

    public async Task<HistoryResponse> HistoryAsync(ByteString id) => await Dossiers.HistoryAsync(new HistoryRequest { DossierId = id }, Options);

    public async Task<GetEvidenceResponse> EvidenceAsync(ByteString id) => await Dossiers.GetEvidenceAsync(new GetEvidenceRequest { DossierId = id }, Options);

    /// <summary>Changes from a cursor on, until the caller disposes it or the deadline passes.</summary>
    public AsyncServerStreamingCall<WatchResponse> Watch(string cursor, TimeSpan? deadline = null) => Referrals.Watch(
        new WatchRequest { Cursor = cursor }, Options.WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + (deadline ?? TimeSpan.FromMinutes(2))));

    /// <summary>Has the other country's office acknowledge and take up what this one opened, and waits until it is known here.</summary>
    public async Task HandOverAsync(OfficeClient receiver, ByteString id)
    {
        await receiver.UntilAsync(id, referral => referral.State is ReferralState.Sent);
        await receiver.AcknowledgeAsync(id);
        await receiver.TakeUpAsync(id);
        await UntilAsync(id, referral => referral.State is ReferralState.TakenUp);
    }

    /// <summary>The referral, once it stands at this node as wanted.</summary>
    public async Task<Referral> UntilAsync(ByteString id, Func<Referral, bool> wanted, TimeSpan? limit = null)
    {
        Referral? last = null;
        var reached = await Poll.UntilAsync(async () =>
        {
            try
            {
                last = await GetAsync(id);
                return wanted(last);
            }
            catch (RpcException notYet) when (notYet.StatusCode is StatusCode.NotFound or StatusCode.Unavailable)
            {
                return false;
            }
        }, limit ?? TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        reached.ShouldBeTrue($"The referral stands at {last?.State.ToString() ?? "nothing"}.");
        return last!;
    }

    public void Dispose() => Channel.Dispose();

    public static Command About(string? commandId = null) => new() { CommandId = commandId ?? NewCommandId() };

    public static string NewCommandId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
}
