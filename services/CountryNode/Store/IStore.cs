using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Store;

/// <summary>What a node holds, as desks, door and relay know it.</summary>
/// <remarks>PostgreSQL is one use of this seam, the deterministic simulation the other. Time is always passed in.</remarks>
public interface IStore
{
    /// <summary>Everything held of one dossier; null when nothing is.</summary>
    Task<HeldDossier?> FindAsync(DossierId id, CancellationToken cancellationToken);

    /// <summary>What was answered to a command; null when it was not answered yet.</summary>
    Task<Answered?> FindAnswerAsync(CommandKey command, CancellationToken cancellationToken);

    /// <summary>Keeps an entry of this node with its announcement and the command's answer, in one commit.</summary>
    Task<AppendOutcome> AppendAsync(Append append, CancellationToken cancellationToken);

    /// <summary>Locks dossiers in the order of their ids, asks what to keep, and keeps it, in one commit.</summary>
    /// <param name="ids">Dossiers of which nothing is held yet among them.</param>
    /// <param name="decide">Pure: it may be asked again.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    Task AdmitAsync(IReadOnlyCollection<DossierId> ids, Func<IReadOnlyDictionary<DossierId, HeldDossier>, IReadOnlyCollection<Admission>> decide, CancellationToken cancellationToken);

    /// <summary>How many dossiers without an opening wait here because of one peer.</summary>
    Task<int> CountWithoutOpeningAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>The particulars of a dossier that a recipient may read, encrypted at rest.</summary>
    Task<ImmutableArray<KeptPart>> FindPartsAsync(DossierId id, NodeId recipient, CancellationToken cancellationToken);

    /// <summary>A case file that this node released, or pulled, by its CaseFileReleased; null where it is not here.</summary>
    Task<KeptPart?> FindCaseFileAsync(EntryHash release, CancellationToken cancellationToken);

    /// <summary>Dossiers whose overview may have changed without an entry: receipts came, or the trust list changed. Claimed until the next look.</summary>
    Task<ImmutableArray<DossierId>> ClaimStaleAsync(int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Keeps overviews, each unless entries or receipts came since it was claimed: then it is made again.</summary>
    Task KeepOverviewsAsync(IReadOnlyCollection<(DossierId Id, int JudgedOn, Overview Overview)> overviews, DateTimeOffset claimedUntil, CancellationToken cancellationToken);

    /// <summary>Marks every dossier as one whose overview may have changed.</summary>
    Task MarkAllStaleAsync(CancellationToken cancellationToken);

    /// <summary>Asks what is to be told of debts whose time has come, and keeps it, in one commit; each notice once to each office, whoever asks and however often. Of rounds that others were told before, an office is told the last.</summary>
    /// <param name="most">Debts at most.</param>
    /// <param name="now">UTC.</param>
    /// <param name="tell">Pure: what is to be told of one debt by now, and when to look again; null for never.</param>
    /// <param name="cancellationToken">Tells nothing.</param>
    /// <returns>How many debts were looked at.</returns>
    Task<int> SweepAsync(int most, DateTimeOffset now, Func<DossierId, DueDebt, (IReadOnlyCollection<Notice> Notices, DateTimeOffset? LookAt)> tell, CancellationToken cancellationToken);

    /// <summary>Tells the administrators of what waits for a peer's receipt too long, by the oldest entry that waits; each notice once, whoever asks and however often.</summary>
    /// <param name="most">Notices at most.</param>
    /// <param name="warnBefore">UTC: what waits since then or longer is worth a warning.</param>
    /// <param name="lateBefore">UTC: what waits since then or longer is late.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Tells nothing.</param>
    /// <returns>How many notices were new.</returns>
    /// <remarks>Where the delivery of the opening is owed, its own clock tells of it.</remarks>
    Task<int> TellUndeliveredAsync(int most, DateTimeOffset warnBefore, DateTimeOffset lateBefore, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Notes what the door refused before it came to a dossier.</summary>
    Task AuditAsync(IReadOnlyCollection<AuditRow> rows, CancellationToken cancellationToken);

    /// <summary>Claims dossiers that hold something for a peer, oldest first, each with what the peer has no receipt for, by seq.</summary>
    Task<ImmutableArray<Parcel>> ClaimAsync(NodeId peer, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken);

    /// <summary>Keeps the peer's receipts and says of each claimed parcel what became of it, in one commit.</summary>
    Task SettleAsync(NodeId peer, IReadOnlyCollection<SignedReceipt> receipts, IReadOnlyCollection<Settled> parcels, CancellationToken cancellationToken);

    /// <summary>Claims dossiers in which entries wait for something that a peer may hold, those that were asked for least often first.</summary>
    /// <param name="peer">A participant, or, while the opening is missing, whoever handed the waiting entries on.</param>
    /// <param name="most">At most.</param>
    /// <param name="now">UTC.</param>
    /// <param name="pause">Until the next try; doubled with every try, up to <paramref name="longest"/>.</param>
    /// <param name="longest">The longest pause.</param>
    /// <param name="cancellationToken">Claims nothing.</param>
    Task<ImmutableArray<DossierId>> ClaimGapsAsync(NodeId peer, int most, DateTimeOffset now, TimeSpan pause, TimeSpan longest, CancellationToken cancellationToken);

    /// <summary>Claims gaps that have lasted too long and were not said yet; each is given once.</summary>
    /// <param name="before">Those that began earlier.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Claims nothing.</param>
    Task<ImmutableArray<DossierId>> ClaimLastingGapsAsync(DateTimeOffset before, int most, CancellationToken cancellationToken);

    /// <summary>What is held of all dossiers that name a peer: one digest for each of the <see cref="DossierDigest.Buckets"/>, in their order.</summary>
    Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>The dossiers of one bucket that name a peer, by id.</summary>
    /// <param name="peer">Whom the dossiers name.</param>
    /// <param name="bucket">As <see cref="DossierDigest.BucketOf"/>.</param>
    /// <param name="after">Only those whose id is greater; null for the first.</param>
    /// <param name="most">At most.</param>
    /// <param name="cancellationToken">Has nothing to undo.</param>
    Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, int most, CancellationToken cancellationToken);

    /// <summary>Announces to a peer whatever this node wrote that the peer has no receipt for and that is not announced.</summary>
    Task AnnounceAsync(NodeId peer, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Counts one hand-over of what this node wrote, in a commit of its own.</summary>
    /// <param name="known">The last that is known outside the database.</param>
    /// <param name="cancellationToken">May have counted.</param>
    /// <returns>Its number, greater than any before; null, and nothing is counted, where the database is behind what is known.</returns>
    Task<long?> CountHandOverAsync(long known, CancellationToken cancellationToken);

    /// <summary>If the count of hand-overs is behind, lifts it and notes that every peer has to be caught up with, in one commit.</summary>
    /// <param name="known">The last hand-over that is known elsewhere; null when that was lost, and then any count is behind but 0.</param>
    /// <param name="anew">Where the count goes on when that was lost: greater than any that this node can have reached.</param>
    /// <param name="peers">All other nodes.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <returns>The count now; null when it is not behind.</returns>
    Task<long?> BeginCatchUpAsync(long? known, long anew, IReadOnlyCollection<NodeId> peers, CancellationToken cancellationToken);

    /// <summary>From which hand-over on a peer has to be caught up with, be it in one dossier; null when it has not.</summary>
    Task<long?> FindCatchUpAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>A peer is caught up with, but for some dossiers.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="number">As found before: what was begun later goes on.</param>
    /// <param name="butFor">Dossiers of which the peer holds something that this node wrote and cannot take back.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    Task EndCatchUpAsync(NodeId peer, long number, IReadOnlyCollection<DossierId> butFor, CancellationToken cancellationToken);

    /// <summary>Notes up to which of its hand-overs what arrives from a peer is late; it is never lowered.</summary>
    Task RaiseFloorAsync(NodeId peer, long handOver, CancellationToken cancellationToken);

    /// <summary>Up to which of its hand-overs what arrives from a peer is late; 0 for none.</summary>
    Task<long> FindFloorAsync(NodeId peer, CancellationToken cancellationToken);

    /// <summary>Keeps a withdrawal that cannot be signed yet with the command's answer, in one commit.</summary>
    /// <returns><see cref="AppendOutcome.JudgeAgain"/> when the command was answered meanwhile.</returns>
    Task<AppendOutcome> PendAsync(PendingWithdrawal withdrawal, Answered answered, DateTimeOffset now, CancellationToken cancellationToken);

    /// <summary>Dossiers with withdrawals that are not signed yet, the oldest first.</summary>
    Task<ImmutableArray<DossierId>> ListPendingAsync(CancellationToken cancellationToken);
}

/// <summary>One entry as it is held.</summary>
/// <param name="Signed">The entry and its signature.</param>
/// <param name="HandedOnBy">The peer that handed it on; null for what this node wrote itself.</param>
/// <param name="HeldSince">UTC.</param>
public sealed record HeldEntry(SignedEntry Signed, NodeId? HandedOnBy, DateTimeOffset HeldSince)
{
    public Entry Entry => Signed.Entry;
}

/// <summary>Everything held of one dossier.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Entries">In no order that matters; each once.</param>
/// <param name="Receipts">This node's own and those of peers.</param>
/// <param name="Stops">Peers at which a person has to look why what this node wrote does not count there.</param>
/// <param name="WaitingSince">Since when entries wait for something missing; null while none does.</param>
/// <param name="Parts">The entries whose particulars, as far as they are this node's to read, are held or were erased.</param>
public sealed record HeldDossier(
    DossierId Id, ImmutableArray<HeldEntry> Entries, ImmutableArray<SignedReceipt> Receipts, ImmutableArray<Stop> Stops, DateTimeOffset? WaitingSince,
    ImmutableHashSet<EntryHash> Parts)
{
    /// <summary>The releases whose case files are held or were erased.</summary>
    public ImmutableHashSet<EntryHash> CaseFiles { get; init; } = [];

    /// <summary>Withdrawals that act here and are not signed yet.</summary>
    public ImmutableArray<PendingWithdrawal> Pending { get; init; } = [];

    /// <summary>The last day of a legal hold that nobody ended, inclusive; null where there is none.</summary>
    public DateOnly? HeldUntil { get; init; }

    /// <summary>Whether a legal hold is in force on a day of this country.</summary>
    public bool IsHeldOn(DateOnly day) => HeldUntil >= day;

    /// <summary>Participants from whom this node first has to fetch what it had written here; it signs nothing until then.</summary>
    public ImmutableArray<NodeId> CatchingUpWith { get; init; } = [];

    /// <summary>The entries of which nothing has to be asked for any more: held, and with the particulars that a node may read.</summary>
    public EntryHash[] Complete(NodeId node) =>
        [.. Entries.Select(kept => kept.Entry).Where(entry => entry.By(node) || Parts.Contains(entry.Hash) || !entry.Particulars.Any(digest => digest.Recipient == node)).Select(entry => entry.Hash)];

    /// <summary>A dossier of which nothing is held.</summary>
    public static HeldDossier Nothing(DossierId id) => new(id, [], [], [], null, []);

    /// <summary>The opening; null while it is missing.</summary>
    public Opening? Opening => Entries.FirstOrDefault(held => held.Entry.Hash == Id.Opening)?.Entry.Opening;
}

/// <summary>A peer that refuses for good what this node wrote into a dossier, or has long been waiting for something missing; a person has to look.</summary>
/// <param name="Peer">Who.</param>
/// <param name="Reason">UPPER_SNAKE_CASE; PAST_MISSING where it waits.</param>
public readonly record struct Stop(NodeId Peer, string Reason);

/// <summary>A withdrawal of consent that acts at this node and is not signed yet.</summary>
/// <param name="Command">By which command.</param>
/// <param name="Draft">What is to be signed. It descends from nothing that anybody holds, so that it waits in every fold, and never leaves the node.</param>
/// <param name="Bytes">The draft's.</param>
public sealed record PendingWithdrawal(CommandKey Command, Entry Draft, ReadOnlyMemory<byte> Bytes)
{
    /// <summary>Its particulars, under the dossier's own key, to be sealed when it is signed; empty for none.</summary>
    public ReadOnlyMemory<byte> AtRest { get; init; }
}

/// <summary>A command of one office.</summary>
public readonly record struct CommandKey(Office Office, string CommandId);

/// <summary>What was answered to a command, and to which request.</summary>
public sealed record Answered(ReadOnlyMemory<byte> RequestHash, ReadOnlyMemory<byte> Answer);

/// <summary>An entry that this node writes.</summary>
/// <param name="Entry">Signed.</param>
/// <param name="JudgedOn">How many entries of the dossier were held when it was judged.</param>
/// <param name="Overview">What lists and deadlines know of the dossier with it.</param>
/// <param name="Parts">Its particulars, one for each who may read them, encrypted at rest; none where it has none.</param>
/// <param name="Digest">Of what is held of the dossier with it.</param>
/// <param name="Participants">All of the dossier, this node too.</param>
/// <param name="Command">By which command.</param>
/// <param name="Answered">What that command is answered; null when it was answered before, by a pending withdrawal that this entry signs.</param>
/// <param name="Known">The last hand-over that is known outside the store.</param>
/// <param name="Now">UTC.</param>
public sealed record Append(
    SignedEntry Entry, int JudgedOn, Overview Overview, ImmutableArray<KeptPart> Parts, SetDigest Digest, Opening Participants, CommandKey Command, Answered? Answered, long Known,
    DateTimeOffset Now)
{
    /// <summary>How many receipts the overview was made from: with others it is made again.</summary>
    public int Receipts { get; init; }

    /// <summary>For a release, its case file; null for anything else.</summary>
    public KeptPart? CaseFile { get; init; }

    /// <summary>What a second person is asked afterwards, kept in the same commit; null for what nobody wrote alone.</summary>
    public Submission? Owed { get; init; }

    /// <summary>Whom to ask for what may be read here again: a consent that this entry records gives back what was withheld.</summary>
    public ImmutableArray<NodeId> AskFor { get; init; } = [];

    /// <summary>Done once it is sure that nothing comes between, last before the commit; null for nothing. Should it fail, nothing is written.</summary>
    public Action? BeforeCommit { get; init; }

    /// <summary>It says that the data were erased: whatever is kept under the dossier's key goes with it, and where the dossier is held, nothing is written.</summary>
    public bool Erases { get; init; }
}

/// <summary>What became of an append.</summary>
public enum AppendOutcome
{
    /// <summary>Committed.</summary>
    Kept = 1,

    /// <summary>The dossier has changed, has to be caught up with, or the command was answered meanwhile; nothing was written. Load, ask and sign again.</summary>
    JudgeAgain,

    /// <summary>The store does not know the last hand-over: it was set back; nothing was written.</summary>
    Behind,
}

/// <summary>What the door lets into one dossier.</summary>
/// <param name="Id">Of which nothing may have been held yet.</param>
/// <param name="Entries">New ones, each after those of them that it descends from.</param>
/// <param name="Opening">The opening, when it is held now; null while it is missing.</param>
/// <param name="Overview">What lists and deadlines know of the dossier with them.</param>
/// <param name="Parts">Particulars of entries held now or before, sealed to this node, encrypted at rest.</param>
/// <param name="Digest">Of what is held with them; null while the opening is missing.</param>
/// <param name="WaitingSince">Null when nothing waits any more.</param>
/// <param name="AskFor">Whom to ask for what is missing; none when nothing waits.</param>
/// <param name="Receipts">New ones of this node.</param>
/// <param name="Audit">What was kept without letting it count.</param>
public sealed record Admission(
    DossierId Id, ImmutableArray<HeldEntry> Entries, Opening? Opening, Overview Overview, ImmutableArray<KeptPart> Parts, SetDigest? Digest, DateTimeOffset? WaitingSince, ImmutableArray<NodeId> AskFor,
    ImmutableArray<SignedReceipt> Receipts, ImmutableArray<AuditRow> Audit)
{
    /// <summary>A case file that was pulled, encrypted at rest; null for none.</summary>
    public KeptPart? CaseFile { get; init; }
}

/// <summary>What the door refused, or kept without letting it count.</summary>
/// <param name="At">UTC.</param>
/// <param name="Reason">UPPER_SNAKE_CASE.</param>
/// <param name="Peer">Who handed it on.</param>
/// <param name="EntryHash">Of the bytes offered.</param>
/// <param name="Dossier">Null when the bytes do not tell.</param>
public sealed record AuditRow(DateTimeOffset At, string Reason, NodeId Peer, EntryHash EntryHash, DossierId? Dossier);

/// <summary>What a peer has no receipt for in one dossier.</summary>
/// <param name="Dossier">The dossier.</param>
/// <param name="Entries">This node's own, by seq.</param>
/// <param name="Parts">Their particulars, as far as they are the peer's to read, encrypted at rest.</param>
/// <param name="StoppedBy">As it was settled last.</param>
/// <param name="WaitingSince">As it was settled last.</param>
public sealed record Parcel(DossierId Dossier, ImmutableArray<SignedEntry> Entries, ImmutableArray<KeptPart> Parts, string? StoppedBy, DateTimeOffset? WaitingSince);

/// <summary>Particulars of one entry, or the case file of a release, as they are kept: under the dossier's own key, which no backup of the database holds.</summary>
/// <param name="Entry">Whose.</param>
/// <param name="Recipient">Who may read them.</param>
/// <param name="AtRest">Encrypted; empty for what was erased.</param>
public sealed record KeptPart(EntryHash Entry, NodeId Recipient, ReadOnlyMemory<byte> AtRest);

/// <summary>What became of a claimed parcel.</summary>
/// <param name="Dossier">The dossier.</param>
/// <param name="NotBefore">When to try again what the receipts do not cover; null means at once.</param>
/// <param name="StoppedBy">Why a person has to look; null when nobody has.</param>
/// <param name="WaitingSince">Since when the peer waits for something that is missing there; null while it does not.</param>
public sealed record Settled(DossierId Dossier, DateTimeOffset? NotBefore, string? StoppedBy, DateTimeOffset? WaitingSince);
