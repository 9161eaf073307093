using System.Collections.Immutable;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>The bytes of every statement, as a peer with last year's program writes and reads them.</summary>
/// <remarks>
/// Each file under Golden/ holds one entry in hexadecimal. A file is never changed: what was signed once must be read the
/// same for as long as a dossier is kept. A new statement gets a new file.
/// </remarks>
public sealed class GoldenBytesTests
{
    static readonly NodeId Thailand = NodeId.Parse("TH");
    static readonly NodeId Laos = NodeId.Parse("LA");
    static readonly DateOnly Day = new(2026, 11, 22);
    static readonly byte[] Nonce = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    static readonly Opened AnAdult = new(
        ReferralType.Repatriation, Thailand, Laos, Instrument.CommitMemorandum, Urgency.Routine, Minority.Adult, Basis.Consent,
        new Consent(new([Purpose.Return, Purpose.Reintegration]), new([Laos]), new DateOnly(2027, 5, 31)), null, new DateOnly(2026, 12, 6), null);

    static readonly Opened AChild = AnAdult with
    {
        Type = ReferralType.FamilyTracing,
        Instrument = Instrument.Bilateral,
        Urgency = Urgency.Urgent,
        Minority = Minority.Disputed,
        Basis = Basis.CourtOrder,
        Consent = null,
        AuthorisedBy = AuthorisedBy.ChildProtectionAuthority,
        BestInterestsOn = new DateOnly(2026, 11, 20),
    };

    /// <summary>One entry of every statement; all but the opening continue the same dossier.</summary>
    static readonly Dictionary<string, Func<EntryHash, Entry>> Entries = new(StringComparer.Ordinal)
    {
        ["Opened"] = _ => Opening(AnAdult),
        ["OpenedForAChild"] = _ => Opening(AChild),
        ["Acknowledged"] = opening => Continuing(opening, new Acknowledged()),
        ["TakenUp"] = opening => Continuing(opening, new TakenUp()),
        ["Declined"] = opening => Continuing(opening, new Declined(DeclineReason.NotOurNational)),
        ["Cancelled"] = opening => Continuing(opening, new Cancelled()),
        ["ConsentWithdrawn"] = opening => Continuing(opening, new ConsentWithdrawn(new WithdrawalScope.Everything())),
        ["ConsentWithdrawnInPart"] = opening => Continuing(opening, new ConsentWithdrawn(new WithdrawalScope.Part(
            new([Purpose.Return, Purpose.Proceedings]), new([NodeId.Parse("LA"), NodeId.Parse("VN")])))),
    };

    public static TheoryData<string> Names => [.. Entries.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_is_written_as_it_always_was(string name)
    {
        var opening = EntryWire.Write(Entries["Opened"](default), Nonce).Entry;
        var draft = Entries[name](opening.Hash);
        var (_, bytes) = EntryWire.Write(draft, draft.Opening is null ? [] : Nonce);
        Convert.ToHexStringLower(bytes).ShouldBe(Golden(name));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_is_read_as_it_was_meant(string name)
    {
        var opening = EntryWire.Read(Convert.FromHexString(Golden("Opened")));
        opening.ShouldNotBeNull();
        var bytes = Convert.FromHexString(Golden(name));
        var read = EntryWire.Read(bytes);
        read.ShouldNotBeNull();

        var meant = Entries[name](opening.Hash);
        read.Body.ShouldBe(meant.Body);
        read.Hash.ShouldBe(EntryHash.Of(bytes));
        read.Seen.ShouldBe(meant.Seen);
        (read.Opening?.Writers).ShouldBe(meant.Opening?.Writers);
        (read.Author, read.Seq, read.Previous, read.Answers, read.WrittenAt, read.HappenedOn, read.Channel, read.Office)
            .ShouldBe((meant.Author, meant.Seq, meant.Previous, meant.Answers, meant.WrittenAt, meant.HappenedOn, meant.Channel, meant.Office));
    }

    [Fact]
    public void Every_statement_has_its_golden_bytes()
    {
        var bodies = typeof(Body).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Body)) && !type.IsAbstract && type != typeof(NotUnderstood) && type != typeof(Misshapen));
        Entries.Values.Select(entry => entry(default).Body.GetType()).Distinct().ShouldBe(bodies, ignoreOrder: true);
        Directory.GetFiles(Folder).Select(file => Path.GetFileNameWithoutExtension(file)).ShouldBe(Entries.Keys, ignoreOrder: true);
    }

    static Entry Opening(Opened opened) => new(
        default, default, Thailand, 1, null, [], null, At, Day, Channel.Node, OfficeOf("focal-point@datip"),
        new Opening(Kind.Referral, 1, [Thailand, Laos], []), opened);

    static Entry Continuing(EntryHash opening, Body body) => new(
        default, new DossierId(opening), Laos, 3, EntryHash.Of("the one before"u8), ImmutableArray.Create(new Head(Thailand, 1, opening)), EntryHash.Of("a question"u8),
        At, Day, Channel.NoteVerbale, OfficeOf("case-worker@ahtd"), null, body);

    static DateTimeOffset At { get; } = new(2026, 11, 22, 3, 4, 5, 678, TimeSpan.Zero);

    static Office OfficeOf(string text) => Office.TryParse(text, out var office) ? office : throw new FormatException();

    static string Folder => Path.Combine(Checkout.Root, "tests", "CountryNode.Tests", "Wire", "Golden");

    static string Golden(string name) => File.ReadAllText(Path.Combine(Folder, $"{name}.hex"), Encoding.ASCII).ReplaceLineEndings("");
}
