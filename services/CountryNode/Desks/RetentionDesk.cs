using System.Collections.Immutable;
using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Npgsql;
using Office = Coordination.Domain.Dossiers.Office;
using RetentionAction = Coordination.Contracts.Dossier.V1.RetentionAction;

namespace Coordination.CountryNode.Desks;

/// <summary>Where what is due under the country's table is listed, deleted and certified, and where dossiers are held.</summary>
public sealed class RetentionDesk(RetentionRows rows, IStore store, DossierKeys keys, RetentionTable table, TrustInForce trust, Pen pen, TimeProvider time)
{
    /// <summary>Dossiers of one class in one list: the rest is in the next one.</summary>
    const int Most = 100;

    static ReadOnlySpan<byte> Prefix => "coord/retention-preview/v1\0"u8;

    static Refusal ListChanged { get; } = new(RefusalKind.NotOpen, "RETENTION_LIST_CHANGED", "What is due is no more what this preview listed: preview again, look, and apply that. Nothing was deleted.");

    static Refusal NothingDue { get; } = new(RefusalKind.NotOpen, "NOTHING_DUE", "Nothing is due under the table, so there is nothing to delete or to certify.");

    static Refusal IdReused { get; } = new(RefusalKind.AlreadyUsed, "COMMAND_ID_REUSED", "This command_id was used for another request. Make a new one for each command.");

    static Refusal Erased { get; } = new(RefusalKind.NotOpen, "DOSSIER_ERASED", "What was kept of this dossier is erased already: there is nothing left to hold.");

    static Refusal HoldUnknown { get; } = new(RefusalKind.NotFound, "HOLD_NOT_FOUND", "This node has no such hold. Check the number.");

    /// <summary>What is due today. Writes nothing.</summary>
    public async Task<PreviewRetentionResponse> PreviewAsync(CancellationToken cancellationToken) => (await ListAsync(time.GetUtcNow(), cancellationToken)).Preview;

    /// <summary>Deletes what a preview listed, and certifies it.</summary>
    public async Task<(ApplyRetentionResponse? Applied, Refusal? Refusal)> ApplyAsync(CommandKey command, ReadOnlyMemory<byte> requestHash, ReadOnlyMemory<byte> preview, CancellationToken cancellationToken)
    {
        if (await FindAnswerAsync(command, requestHash, ApplyRetentionResponse.Parser, cancellationToken) is var (answer, refusal) && (answer ?? (object?)refusal) is not null) return (answer, refusal);
        var now = time.GetUtcNow();
        var (listed, due) = await ListAsync(now, cancellationToken);
        if (!listed.Preview.Span.SequenceEqual(preview.Span)) return (null, ListChanged);
        List<DueClass> classes = [.. listed.Classes.Where(of => of.Dossiers.Count > 0 || of.Rows > 0)];
        if (classes.Count == 0) return (null, NothingDue);
        var today = RegionalTime.Today(pen.Node, now);
        try
        {
            var certificate = await rows.ApplyAsync(
                due, [.. classes.Where(of => of.Rows > 0).Select(of => ((DataClass)of.Rule.Class, Before(DateOnly.ParseExact(of.Before, "yyyy-MM-dd")), (long)of.Rows))],
                today, number => Certify(number, command.Office, classes, now), command, requestHash, Destroy, now, cancellationToken);
            return certificate is null ? (null, ListChanged) : (new() { Certificate = certificate }, null);
        }
        catch (PostgresException same) when (same is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "command_pkey" })
        {
            return await FindAnswerAsync(command, requestHash, ApplyRetentionResponse.Parser, cancellationToken);
        }
    }

    public Task<ImmutableArray<SignedDeletionCertificate>> ListCertificatesAsync(ulong after, int most, CancellationToken cancellationToken) => rows.ListCertificatesAsync(after, most, cancellationToken);

    /// <summary>Holds a dossier until a day, inclusive.</summary>
    public async Task<(PlaceLegalHoldResponse? Placed, Refusal? Refusal)> PlaceAsync(
        CommandKey command, string person, ReadOnlyMemory<byte> requestHash, DossierId dossier, RetentionBasis basis, DateOnly until, CancellationToken cancellationToken)
    {
        if (await FindAnswerAsync(command, requestHash, PlaceLegalHoldResponse.Parser, cancellationToken) is var (answer, refusal) && (answer ?? (object?)refusal) is not null) return (answer, refusal);
        var now = time.GetUtcNow();
        if (until < RegionalTime.Today(pen.Node, now)) return (null, Refusal.Invalid("FIELD_INVALID", "until", "has passed: today or a later day is needed"));
        if (await store.FindAsync(dossier, cancellationToken) is null) return (null, Refusal.NotFound);
        try
        {
            var hold = await rows.PlaceAsync(dossier, basis.ToString(), until, person, command, requestHash, placed => new PlaceLegalHoldResponse { Hold = ToWire(placed) }.ToByteArray(), now, cancellationToken);
            return hold is null ? (null, Erased) : (new() { Hold = ToWire(hold) }, null);
        }
        catch (PostgresException same) when (same is { SqlState: PostgresErrorCodes.UniqueViolation, ConstraintName: "command_pkey" })
        {
            return await FindAnswerAsync(command, requestHash, PlaceLegalHoldResponse.Parser, cancellationToken);
        }
    }

    /// <summary>Ends a hold before its day; one that was ended stays as it is.</summary>
    public async Task<(LegalHold? Ended, Refusal? Refusal)> EndAsync(ulong number, Office office, string person, CancellationToken cancellationToken) =>
        await rows.EndAsync(number, office, person, time.GetUtcNow(), cancellationToken) is { } hold ? (ToWire(hold), null) : (null, HoldUnknown);

    public async Task<ImmutableArray<LegalHold>> ListHoldsAsync(ulong after, int most, CancellationToken cancellationToken) =>
        [.. (await rows.ListHoldsAsync(after, most, cancellationToken)).Select(ToWire)];

    async Task<(T? Answer, Refusal? Refusal)> FindAnswerAsync<T>(CommandKey command, ReadOnlyMemory<byte> requestHash, MessageParser<T> parser, CancellationToken cancellationToken) where T : class, IMessage<T>
    {
        if (await store.FindAnswerAsync(command, cancellationToken) is not { } answered) return (null, null);
        return answered.RequestHash.Span.SequenceEqual(requestHash.Span) ? (parser.ParseFrom(answered.Answer.Span), null) : (null, IdReused);
    }

    /// <summary>What is due, and on how many entries of each dossier that was made out.</summary>
    async Task<(PreviewRetentionResponse Preview, ImmutableArray<DueOf> Due)> ListAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        var today = RegionalTime.Today(pen.Node, now);
        var preview = new PreviewRetentionResponse();
        var due = ImmutableArray.CreateBuilder<DueOf>();
        foreach (var rule in table.Rules)
        {
            var last = today.AddDays(-rule.Days);
            var of = new DueClass { Rule = new() { Class = (RetentionClass)rule.Class, Days = (uint)rule.Days, Action = (RetentionAction)rule.Action } };
            preview.Classes.Add(of);
            if (rule.State is not { } state)
            {
                of.Before = EntryWire.Write(last.AddDays(1));
                of.Rows = (ulong)await rows.CountAsync(rule.Class, Before(last.AddDays(1)), today, cancellationToken);
                continue;
            }
            foreach (var id in await rows.ListFinalAsync(state.ToString(), Before(last.AddDays(1)), today, cancellationToken))
            {
                if (of.Dossiers.Count == Most) break;
                if (await store.FindAsync(id, cancellationToken) is not { } held || SinceOf(held, state) is not { } since || since > last) continue;
                of.Dossiers.Add(new DueDossier { DossierId = ByteString.CopyFrom(id.ToArray()), Since = EntryWire.Write(since), Due = EntryWire.Write(since.AddDays(rule.Days)) });
                due.Add(new(id, held.Entries.Length));
            }
        }
        preview.Preview = ByteString.CopyFrom(SHA256.HashData([.. Prefix, .. preview.ToByteArray()]));
        return (preview, due.ToImmutable());
    }

    /// <summary>Since which day, in this country, this node holds all that brought a dossier to its final state for good; null where that is not sure.</summary>
    /// <remarks>By when entries came and not by what they say of themselves: nobody shortens a period by a date.</remarks>
    DateOnly? SinceOf(HeldDossier held, ReferralState final)
    {
        if (!held.Pending.IsEmpty || !held.CatchingUpWith.IsEmpty || held.WaitingSince is not null || StateOf(held) != final) return null;
        HeldEntry[] came = [.. held.Entries.OrderBy(kept => kept.HeldSince).ThenBy(kept => kept.Entry.Seq)];
        var count = came.Length - 1;
        while (count > 0 && StateOf(held with { Entries = [.. came[..count]] }) == final) count--;
        return RegionalTime.Today(pen.Node, came[count].HeldSince);
    }

    ReferralState? StateOf(HeldDossier held) => held.Fold<Referral>(trust.Current).State?.State;

    /// <summary>The first instant that is too late.</summary>
    DateTimeOffset Before(DateOnly day) => RegionalTime.StartOf(pen.Node, day);

    void Destroy(IEnumerable<DossierId> dossiers)
    {
        foreach (var dossier in dossiers) keys.Destroy(dossier);
    }

    SignedDeletionCertificate Certify(ulong number, Office office, IEnumerable<DueClass> classes, DateTimeOffset now)
    {
        var bytes = new DeletionCertificate
        {
            Number = number,
            Node = pen.Node.ToString(),
            AppliedAt = Timestamp.FromDateTimeOffset(now),
            Office = DossierWire.Write(office),
            Classes = { classes },
        }.ToByteArray();
        return new() { Certificate = UnsafeByteOperations.UnsafeWrap(bytes), Signature = UnsafeByteOperations.UnsafeWrap(pen.Key.Sign(SignatureKind.Deletion, bytes)), KeyId = pen.Key.Id };
    }

    static LegalHold ToWire(KeptHold hold) => new()
    {
        Number = (ulong)hold.Number,
        DossierId = ByteString.CopyFrom(hold.Dossier.ToArray()),
        Basis = (Contracts.Referral.V1.RetentionBasis)System.Enum.Parse<RetentionBasis>(hold.Basis),
        Until = EntryWire.Write(hold.Until),
        PlacedAt = Timestamp.FromDateTimeOffset(hold.PlacedAt),
        PlacedBy = DossierWire.Write(hold.PlacedBy),
        EndedAt = hold.EndedAt is { } at ? Timestamp.FromDateTimeOffset(at) : null,
        EndedBy = hold.EndedBy is { } by ? DossierWire.Write(by) : null,
    };
}
