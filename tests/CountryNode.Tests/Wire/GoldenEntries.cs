using System.Collections.Immutable;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Local;
using DossierWire = Coordination.Contracts.Dossier.V1;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>What each file of golden bytes means, by hand: one entry of every statement, and of every way of saying it.</summary>
/// <remarks><c>make-golden.py</c> says the same a second time, in another language, and wrote the files.</remarks>
static class GoldenEntries
{
    static readonly NodeId Thailand = NodeId.Parse("TH");
    static readonly NodeId Laos = NodeId.Parse("LA");
    static readonly DateOnly Day = new(2026, 11, 22);
    static readonly DateTimeOffset WrittenAt = new(2026, 11, 22, 3, 4, 5, 678, TimeSpan.Zero);
    static readonly DateTimeOffset MeetingAt = new(2026, 12, 10, 1, 0, 0, TimeSpan.Zero);
    static readonly DateTimeOffset At = new DateTimeOffset(2026, 12, 10, 1, 30, 45, TimeSpan.Zero).AddTicks(1_234_567);
    static readonly Token Plan = TokenFrom(0x10);

    static readonly Opened AnAdult = new(
        ReferralType.Repatriation, Thailand, Laos, Instrument.CommitMemorandum, Urgency.Routine, Minority.Adult, Basis.Consent,
        new Consent(new([Purpose.Return, Purpose.Reintegration]), new([Laos]), new DateOnly(2027, 5, 31)), null, AfterReturn: false, OnPaper: false,
        new DateOnly(2026, 12, 6), null, Links.None, new Clocks(default));

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

    static readonly Opened AfterAReturn = AnAdult with
    {
        Type = ReferralType.Reintegration,
        AfterReturn = true,
        Links = new Links(TokenFrom(0x30), TokenFrom(0x40), TokenFrom(0x50)),
        Clocks = new Clocks(new(
        [
            new(Clock.Delivery, 0, new(12, TimeUnit.Hours), new(24, TimeUnit.Hours)),
            new(Clock.Prepare, 0, new(5, TimeUnit.WorkingDays), null),
            new(Clock.FollowUp, 2, null, new(3, TimeUnit.Months)),
            new(Clock.StopData, 0, new(1, TimeUnit.Days), new(1000, TimeUnit.Days)),
        ])),
    };

    /// <summary>Those that a correction can say right: each has a file of its own and one within a correction.</summary>
    static readonly Happening[] Correctable =
    [
        new UnitAssigned(OfficeOf("central-authority@moj-2")),
        new ConsentRecorded(new(new([Purpose.Protection]), new([Laos, Thailand]), new DateOnly(2028, 2, 29))),
        new CaseFileReceived(),
        new IdentificationChanged(),
        new AssessmentReported(Finding.MayReturn, SafetyPlan: true, CareSuitable: true),
        new WishRecorded(Wish.Other, new DateOnly(2026, 11, 21)),
        new ChildSafeguardRecorded(Safeguard.Guardian, new DateOnly(2026, 11, 19)),
        new PreparationReported(PreparationItem.Funding, PreparationStatus.Refused),
        new Accompanied(Plan, PlaceOf("TH-NKI"), At),
        new DidNotTravel(Plan, PlaceOf("TH-NKI-FB1"), At),
        new Met(Plan, PlaceOf("LA-VTE-FB1"), At),
        new NotArrived(Plan, PlaceOf("LA-VTE-FB1"), At),
        new FoundSafe(Plan, Laos),
        new ReintegrationStarted(),
        new FollowUpReported(99, FollowUpResult.DeclinedByPerson, new DateOnly(2027, 3, 31)),
        new AppearanceDone(),
        new EntitlementNoted(),
        new ProceedingsNoted(),
        new ContactEnded(),
        new ContactResumed(),
        new DataStopped(DataFate.Retained, RetentionBasis.CriminalProceedings, PaperRecall.List),
    ];

    /// <summary>By the name of the file. All but the openings continue the dossier of the first.</summary>
    public static IReadOnlyDictionary<string, Entry> All { get; } = new Dictionary<string, Entry>(StringComparer.Ordinal)
    {
        ["Opened"] = Opening("Opened", AnAdult, [Thailand, Laos], []),
        ["OpenedForAChild"] = Opening("OpenedForAChild", AChild, [Thailand, Laos], []),
        ["OpenedAfterAReturn"] = Opening("OpenedAfterAReturn", AfterAReturn, [Thailand, Laos], [NodeId.Parse("SEC")]),
        ["OpenedOnPaper"] = Opening("OpenedOnPaper", AnAdult with { OnPaper = true }, [Thailand], []),
        ["Resolved"] = Continuing("Resolved", new Resolved(Resolution.Retracted)),
        ["ContinuedOnPaper"] = Continuing("ContinuedOnPaper", new ContinuedOnPaper()) with
        {
            Channel = Channel.Letter,
            OnBehalfOf = NodeId.Parse("VN"),
            Letter = Digest.Of("a letter"u8),
            Particulars = [new(Laos, Digest.Of("for us"u8)), new(Thailand, Digest.Of("for them"u8))],
        },
        ["Retracted"] = Continuing("Retracted", new Corrected(null)),
        ["Acknowledged"] = Continuing("Acknowledged", new Acknowledged()),
        ["TakenUp"] = Continuing("TakenUp", new TakenUp()),
        ["Declined"] = Continuing("Declined", new Declined(DeclineReason.NotOurNational)),
        ["Cancelled"] = Continuing("Cancelled", new Cancelled()),
        ["ConsentWithdrawn"] = Continuing("ConsentWithdrawn", new ConsentWithdrawn(new WithdrawalScope.Everything())),
        ["ConsentWithdrawnInPart"] = Continuing("ConsentWithdrawnInPart", new ConsentWithdrawn(new WithdrawalScope.Part(
            new([Purpose.Return, Purpose.Proceedings]), new([Laos, NodeId.Parse("VN")])))),
        ["InformationRequested"] = Continuing("InformationRequested", new InformationRequested()),
        ["InformationSupplied"] = Continuing("InformationSupplied", new InformationSupplied()),
        ["OnwardProposed"] = Continuing("OnwardProposed", new OnwardProposed(NodeId.Parse("KH"))),
        ["OnwardAgreed"] = Continuing("OnwardAgreed", new OnwardAnswered(Agreed: true)),
        ["OnwardNotAgreed"] = Continuing("OnwardNotAgreed", new OnwardAnswered(Agreed: false)),
        ["CaseFileReleased"] = Continuing("CaseFileReleased", new CaseFileReleased(300, Digest.Of("a case file"u8))),
        ["LocationAnswered"] = Continuing("LocationAnswered", new LocationAnswered(LocationAnswer.NothingToReport)),
        ["TracingAnswered"] = Continuing("TracingAnswered", new TracingAnswered()),
        ["AssessmentReportedWithAPlan"] = Continuing("AssessmentReportedWithAPlan", new AssessmentReported(Finding.MayNotReturn, SafetyPlan: true, CareSuitable: false)),
        ["AssessmentReportedPending"] = Continuing("AssessmentReportedPending", new AssessmentReported(Finding.Pending, SafetyPlan: false, CareSuitable: false)),
        ["ReturnPlanned"] = Continuing("ReturnPlanned", new ReturnPlanned(Plan, null, new DateOnly(2026, 12, 10), MeetingAt, PlaceOf("LA-VTE-FB1"))),
        ["ReturnPlannedAnew"] = Continuing("ReturnPlannedAnew", new ReturnPlanned(Plan, TokenFrom(0x20), new DateOnly(2026, 12, 10), MeetingAt, PlaceOf("LA-VTE-FB1"))),
        ["ReturnAgreed"] = Continuing("ReturnAgreed", new ReturnAgreed()),
        ["ReturnHeld"] = Continuing("ReturnHeld", new ReturnHeld(new DateOnly(2026, 12, 24), PersonAgrees: false)),
        ["ReturnHeldAsThePersonAgrees"] = Continuing("ReturnHeldAsThePersonAgrees", new ReturnHeld(new DateOnly(2026, 12, 24), PersonAgrees: true)),
        ["HoldEnded"] = Continuing("HoldEnded", new HoldEnded()),
        ["ReturnPostponed"] = Continuing("ReturnPostponed", new ReturnPostponed()),
        ["FollowUpReportedWithoutANext"] = Continuing("FollowUpReportedWithoutANext", new FollowUpReported(1, FollowUpResult.Done, null)),
        ["AppearanceAsked"] = Continuing("AppearanceAsked", new AppearanceAsked()),
        ["AppearanceAnswered"] = Continuing("AppearanceAnswered", new AppearanceAnswered(AppearanceAnswer.Refused)),
        ["Completed"] = Continuing("Completed", new Completed(ReferralOutcome.ContactEnded)),
        ["DataErased"] = Continuing("DataErased", new DataStopped(DataFate.Erased, null, PaperRecall.All)),
        ["Lapsed"] = Continuing("Lapsed", new Lapsed(MissingStep.Acknowledgement)),
        ["EnteredInError"] = Continuing("EnteredInError", new EnteredInError()),
    }
    .Concat(Correctable.SelectMany(happening => new KeyValuePair<string, Entry>[]
    {
        new(happening.Name, Continuing(happening.Name, happening)),
        new($"Corrected{happening.Name}", Continuing($"Corrected{happening.Name}", new Corrected(happening))),
    }))
    .ToDictionary(StringComparer.Ordinal);

    /// <summary>Of every opening here.</summary>
    public static byte[] Nonce { get; } = [.. Enumerable.Range(1, 16).Select(i => (byte)i)];

    public static string Folder => Path.Combine(Checkout.Root, "tests", "CountryNode.Tests", "Wire", "Golden");

    /// <summary>Those of a file.</summary>
    public static byte[] Bytes(string name) =>
        Convert.FromHexString(File.ReadAllText(Path.Combine(Folder, $"{name}.hex"), Encoding.ASCII).ReplaceLineEndings(""));

    /// <summary>The message of a file, to be changed at will.</summary>
    public static DossierWire.Entry Message(string name) => DossierWire.Entry.Parser.ParseFrom(Bytes(name));

    static Entry Opening(string name, Opened opened, ImmutableArray<NodeId> writers, ImmutableArray<NodeId> readers)
    {
        var hash = EntryHash.Of(Bytes(name));
        return new(
            hash, new DossierId(hash), Thailand, 1, null, [], null, WrittenAt, Day, Channel.Node, OfficeOf("focal-point@datip"),
            null, null, [], new Opening(Kind.Referral, 1, writers, readers), opened);
    }

    static Entry Continuing(string name, Body body)
    {
        var opening = EntryHash.Of(Bytes("Opened"));
        return new(
            EntryHash.Of(Bytes(name)), new DossierId(opening), Laos, 3, EntryHash.Of("the one before"u8), [new Head(Thailand, 1, opening)],
            EntryHash.Of("a question"u8), WrittenAt, Day, Channel.NoteVerbale, OfficeOf("case-worker@ahtd"), null, null, [], null, body);
    }

    static Token TokenFrom(byte first) =>
        Token.TryRead([.. Enumerable.Range(first, Token.Length).Select(i => (byte)i)], out var token) ? token : throw new FormatException();

    static Office OfficeOf(string text) => Office.TryParse(text, out var office) ? office : throw new FormatException();

    static PlaceCode PlaceOf(string text) => PlaceCode.TryParse(text, out var place) ? place : throw new FormatException();
}
