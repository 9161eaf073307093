using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using CaseFileRelease = Coordination.Domain.Referrals.CaseFileRelease;
using Office = Coordination.Domain.Dossiers.Office;
using Referral = Coordination.Domain.Referrals.Referral;

namespace Coordination.CountryNode.Desks;

/// <summary>Where offices open case files: as far as the person agrees, and never without a row in the access log before.</summary>
public sealed class CaseFiles(IStore store, ReferralDesk desk, Safe safe, AccessLog log, TrustInForce trust, Pen pen, TimeProvider time)
{
    public static Refusal NotReleased { get; } = new(RefusalKind.NotFound, "CASE_FILE_NOT_RELEASED", "No such case file was released in this dossier, as far as this node holds it.");

    public static Refusal Erased { get; } = new(RefusalKind.NotFound, "CASE_FILE_ERASED", "The case file was erased.");

    public static Refusal Narrowed { get; } = new(RefusalKind.NotOpen, "CONSENT_NARROWED", "The person withholds by now what this version says: it goes nowhere any more. Release a new one.");

    public static Refusal TrustListExpired { get; } = new(RefusalKind.NotOpen, "TRUST_LIST_EXPIRED", "The trust list is past its date, so no case file is pulled. Ask the operator for a new one.");

    /// <summary>Why a case file that was released to a country is closed, there and where it came from; null while the person lets it be read.</summary>
    /// <param name="dossier">With the withdrawals that are not signed yet.</param>
    /// <param name="recipient">To whom it was released, or is to be.</param>
    /// <param name="release">Its CaseFileReleased; null while it waits for a second person.</param>
    /// <param name="here">Whose calendar counts.</param>
    /// <param name="now">UTC.</param>
    public static Refusal? ConsentFault(Dossier<Referral> dossier, NodeId recipient, EntryHash? release, NodeId here, DateTimeOffset now)
    {
        if (!dossier.MayBeRead(recipient)) return new(RefusalKind.NotOpen, "CONSENT_WITHDRAWN", $"The person took back the consent that {recipient} receives anything: the case file is closed.");
        if (release is { } known && dossier.TakenBack().Contains(known))
            return new(RefusalKind.NotOpen, "CONSENT_WITHDRAWN", $"The person took back the consent that {recipient} receives anything, and agreed anew since: what went there before stays closed. A new release is wanted.");
        return dossier.AsWithdrawn()?.ReleaseFault(recipient, RegionalTime.Today(here, now)) is { } fault
            ? new(RefusalKind.NotOpen, Names.Of(fault.Code), $"{fault.Text} Ask the person again, and record the consent.")
            : null;
    }

    /// <summary>Opens a case file.</summary>
    /// <param name="office">For which office.</param>
    /// <param name="person">Who asks, as the office's own accounts know the person.</param>
    /// <param name="id">Of which dossier.</param>
    /// <param name="release">Its CaseFileReleased; null for the last that came or, where none did, the last that was sent.</param>
    /// <param name="attachment">For the sake of which attachment it is opened; null for its own.</param>
    /// <param name="reason">What for.</param>
    /// <param name="cancellationToken">May leave the row in the log.</param>
    public async Task<CaseFileRead> OpenAsync(Office office, string person, DossierId id, EntryHash? release, string? attachment, AccessReason reason, CancellationToken cancellationToken)
    {
        if (Rights.Check(office, Act.OpenCaseFile) is { } notAllowed) return notAllowed;
        if (await desk.CaseFileShutAsync(id, office, cancellationToken) is { } shut) return shut;
        var closed = await FindAsync(id, release, cancellationToken);
        if (closed is not CaseFileRead.Is before) return closed;
        await log.AddAsync(office, person, id, before.Release.Entry.Hash, attachment, reason, time.GetUtcNow(), cancellationToken);

        // A withdrawal that was committed meanwhile counts.
        return await FindAsync(id, before.Release.Entry.Hash, cancellationToken) switch
        {
            CaseFileRead.Is found => safe.ReadCaseFile(found.Release, found.Kept) switch
            {
                Disclosure.Opened opened => await WithoutWithheldAsync(found, opened.Plaintext, cancellationToken),
                Disclosure.Destroyed => Erased,
                _ => new Refusal(RefusalKind.NotFound, "CASE_FILE_DAMAGED", "The case file cannot be read. Ask the operator to look at the key folder."),
            },
            var refused => refused,
        };
    }

    /// <summary>What this country released last, for whoever decides whether another takes its place and has a row in the log for that already; null where there is none that can be read.</summary>
    public async Task<ReadOnlyMemory<byte>?> FindReplacedAsync(DossierId id, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held || held.Fold<Referral>(trust.Current).State?.Releases.LastOrDefault(known => known.By == pen.Node) is not { } last) return null;
        if (await FindAsync(id, last.Entry, cancellationToken) is not CaseFileRead.Is found || safe.ReadCaseFile(found.Release, found.Kept) is not Disclosure.Opened opened) return null;
        return await WithoutWithheldAsync(found, opened.Plaintext, cancellationToken) is CaseFileRead.Is left ? left.Content : null;
    }

    /// <summary>A case file without what the person withholds by now, be it that it was released before.</summary>
    async Task<CaseFileRead> WithoutWithheldAsync(CaseFileRead.Is found, ReadOnlyMemory<byte> content, CancellationToken cancellationToken) =>
        await desk.WithoutWithheldAsync(found.Release.Entry.Dossier, content, cancellationToken) is { } left
            ? found with { Content = left }
            : ReferralDesk.ConsentDetailsUnreadable;

    /// <summary>Why what was opened is not read any further; null while it may be.</summary>
    public async Task<Refusal?> ClosedAsync(DossierId id, EntryHash release, CancellationToken cancellationToken) =>
        await FindAsync(id, release, cancellationToken) is CaseFileRead.Not not ? not.Refusal : null;

    /// <summary>What would be opened now, still closed.</summary>
    async Task<CaseFileRead> FindAsync(DossierId id, EntryHash? release, CancellationToken cancellationToken)
    {
        if (await store.FindAsync(id, cancellationToken) is not { } held) return Refusal.NotFound;
        var dossier = held.FoldWithPending(trust.Current);
        if (dossier.State is not { } referral || Wanted(referral, release) is not { } wanted) return NotReleased;
        if (ConsentFault(dossier, referral.Parties.Other(wanted.By), wanted.Entry, pen.Node, time.GetUtcNow()) is { } fault) return fault;
        var signed = held.Entries.First(kept => kept.Entry.Hash == wanted.Entry).Signed;
        if (safe.Look(id) is Keeping.Destroyed) return Erased;
        return await store.FindCaseFileAsync(wanted.Entry, cancellationToken) is { } kept
            ? new CaseFileRead.Is(signed, kept, default)
            : new Refusal(RefusalKind.NotFound, "CASE_FILE_MISSING", "The case file has not arrived, or is not the one that its release names; it is being asked for.");
    }

    CaseFileRelease? Wanted(Referral referral, EntryHash? release) => release is { } named
        ? referral.Releases.FirstOrDefault(known => known.Entry == named)
        : referral.Releases.LastOrDefault(known => known.By != pen.Node) ?? (referral.Releases is [.., var own] ? own : null);
}

/// <summary>A case file, or why it cannot be read. Closed.</summary>
public abstract record CaseFileRead
{
    private CaseFileRead() { }

    /// <param name="Release">Its CaseFileReleased.</param>
    /// <param name="Kept">As it is kept.</param>
    /// <param name="Content">A serialised CaseFile.</param>
    public sealed record Is(SignedEntry Release, KeptPart Kept, ReadOnlyMemory<byte> Content) : CaseFileRead;

    public sealed record Not(Refusal Refusal) : CaseFileRead;

    public static implicit operator CaseFileRead(Refusal refusal) => new Not(refusal);
}
