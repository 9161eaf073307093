using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;

namespace Coordination.CountryNode.Tests;

/// <summary>One referral from step to step, through the API of the node of whoever speaks; after each step both nodes say the same of it.</summary>
sealed class Walk : IDisposable
{
    /// <summary>Where the person is met: in the country of origin.</summary>
    public string Bridge { get; private init; } = "";

    readonly Region _region;
    readonly bool _onPaper;
    readonly OfficeClient _origin;
    int _steps;

    Walk(Region region, OfficeClient host, OfficeClient origin, bool onPaper) => (_region, Host, _origin, _onPaper) = (region, host, origin, onPaper);

    public ByteString Id { get; private set; } = ByteString.Empty;

    /// <summary>Thailand's focal point.</summary>
    public OfficeClient Host { get; }

    /// <summary>Lao PDR's.</summary>
    public OfficeClient Origin => _onPaper ? throw new InvalidOperationException("A country that answers on paper has no office here.") : _origin;

    /// <summary>How it stands after the last step, at the node of whoever spoke.</summary>
    public Referral Now { get; private set; } = new();

    /// <summary>The token of the one plan.</summary>
    public ByteString Plan { get; } = ByteString.CopyFrom(System.Security.Cryptography.RandomNumberGenerator.GetBytes(16));

    IEnumerable<(OfficeClient Office, RegionNode Node)> Sides => _onPaper ? [(Host, _region["TH"])] : [(Host, _region["TH"]), (_origin, _region["LA"])];

    /// <summary>Opens a referral from Thailand to Lao PDR or, to find a person, the other way.</summary>
    public static async Task<Walk> BeginAsync(SharedRegion shared, Opened opened)
    {
        var walk = new Walk(shared.Region, shared.Region.Office("TH"), shared.Region.Office("LA"), opened.OnPaper) { Bridge = $"{opened.Origin}-VTE-FB1" };
        var sender = opened.Type is ReferralType.LocateAndProtect ? walk._origin : walk.Host;
        await walk.SayAsync(sender, said => said.Referrals.OpenAsync(new()
        {
            Command = OfficeClient.For(opened, said.About), Opened = opened, Particulars = said.Particulars,
        }, said.Options));
        walk.Stands(ReferralState.Sent);
        return walk;
    }

    /// <summary>Says something, and waits until both nodes hold it and say the same of the referral, and of this step's particulars.</summary>
    /// <returns>The hash of the entry.</returns>
    public async Task<ByteString> SayAsync<TResponse>(OfficeClient office, Func<Said, AsyncUnaryCall<TResponse>> call, ByteString? answers = null, string contradiction = "", string onBehalfOf = "")
        where TResponse : IMessage<TResponse>
    {
        var said = new Said(office, Id, Now.ConsentWithdrawn ? null : $"step {++_steps} of nobody in particular", answers, contradiction, onBehalfOf);
        var response = await call(said);
        Now = (Referral)response.Descriptor.FindFieldByNumber(1).Accessor.GetValue(response);
        Id = Now.DossierId;
        var entries = (await office.HistoryAsync(Id)).Entries;
        var author = _region.Nodes.Single(node => node.ApiAddress == $"https://{office.Channel.Target}").Id;
        var written = entries.Where(entry => Entry.Parser.ParseFrom(entry.Entry).Author == author).MaxBy(entry => Entry.Parser.ParseFrom(entry.Entry).Seq)!;

        foreach (var (side, node) in Sides) await side.UntilAsync(Id, referral => referral.Chains.Sum(chain => chain.Seq) == Now.Chains.Sum(chain => chain.Seq));
        foreach (var (_, node) in Sides) await node.UntilDeliveredAsync(Id);
        foreach (var (side, _) in Sides)
        {
            await SameAsync(office, side);
            if (!said.HasParticulars) continue;
            var particulars = (await side.Dossiers.GetParticularsAsync(new() { DossierId = Id, Entry = written.Hash }, side.Options)).Particulars;
            particulars.Note.ShouldBe(said.Particulars!.Note);
            particulars.ContradictionReason.ShouldBe(contradiction);
        }
        Entry.Parser.ParseFrom(written.Entry).ToString().ShouldNotContain("nobody in particular");
        return written.Hash;
    }

    /// <summary>Refused, and nothing is written.</summary>
    public async Task<Refused> RefusedAsync<TResponse>(OfficeClient office, Func<Said, AsyncUnaryCall<TResponse>> call, string reason, ByteString? answers = null, string onBehalfOf = "")
    {
        var before = await _region["TH"].SetAsync(Id);
        var refused = await Refused.ByAsync(() => call(new Said(office, Id, Now.ConsentWithdrawn ? null : "a word", answers, "", onBehalfOf)).ResponseAsync);
        (refused.Code, refused.Reason).ShouldBe((StatusCode.FailedPrecondition, reason), refused.Text);
        foreach (var (_, node) in Sides) (await node.SetAsync(Id)).ShouldBe(before);
        return refused;
    }

    public void Stands(ReferralState state, string stay = "TH")
    {
        Now.State.ShouldBe(state);
        Now.Stay.ShouldBe(stay);
    }

    /// <summary>Both nodes say the same: where it stands, what is owed and by when, every entry and what became of it.</summary>
    async Task SameAsync(OfficeClient here, OfficeClient there)
    {
        Referral? ours = null, theirs = null;
        var same = await Poll.UntilAsync(async () =>
        {
            (ours, theirs) = ((await here.GetAsync(Id)).Common(), (await there.GetAsync(Id)).Common());
            return ours.Equals(theirs);
        }, TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        if (!same) theirs.ShouldBe(ours);
        Histories(await there.HistoryAsync(Id)).ShouldBe(Histories(await here.HistoryAsync(Id)));
    }

    static List<string> Histories(HistoryResponse history) => [.. history.Entries.Select(entry =>
        $"{entry.Statement} {Convert.ToHexStringLower(entry.Hash.Span)} {entry.Verdict} {entry.Reason} {entry.Explanation} {Convert.ToHexStringLower(entry.Signature.Span)} {string.Join(",", entry.Receipts)}")];

    public void Dispose()
    {
        Host.Dispose();
        _origin.Dispose();
    }
}

/// <summary>One step: who says it, and what is beside every statement.</summary>
sealed class Said(OfficeClient office, ByteString id, string? note, ByteString? answers, string contradiction, string onBehalfOf)
{
    public ReferralService.ReferralServiceClient Referrals => office.Referrals;

    public DossierService.DossierServiceClient Dossiers => office.Dossiers;

    public CallOptions Options => office.Options;

    public ByteString Id => id;

    /// <summary>None once the person took the consent back.</summary>
    public Particulars? Particulars
    {
        get
        {
            HasParticulars = note is not null;
            return note is null ? null : new() { Note = note };
        }
    }

    /// <summary>They went into the request.</summary>
    public bool HasParticulars { get; private set; }

    public Command About => new()
    {
        CommandId = OfficeClient.NewCommandId(),
        Answers = answers ?? ByteString.Empty,
        ContradictionReason = contradiction,
        OnBehalfOf = onBehalfOf,
        Channel = onBehalfOf.Length > 0 ? Channel.Letter : Channel.Unspecified,
        Letter = onBehalfOf.Length > 0 ? ByteString.CopyFrom(System.Security.Cryptography.SHA256.HashData("a letter"u8)) : ByteString.Empty,
    };

    public static Timestamp At => Timestamp.FromDateTimeOffset(TimeProvider.System.GetUtcNow());
}
