using System.Collections.Immutable;
using System.Security.Cryptography;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Postgres;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Coordination.CountryNode.Tests;

/// <summary>A node in this process, on a real database, by a clock that a test sets: desks, door, roads and deadlines, and no server.</summary>
sealed class HomeNode : IAsyncDisposable
{
    readonly PostgresServer _postgres;
    readonly PostgresDatabase _database;
    readonly List<NpgsqlDataSource> _sources = [];
    readonly DirectoryInfo _folder;
    readonly OfficeDirectory _directory;
    readonly Direct _peers = new();

    HomeNode(SharedRegion shared, string id, PostgresDatabase database, FakeClock clock, OfficeDirectory directory)
    {
        (_postgres, _database, _directory, Clock) = (shared.Postgres, database, directory, clock);
        _folder = Directory.CreateTempSubdirectory("coordination-home-");
        var theirs = shared.Region[id].Keys;
        Keys = new KeyFolder(_folder.FullName);
        foreach (var file in (string[])[theirs.Signing, theirs.Encryption, theirs.TrustRoot]) File.Copy(file, Path.Combine(Keys.Path, Path.GetFileName(file)));
        Keys.WriteTrustList(shared.Region.Authority.Sign(shared.Region.TrustList));
        Pen = Pen.Of(NodeId.Parse(id), Keys);
        Trust = new TrustInForce(Keys, Quiet<TrustInForce>());
        _peers.Self = Pen.Node;
        (Store, Overviews, Lists) = (StoreOn(Source()), new Overviews(Pen, directory), new ReferralLists(Source(), Pen));
        Erasures = new ErasureList(Directory.CreateDirectory(Path.Combine(_folder.FullName, "erasures")).FullName);
        Erasures.Begin([]);
        var dossierKeys = DossierKeys = new DossierKeys(Keys, Erasures);
        var ring = KeyRing.Of(Pen.Node, Keys);
        var safe = new Safe(dossierKeys, ring, Trust, Pen, clock, Quiet<Safe>());
        HandOvers = new HandOvers(Store, new HandOverMark(Keys, clock), Trust, Pen, clock, Quiet<HandOvers>());
        var bell = new Bell(clock);
        Door = new Door(Store, _peers, safe, Overviews, bell, Trust, Pen, clock, Quiet<Door>());
        Relay = new Relay(Store, _peers, safe, HandOvers, Trust, clock, Quiet<Relay>());
        Desk = new ReferralDesk(Store, safe, Overviews, directory, Pen, Trust, HandOvers, bell, clock);
        Gaps = new Gaps(Store, _peers, Door, Trust, Pen, clock, Quiet<Gaps>());
        Shelf = new Shelf(Store, safe, HandOvers, Trust, Pen, clock);
        var attachments = new Attachments(Source());
        AttachmentShelf = new AttachmentShelf(attachments, Shelf, safe, ring, Trust, Pen, clock);
        Submissions = new SubmissionDesk(Desk, new Submissions(Source()), new AccessLog(Source(), Pen), AttachmentShelf, directory, dossierKeys, Pen, clock);
        CaseFiles = new CaseFiles(Store, Desk, safe, new AccessLog(Source(), Pen), Trust, Pen, clock);
        AttachmentDesk = new AttachmentDesk(Desk, Submissions, CaseFiles, attachments, AttachmentShelf, Pen, clock);
        Reconciliation = new Reconciliation(Store, _peers, Door, HandOvers, bell, Pen, clock, Quiet<Reconciliation>());
        Deadlines = AnotherReplica(clock);
    }

    public FakeClock Clock { get; }

    public KeyFolder Keys { get; }

    public ErasureList Erasures { get; }

    public DossierKeys DossierKeys { get; }

    /// <summary>Where what is due under a table is deleted.</summary>
    public RetentionDesk Retention(RetentionTable table) => new(RetentionRows(), Store, DossierKeys, table, Trust, Pen, Clock);

    public RetentionRows RetentionRows() => new(Source());

    /// <summary>As every start of a node begins.</summary>
    public Task ReplayErasuresAsync() => new Erasures(Erasures, DossierKeys, new ErasedRows(Source()), Clock, Quiet<Erasures>()).ReplayAsync(Cancelled);

    /// <summary>Where what the person took from a country is erased.</summary>
    public TakenBack TakenBack => new(Store, new ErasedRows(Source()), DossierKeys, Trust, Pen, Clock);

    public Pen Pen { get; }

    public TrustInForce Trust { get; }

    public PostgresStore Store { get; }

    public Overviews Overviews { get; }

    public ReferralLists Lists { get; }

    public Door Door { get; }

    public Relay Relay { get; }

    public ReferralDesk Desk { get; }

    public SubmissionDesk Submissions { get; }

    public CaseFiles CaseFiles { get; }

    public AttachmentShelf AttachmentShelf { get; }

    public AttachmentDesk AttachmentDesk { get; }

    public Gaps Gaps { get; }

    public Shelf Shelf { get; }

    public HandOvers HandOvers { get; }

    public Reconciliation Reconciliation { get; }

    public Deadlines Deadlines { get; }

    public static async Task<HomeNode> StartAsync(SharedRegion shared, string id, FakeClock clock, OfficeDirectory? directory = null)
    {
        var database = await shared.Postgres.CreateDatabaseAsync("home", TestContext.Current.CancellationToken);
        await using (var source = NpgsqlDataSource.Create(database.ConnectionString))
            await Migrations.ApplyAsync(source, typeof(PostgresStore).Assembly, TestContext.Current.CancellationToken);
        return new HomeNode(shared, id, database, clock, directory ?? Offices());
    }

    /// <summary>Two nodes that reach each other.</summary>
    public static async Task<(HomeNode Thailand, HomeNode Laos)> StartTwoAsync(SharedRegion shared, FakeClock clock, OfficeDirectory? directory = null)
    {
        var (thailand, laos) = (await StartAsync(shared, "TH", clock, directory), await StartAsync(shared, "LA", clock, directory));
        thailand._peers.Other = laos;
        laos._peers.Other = thailand;
        return (thailand, laos);
    }

    /// <summary>The same node on an empty database and with nothing of its key folder but its keys, in the place of the first for the other one.</summary>
    public async Task<HomeNode> StartAnewAsync(SharedRegion shared)
    {
        var anew = await StartAsync(shared, Pen.Node.ToString(), Clock, _directory);
        anew._peers.Other = _peers.Other;
        _peers.Other!._peers.Other = anew;
        return anew;
    }

    /// <summary>The offices of every country on a development machine.</summary>
    /// <param name="atNight">What sets the unit apart that is on duty in each country from the one that works on referrals there; empty where it is the same.</param>
    public static OfficeDirectory Offices(string atNight = "")
    {
        var file = Path.GetTempFileName();
        try
        {
            File.WriteAllBytes(file, System.Text.Json.JsonSerializer.SerializeToUtf8Bytes(new
            {
                supervising = Country.All.Select(country => (country.DutyOffice, country.SupervisingOffice)).Distinct().ToDictionary(pair => pair.DutyOffice, pair => pair.SupervisingOffice),
                duty = Country.All.ToDictionary(country => country.Id, country => $"{country.DutyOffice}{atNight}"),
            }));
            return OfficeDirectory.Read(file).Directory!;
        }
        finally
        {
            File.Delete(file);
        }
    }

    /// <summary>Whether the road to the other node works.</summary>
    public bool RoadIsOpen { set => _peers.IsOpen = value; }

    /// <summary>Deadlines as a further process of this node keeps them, with connections and a clock of its own.</summary>
    public Deadlines AnotherReplica(FakeClock clock) => new(StoreOn(Source()), Overviews, _directory, Trust, Pen, clock, Quiet<Deadlines>());

    /// <summary>A store on connections of its own.</summary>
    public PostgresStore AnotherStore() => StoreOn(Source());

    public Office OfficeOf(string role = "focal-point") => Parse($"{role}@{Country.Of(Pen.Node.ToString()).Unit}");

    /// <summary>Writes a statement of today, and gives the entry.</summary>
    public async Task<Entry> WriteAsync(DossierId? dossier, Body body, EntryHash? answers = null, Func<Command, Command>? with = null)
    {
        var command = new Command(new CommandKey(OfficeOf(), OfficeClient.NewCommandId()), "somebody", RandomNumberGenerator.GetBytes(32), dossier, body) { Answers = answers, CaseFile = CaseFileOf(body) };
        Entry? written = null;
        var outcome = await Desk.WriteAsync(with?.Invoke(command) ?? command, (held, _) =>
        {
            written = held.Entries[^1].Entry;
            return [];
        }, Cancelled);
        if (outcome is CommandOutcome.Refused refused) throw new InvalidOperationException($"{body.Name}: {refused.Refusal.Text}");
        return written!;
    }

    /// <summary>Why a statement of today is not written.</summary>
    public async Task<Refusal> RefusedAsync(DossierId? dossier, Body body, EntryHash? answers = null, Func<Command, Command>? with = null)
    {
        var command = new Command(new CommandKey(OfficeOf(), OfficeClient.NewCommandId()), "somebody", RandomNumberGenerator.GetBytes(32), dossier, body) { Answers = answers, CaseFile = CaseFileOf(body) };
        return (await Desk.WriteAsync(with?.Invoke(command) ?? command, (_, _) => [], Cancelled)).ShouldBeOfType<CommandOutcome.Refused>($"{body.Name} is written").Refusal;
    }

    /// <summary>The case file that goes with a release, of nobody in particular; none with anything else.</summary>
    public static ReadOnlyMemory<byte> CaseFileOf(Body body) =>
        body is Domain.Referrals.CaseFileReleased ? new Contracts.Referral.V1.CaseFile { OfficeContact = "Nobody in particular." }.ToByteArray() : default;

    /// <summary>Opens a repatriation to the other node.</summary>
    public Task<Entry> OpenAsync(string to = "LA", Domain.Referrals.Urgency urgency = Domain.Referrals.Urgency.Routine) => WriteAsync(null, Opening(to, urgency));

    /// <summary>A repatriation, with a fortnight to reply.</summary>
    public Domain.Referrals.Opened Opening(string to = "LA", Domain.Referrals.Urgency urgency = Domain.Referrals.Urgency.Routine)
    {
        var (there, today) = (NodeId.Parse(to), RegionalTime.Today(Pen.Node, Clock.Now));
        return new(
            Domain.Referrals.ReferralType.Repatriation, Pen.Node, there, Domain.Referrals.Instrument.CommitMemorandum, urgency, Domain.Referrals.Minority.Adult,
            Domain.Referrals.Basis.Consent, new Domain.Referrals.Consent(new([Domain.Referrals.Purpose.Return]), new([there]), today.AddDays(300)),
            null, AfterReturn: false, OnPaper: false, today.AddDays(14), null, Domain.Referrals.Links.None, Domain.Referrals.Clocks.Default(urgency));
    }

    /// <summary>Carries everything to the other node and keeps its receipts; then tells what is due.</summary>
    public async Task CarryAndTellAsync()
    {
        if (_peers.IsOpen) while (await Relay.CarryAsync(_peers.Other!.Pen.Node, Cancelled)) { }
        await TellAsync();
    }

    public async Task TellAsync()
    {
        while (await Deadlines.RunAsync(Cancelled)) { }
    }

    /// <summary>Every notice of this node: what of which clock, which round, to whom; in the order in which they were told.</summary>
    public Task<string[]> NoticesAsync(DossierId? dossier = null) => AskAsync<string[]>(
        "select coalesce(array_agg(clock || ' ' || kind || ' ' || round || ' ' || coalesce(office, '-') order by id), '{}') from notice where $1::bytea is null or dossier_id = $1",
        dossier?.ToArray() ?? (object)DBNull.Value);

    public async Task<T> AskAsync<T>(string sql, params object[] parameters)
    {
        await using var command = _sources[0].CreateCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var value = await command.ExecuteScalarAsync(Cancelled);
        return value is null or DBNull ? default! : (T)value;
    }

    /// <summary>A connection that a test holds up others with.</summary>
    public async Task<NpgsqlConnection> ConnectAsync() => await _sources[0].OpenConnectionAsync(Cancelled);

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _sources) await source.DisposeAsync();
        await _postgres.DropDatabaseAsync(_database, CancellationToken.None);
        _folder.Delete(recursive: true);
    }

    NpgsqlDataSource Source()
    {
        _sources.Add(NpgsqlDataSource.Create(_database.ConnectionString));
        return _sources[^1];
    }

    PostgresStore StoreOn(NpgsqlDataSource source) => new(source, Pen);

    static ILogger<T> Quiet<T>() => NullLogger<T>.Instance;

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Office Parse(string text) => Office.TryParse(text, out var office) ? office : throw new FormatException(text);

    /// <summary>The other node, in the same process.</summary>
    sealed class Direct : IPeers
    {
        public NodeId Self { get; set; }

        public HomeNode? Other { get; set; }

        public bool IsOpen { get; set; } = true;

        public Task<Delivered> DeliverAsync(NodeId peer, IReadOnlyCollection<Outgoing> entries, long handOver, CancellationToken cancellationToken) => There(peer).Door.AdmitAsync(
            Self, [.. entries.Select(entry => new Offered(entry.Signed.Bytes, entry.Signed.Signature, entry.Signed.KeyId, entry.Particulars))], (ulong)handOver, cancellationToken);

        public async Task<ImmutableArray<Offered>> FetchAsync(NodeId peer, DossierId dossier, IReadOnlyCollection<EntryHash> held, CancellationToken cancellationToken) =>
            [.. (await There(peer).Shelf.FetchAsync(Self, dossier, held.ToHashSet(), cancellationToken) ?? [])
                .Select(entry => new Offered(entry.Signed.Bytes, entry.Signed.Signature, entry.Signed.KeyId, entry.Particulars))];

        public async Task<string?> PullCaseFileAsync(NodeId peer, DossierId dossier, EntryHash release, CancellationToken cancellationToken) =>
            (await There(peer).Shelf.PullAsync(Self, dossier, release, cancellationToken)).Sealed;

        public Task<ReadOnlyMemory<byte>> GetTrustListAsync(NodeId peer, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<ImmutableArray<SetDigest>> GetBucketsAsync(NodeId peer, long? since, CancellationToken cancellationToken) => There(peer).Shelf.GetBucketsAsync(Self, (ulong)(since ?? 0), cancellationToken);

        public Task<ImmutableArray<DossierDigest>> ListDossiersAsync(NodeId peer, int bucket, DossierId? after, CancellationToken cancellationToken) =>
            There(peer).Store.ListDossiersAsync(Self, bucket, after, Batch.MostDossiers, cancellationToken);

        HomeNode There(NodeId peer) => Other is { } other && IsOpen ? other : throw new PeerUnavailableException(peer, "is away.");
    }
}
