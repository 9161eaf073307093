using System.Diagnostics;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Entry = Coordination.Domain.Dossiers.Entry;
using Verdict = Coordination.Contracts.Dossier.V1.Verdict;

namespace Coordination.CountryNode.Doors;

/// <summary>Dossiers of every kind over gRPC, to be read.</summary>
public sealed class DossierDoor(ReferralDesk desk, Commands commands, TrustInForce trust, Pen pen, Callers callers, Outage outage, TimeProvider time) : DossierService.DossierServiceBase
{
    public override Task<ResolveResponse> Resolve(ResolveRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ResolveResponse.Parser, fields => DossierWire.Read(request.Resolved, fields));

    public override Task<CorrectResponse> Correct(CorrectRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, CorrectResponse.Parser, fields => DossierWire.Read(request.Corrected, fields));

    public override Task<ContinueOnPaperResponse> ContinueOnPaper(ContinueOnPaperRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, ContinueOnPaperResponse.Parser, _ => new Domain.Dossiers.ContinuedOnPaper());

    public override Task<AssignUnitResponse> AssignUnit(AssignUnitRequest request, ServerCallContext context) =>
        commands.DoAsync(request, request.Command, request.DossierId, request.Particulars, context, AssignUnitResponse.Parser, fields => DossierWire.Read(request.UnitAssigned, fields));

    public override async Task<GetParticularsResponse> GetParticulars(GetParticularsRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadParticulars);
        var id = Errors.ReadId(request.DossierId);
        if (!EntryHash.TryRead(request.Entry.Span, out var entry)) throw Refusal.Invalid("FIELD_INVALID", "entry", $"is no hash: {EntryHash.Length} bytes are needed").ToException();
        return await Errors.AnswerAsync(outage, () => desk.ReadParticularsAsync(id, entry, office, context.CancellationToken)) switch
        {
            ParticularsRead.Is said => new GetParticularsResponse { Particulars = Parse(said.Content), Part = UnsafeByteOperations.UnsafeWrap(said.Part) },
            ParticularsRead.Not not => throw not.Refusal.ToException(),
            _ => throw new UnreachableException(),
        };
    }

    /// <exception cref="RpcException">NOT_FOUND: the author sealed something else than particulars.</exception>
    static Contracts.Referral.V1.Particulars Parse(ReadOnlyMemory<byte> content)
    {
        try
        {
            return Contracts.Referral.V1.Particulars.Parser.ParseFrom(content.Span);
        }
        catch (InvalidProtocolBufferException)
        {
            throw new Refusal(RefusalKind.NotFound, "PARTICULARS_MALFORMED", "The other country sealed something that is no particulars. Ask its office.").ToException();
        }
    }

    public override async Task<GetEvidenceResponse> GetEvidence(GetEvidenceRequest request, ServerCallContext context)
    {
        var (held, dossier) = await FindAsync(request.DossierId, context);
        var signed = held.Entries.ToDictionary(kept => kept.Entry.Hash, kept => kept.Signed);
        var receipts = held.Receipts.ToLookup(receipt => receipt.Hash);
        // A withdrawal that is not signed yet is no entry.
        var entries = dossier.Entries.Select(judged => judged.Entry.Hash).Concat(dossier.Waiting.Select(entry => entry.Hash)).Where(signed.ContainsKey).ToList();
        var evidence = new GetEvidenceResponse
        {
            Node = pen.Node.ToString(),
            HeldAt = Timestamp.FromDateTimeOffset(time.GetUtcNow()),
            TrustLists = { UnsafeByteOperations.UnsafeWrap(trust.Current.SignedBytes) },
        };
        evidence.Entries.AddRange(entries.Select(entry => signed[entry].ToWire()));
        evidence.Receipts.AddRange(entries.SelectMany(entry => receipts[entry].OrderBy(receipt => receipt.Holder)).Select(receipt => receipt.ToWire()));
        return evidence;
    }

    public override async Task<HistoryResponse> History(HistoryRequest request, ServerCallContext context)
    {
        var (held, dossier) = await FindAsync(request.DossierId, context);
        var kept = held.Entries.ToDictionary(entry => entry.Entry.Hash);
        var leavingOut = held.LeavingOut(trust.Current);
        var receipts = held.Receipts.ToLookup(receipt => receipt.Hash);
        var response = new HistoryResponse { DossierId = request.DossierId };
        response.Entries.AddRange(dossier.Entries.Select(judged => Row(judged.Entry, judged.Verdict)));
        // A withdrawal that is not signed yet is no entry.
        response.Entries.AddRange(dossier.Waiting.Where(entry => kept.ContainsKey(entry.Hash)).Select(entry => Row(entry, null)));
        return response;

        HistoryEntry Row(Entry entry, Domain.Dossiers.Verdict? verdict)
        {
            var (code, reason, explanation) = Describe(verdict);
            var signed = kept[entry.Hash].Signed;
            var row = new HistoryEntry
            {
                Entry = UnsafeByteOperations.UnsafeWrap(signed.Bytes),
                Signature = UnsafeByteOperations.UnsafeWrap(signed.Signature),
                KeyId = signed.KeyId,
                Hash = ByteString.CopyFrom(entry.Hash.ToArray()),
                Statement = entry.Body is NotUnderstood ? "" : entry.Body.Name,
                Verdict = code,
                Reason = reason,
                Explanation = explanation,
                LeavesOut = leavingOut.Contains(entry.Hash),
                HeldSince = Timestamp.FromDateTimeOffset(kept[entry.Hash].HeldSince),
            };
            row.Receipts.AddRange(receipts[entry.Hash].OrderBy(receipt => receipt.Holder).Select(receipt =>
                new HistoryReceipt { Holder = receipt.Holder.ToString(), ReceivedAt = Timestamp.FromDateTimeOffset(receipt.ReceivedAt) }));
            return row;
        }
    }

    /// <exception cref="RpcException">The office may not read it, the id is none, or nothing of it is held.</exception>
    async Task<(HeldDossier Held, Dossier<Referral> Dossier)> FindAsync(ByteString dossier, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadReferral);
        var id = Errors.ReadId(dossier);
        return await Errors.AnswerAsync(outage, () => desk.FindAsync(id, office, context.CancellationToken)) ?? throw Refusal.NotFound.ToException();
    }

    static (Verdict Code, string Reason, string Explanation) Describe(Domain.Dossiers.Verdict? verdict) => verdict switch
    {
        Domain.Dossiers.Verdict.Applied => (Verdict.Applied, "", ""),
        Domain.Dossiers.Verdict.Recorded recorded => (Verdict.Recorded, Names.Of(recorded.Reason.Code), recorded.Reason.Text),
        Domain.Dossiers.Verdict.Void voided => (Verdict.Void, Names.Of(voided.Reason.Code), voided.Reason.Text),
        Domain.Dossiers.Verdict.UpgradeNeeded => (Verdict.UpgradeNeeded, "UPGRADE_NEEDED", "Only a newer program understands this, or something before it."),
        null => (Verdict.Waiting, "PAST_MISSING", "Something that it descends from has not arrived yet; it is being fetched."),
        _ => throw new UnreachableException(),
    };
}
