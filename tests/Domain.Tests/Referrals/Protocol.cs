using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>The protocol of referrals as <c>protocol.tsv</c> has it.</summary>
/// <remarks>
/// A line is a statement and who writes it: S or R, H or O, one that is both (<c>R=H</c>), or any. A column is a state. A cell says
/// what becomes of it: <c>same</c> or the state then, where it is applied; <c>recorded</c>, with the state then if that is another;
/// or the code of the reason for which it is void. <see cref="Standing"/> says in which facts each state stands for the table.
/// </remarks>
static class Protocol
{
    /// <summary>Each statement as the tables call it: those of one name and different effects are several.</summary>
    public static readonly ImmutableSortedDictionary<string, Func<Pair, Body>> Statements = new Dictionary<string, Func<Pair, Body>>
    {
        ["Opened"] = Sample.Opened,
        ["Acknowledged"] = _ => Sample.Acknowledged,
        ["InformationRequested"] = _ => new InformationRequested(),
        ["InformationSupplied"] = _ => new InformationSupplied(),
        ["TakenUp"] = _ => Sample.TakenUp,
        ["Declined"] = _ => Sample.Declined,
        ["OnwardProposed"] = _ => new OnwardProposed(Pair.Stranger),
        ["OnwardAnswered(agreed)"] = _ => new OnwardAnswered(Agreed: true),
        ["OnwardAnswered(not agreed)"] = _ => new OnwardAnswered(Agreed: false),
        ["ConsentRecorded"] = pair => new ConsentRecorded(Sample.Opened(pair).Consent!),
        ["CaseFileReleased"] = _ => new CaseFileReleased(1, Sample.Letter),
        ["CaseFileReceived"] = _ => new CaseFileReceived(),
        ["IdentificationChanged"] = _ => new IdentificationChanged(),
        ["LocationAnswered(ContactWished)"] = _ => new LocationAnswered(LocationAnswer.ContactWished),
        ["LocationAnswered(NothingToReport)"] = _ => new LocationAnswered(LocationAnswer.NothingToReport),
        ["TracingAnswered"] = _ => new TracingAnswered(),
        ["AssessmentReported(MayReturn)"] = _ => Sample.MayReturn,
        ["AssessmentReported(MayNotReturn)"] = _ => Sample.MayNotReturn,
        ["AssessmentReported(Pending)"] = _ => new AssessmentReported(Finding.Pending, SafetyPlan: false, CareSuitable: false),
        ["WishRecorded(Return)"] = _ => Sample.WishesReturn,
        ["WishRecorded(Other)"] = _ => Sample.WishesOther,
        ["ChildSafeguardRecorded"] = _ => new ChildSafeguardRecorded(Safeguard.BestInterests, Sample.Today),
        ["PreparationReported"] = _ => new PreparationReported(PreparationItem.TravelDocument, PreparationStatus.Asked),
        ["ReturnPlanned"] = _ => Sample.Planned(Sample.SecondPlan),
        ["ReturnAgreed"] = _ => new ReturnAgreed(),
        ["ReturnHeld"] = _ => new ReturnHeld(Sample.Today.AddDays(30), PersonAgrees: false),
        ["HoldEnded"] = _ => new HoldEnded(),
        ["ReturnPostponed"] = _ => new ReturnPostponed(),
        ["Accompanied"] = _ => Sample.Accompanied(Sample.Plan),
        ["DidNotTravel"] = _ => Sample.DidNotTravel(Sample.Plan),
        ["Met"] = _ => Sample.Met(Sample.Plan),
        ["NotArrived"] = _ => Sample.NotArrived(Sample.Plan),
        ["FoundSafe(in H)"] = pair => new FoundSafe(Sample.Plan, pair.Host),
        ["FoundSafe(in O)"] = pair => new FoundSafe(Sample.Plan, pair.Origin),
        ["ReintegrationStarted"] = _ => new ReintegrationStarted(),
        ["FollowUpReported(Done)"] = _ => new FollowUpReported(1, FollowUpResult.Done, NextDue: null),
        ["FollowUpReported(DeclinedByPerson)"] = _ => new FollowUpReported(1, FollowUpResult.DeclinedByPerson, NextDue: null),
        ["AppearanceAsked"] = _ => new AppearanceAsked(),
        ["AppearanceAnswered(Granted)"] = _ => new AppearanceAnswered(AppearanceAnswer.Granted),
        ["AppearanceAnswered(Refused)"] = _ => new AppearanceAnswered(AppearanceAnswer.Refused),
        ["AppearanceDone"] = _ => new AppearanceDone(),
        ["EntitlementNoted"] = _ => new EntitlementNoted(),
        ["ProceedingsNoted"] = _ => new ProceedingsNoted(),
        ["ContactEnded"] = _ => new ContactEnded(),
        ["ContactResumed"] = _ => new ContactResumed(),
        ["Completed(Returned)"] = _ => new Completed(ReferralOutcome.Returned),
        ["Completed(ReintegratedInPlace)"] = _ => new Completed(ReferralOutcome.ReintegratedInPlace),
        ["Completed(StaysInHostCountry)"] = _ => new Completed(ReferralOutcome.StaysInHostCountry),
        ["Completed(ThirdCountry)"] = _ => new Completed(ReferralOutcome.ThirdCountry),
        ["Completed(ProceedingsOnly)"] = _ => new Completed(ReferralOutcome.ProceedingsOnly),
        ["Completed(TracingDone)"] = _ => new Completed(ReferralOutcome.TracingDone),
        ["Completed(ContactEnded)"] = _ => new Completed(ReferralOutcome.ContactEnded),
        ["Completed(NothingToReport)"] = _ => new Completed(ReferralOutcome.NothingToReport),
        ["Cancelled"] = _ => Sample.Cancelled,
        ["ConsentWithdrawn(Everything)"] = _ => Sample.WithdrawnAll,
        ["ConsentWithdrawn(Part)"] = _ => Sample.WithdrawnPart,
        ["DataStopped(Erased)"] = _ => new DataStopped(DataFate.Erased, Basis: null, PaperRecall.All),
        ["DataStopped(Retained)"] = _ => new DataStopped(DataFate.Retained, RetentionBasis.CriminalProceedings, PaperRecall.Some),
        ["Lapsed"] = _ => new Lapsed(MissingStep.Acknowledgement),
        ["EnteredInError"] = _ => new EnteredInError(),
        ["Resolved(Stands)"] = _ => new Resolved(Resolution.Stands),
        ["Resolved(Retracted)"] = _ => new Resolved(Resolution.Retracted),
        ["Corrected(replaced)"] = _ => new Corrected(new ProceedingsNoted()),
        ["Corrected(retracted)"] = _ => new Corrected(Replacement: null),
        ["ContinuedOnPaper"] = _ => new ContinuedOnPaper(),
        ["UnitAssigned"] = _ => new UnitAssigned(Sample.Desk),
    }.ToImmutableSortedDictionary(StringComparer.Ordinal);

    /// <summary>Every cell of the table, for each who is meant by its line.</summary>
    public static readonly ImmutableArray<Cell> Cells =
    [
        .. from line in Tables.Rows("protocol.tsv")
           from author in Author.Meant(line[1])
           from column in Tables.Head("protocol.tsv").Skip(2).Index()
           select Cell.Read(line[0], author, Enum.Parse<ReferralState>(column.Item), line[column.Index + 2]),
    ];

    /// <summary>Who writes: the sender or the receiver, and whether the host sends.</summary>
    public readonly record struct Author(bool IsSender, bool SentByHost)
    {
        public static readonly ImmutableArray<Author> All = [new(true, true), new(true, false), new(false, true), new(false, false)];

        public bool IsHost => IsSender == SentByHost;

        public NodeId Of(Pair pair) => IsSender ? pair.Sender : pair.Receiver;

        /// <summary>Reads <c>any</c>, <c>S</c>, <c>R</c>, <c>H</c>, <c>O</c>, or two of them with <c>=</c> between.</summary>
        public static IEnumerable<Author> Meant(string by) => All.Where(author => by is "any" || by.Split('=').All(part => part switch
        {
            "S" => author.IsSender,
            "R" => !author.IsSender,
            "H" => author.IsHost,
            "O" => !author.IsHost,
            _ => throw new FormatException($"Nobody is called {part}."),
        }));

        public override string ToString() => $"{(IsSender ? "S" : "R")}={(IsHost ? "H" : "O")}";
    }

    /// <summary>What the table says of a statement by an author in a state.</summary>
    /// <param name="Verdict">applied, recorded, or the code of the reason for which it is void.</param>
    /// <param name="Then">The state after it.</param>
    public sealed record Cell(ReferralState State, string Statement, Author Author, string Verdict, ReferralState Then)
    {
        public bool IsVoid => Verdict is not ("applied" or "recorded");

        public static Cell Read(string statement, Author author, ReferralState state, string cell) => cell.Split(' ') switch
        {
            ["same"] => new(state, statement, author, "applied", state),
            ["recorded"] => new(state, statement, author, "recorded", state),
            ["recorded", var then] => new(state, statement, author, "recorded", Enum.Parse<ReferralState>(then)),
            [var then] when Enum.TryParse<ReferralState>(then, out var next) => new(state, statement, author, "applied", next),
            [var reason] when Enum.TryParse<ReasonCode>(reason, out _) => new(state, statement, author, reason, state),
            _ => throw new FormatException($"{statement} by {author} in {state}: {cell}"),
        };
    }
}
