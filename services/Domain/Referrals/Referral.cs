using System.Collections.Immutable;
using System.Diagnostics;
using Coordination.Domain.Dossiers;
using S = Coordination.Domain.Referrals.ReferralState;

namespace Coordination.Domain.Referrals;

/// <summary>What two countries know of one referred case, seen from either side.</summary>
/// <remarks>Holds no personal data: that is the case file's, which travels apart.</remarks>
/// <param name="State">Where it stands.</param>
/// <param name="Opened">As it was opened.</param>
/// <param name="Parties">Who is who.</param>
/// <param name="Stay">The country of stay: where the person is, as far as the two know.</param>
public sealed partial record Referral(S State, Opened Opened, Parties Parties, NodeId Stay) : IProtocol<Referral>
{
    /// <summary>The version of this protocol that openings name.</summary>
    public const int ProtocolVersion = 1;

    /// <summary>In days: a plan for an adult rests on a wish that is no older.</summary>
    public const int WishStandsFor = 30;

    /// <summary>The state after one more entry, with what is owed then.</summary>
    public Outcome<Referral> Next(Entry entry)
    {
        var by = Actor(entry);
        return Judge(entry, by) switch
        {
            Applied<Referral> applied => applied.State.Owing(this, entry, by),
            Recorded<Referral> recorded => new Recorded<Referral>(recorded.State.Owing(this, entry, by), recorded.Reason),
            var refused => refused,
        };
    }

    /// <summary>What becomes of an entry, but for what is owed then.</summary>
    Outcome<Referral> Judge(Entry entry, NodeId by) =>
        (entry.Body is ConsentWithdrawn ? null : PaperFault(entry)) is { } fault ? Void.Because(ReasonCode.WrongForm, fault) : Rule(entry, by);

    /// <summary>The whole protocol, row by row. A decision that is not listed is void; a happening is recorded.</summary>
    Outcome<Referral> Rule(Entry entry, NodeId by)
    {
        // What a happening tells is known from then on, whether or not it fits.
        var told = Told(entry);
        return (State, entry.Body) switch
        {
            (_, ConsentWithdrawn { Scope: WithdrawalScope.Everything }) => this with { State = S.Withdrawn, Consent = null, ConsentIsRecorded = false, DataStoppedBy = State is S.Withdrawn ? DataStoppedBy : default },
            (_, ConsentWithdrawn { Scope: WithdrawalScope.Part part }) => WithoutPart(part, entry),

            (_, Acknowledged or TakenUp or Declined or OnwardProposed or LocationAnswered) when by != Parties.Receiver => IsFor(entry, Parties.Receiver),
            (_, OnwardAnswered or Cancelled or Lapsed or EnteredInError) when by != Parties.Sender => IsFor(entry, Parties.Sender),
            (_, IdentificationChanged or WishRecorded or ReturnHeld or HoldEnded or Accompanied or DidNotTravel) when by != Parties.Host => IsFor(entry, Parties.Host),
            (_, TracingAnswered or AssessmentReported or Met or NotArrived) when by != Parties.Origin => IsFor(entry, Parties.Origin),

            (S.Sent or S.Lapsed, Acknowledged) => this with { State = S.Received },
            (>= S.Sent and <= S.InReintegration, InformationRequested) => Asking(QuestionKind.Information, entry, by),
            (>= S.Sent and <= S.InReintegration, InformationSupplied) => Answering(QuestionKind.Information, entry, by),
            (S.Received, TakenUp) => this with { State = S.TakenUp },
            (>= S.Sent and <= S.Assessed, Declined declined) => declined.IsAllowedFor(Opened.Type)
                ? Ending(S.Declined)
                : Void.Because(ReasonCode.CodeNotAllowed, $"{declined.Reason} is no reason to decline a referral for {Opened.Type}."),
            (S.Received or S.TakenUp, OnwardProposed { Country: var country }) => Parties.Include(country) || !country.IsCountry
                ? Void.Because(ReasonCode.CodeNotAllowed, "An onward country is another one than the two.")
                : Asking(QuestionKind.Onward, entry, by),
            (>= S.Sent and <= S.InReintegration, OnwardAnswered) => Answering(QuestionKind.Onward, entry, by),

            (>= S.Sent and <= S.InReintegration, ConsentRecorded) when by == Parties.Host || by == Stay => told,
            (>= S.TakenUp and <= S.InReintegration, CaseFileReleased released) => Releasing(entry, released, by),
            (_, CaseFileReceived) when entry.Answers is null => Void.Because(ReasonCode.AnswersNothing, "The receipt of a case file answers its release."),
            (>= S.TakenUp and <= S.InReintegration, CaseFileReceived) when Releases.Any(release => release.Entry == entry.Answers && release.By != by) => told,
            (>= S.Sent and <= S.InReintegration, IdentificationChanged) => told,

            (_, LocationAnswered) when Opened.Type is not ReferralType.LocateAndProtect => IsForType(entry, ReferralType.LocateAndProtect),
            (S.TakenUp or S.Assessed, LocationAnswered { Answer: LocationAnswer.NothingToReport }) => Ending(S.Completed) with { Outcome = ReferralOutcome.NothingToReport },
            (S.TakenUp or S.Assessed, LocationAnswered) => ConsentIsRecorded && ConsentFault(Parties.Sender, entry.HappenedOn) is null
                ? this with { State = S.Assessed, IsLocated = true }
                : Void.Because(ReasonCode.ConsentMissing, $"That the person wishes contact is said only after the person's consent was recorded that {Parties.Sender} hears of it, and while it is in force."),
            (_, TracingAnswered) when Opened.Type is not ReferralType.FamilyTracing => IsForType(entry, ReferralType.FamilyTracing),
            (S.TakenUp or S.Assessed, TracingAnswered) => this with { State = S.Assessed, IsTraced = true },

            (S.TakenUp or S.Assessed, AssessmentReported) => told with { State = S.Assessed },
            (S.ReturnPlanned or S.ReturnAgreed, AssessmentReported { Finding: Finding.MayReturn }) => told,
            (S.ReturnPlanned or S.ReturnAgreed, AssessmentReported) => told.WithoutPlan(),
            (S.ReturnPlanned or S.ReturnAgreed, WishRecorded { Wish: Referrals.Wish.Other }) => told.WithoutPlan(),
            (>= S.Sent and <= S.InReintegration, WishRecorded) => told,
            (>= S.Sent and <= S.InReintegration, ChildSafeguardRecorded) => told,
            (>= S.TakenUp and <= S.ReturnAgreed, PreparationReported) => told,

            (>= S.Assessed and <= S.ReturnAgreed, ReturnPlanned planned) => PlanFault(entry, planned) is { } why ? new Voided<Referral>(why) : Planning(entry, planned, by),
            (S.ReturnPlanned, ReturnAgreed) when IsHeld => Void.Because(ReasonCode.Held, "The return is held: nobody agrees to it until the hold ends."),
            (S.ReturnPlanned, ReturnAgreed) => entry.Answers is not null && entry.Answers == Plan?.Entry && by != Plan?.By ? Agreeing() : AnswersNothing(entry),
            (>= S.Assessed and <= S.ReturnAgreed, ReturnHeld held) => Hold is not null && !held.PersonAgrees
                ? Void.Because(ReasonCode.PersonHasNotAgreed, "A hold is renewed only with the person's agreement: nobody is kept for the court.")
                : this with { Hold = new(entry.Hash, held.Until, IsOver: false) },
            (>= S.Sent and <= S.InReintegration, HoldEnded) => IsHeld
                ? this with { Hold = Hold! with { IsOver = true } }
                : Void.Because(ReasonCode.NotOpen, "Nothing is held: there is no hold to end."),
            (S.ReturnPlanned or S.ReturnAgreed, ReturnPostponed) => WithoutPlan(),

            (_, FoundSafe { In: var place }) when !Parties.Include(place) => Void.Because(ReasonCode.WrongForm, "A person is found safe in the host country or in the country of origin."),
            (_, Accompanied or DidNotTravel or Met or NotArrived or FoundSafe) => Travelling(entry),

            (S.Withdrawn, ReintegrationStarted or FollowUpReported) => told,
            (S.Assessed or S.Returned, ReintegrationStarted) when by == Stay => told with { State = S.InReintegration },
            (S.Returned or S.InReintegration, FollowUpReported) when by == Stay => told with { State = S.InReintegration },

            (>= S.Sent and <= S.InReintegration or S.Completed, AppearanceAsked) => Asking(QuestionKind.Appearance, entry, by),
            (>= S.Sent and <= S.InReintegration or S.Completed, AppearanceAnswered) => Answering(QuestionKind.Appearance, entry, by),
            (>= S.Sent and <= S.InReintegration or S.Completed, AppearanceDone or EntitlementNoted or ProceedingsNoted) => told,
            (>= S.Sent and <= S.InReintegration, ContactEnded or ContactResumed) => told,

            (>= S.TakenUp and <= S.InReintegration, Completed completed) => CompletionFault(entry, completed.Outcome, by) is { } why
                ? new Voided<Referral>(why)
                : Ending(S.Completed) with { Outcome = completed.Outcome },
            (>= S.Sent and <= S.ReturnAgreed or S.Lapsed, Cancelled) => Ending(S.Cancelled),
            (S.Declined or S.Completed or S.Cancelled or S.Withdrawn or S.EnteredInError, DataStopped) => told,
            (S.Sent, Lapsed) => entry.HappenedOn > Opened.ReplyBy
                ? this with { State = S.Lapsed }
                : Void.Because(ReasonCode.NotDueYet, "The day to reply by has not passed."),
            (S.Sent or S.Received or S.Lapsed, EnteredInError) => Ending(S.EnteredInError),

            (_, Resolved resolved) => Doubts.Any(doubt => doubt.Entry == entry.Answers && doubt.IsOpenTo(by))
                ? Resolving(entry, by, resolved.Resolution)
                : AnswersNothing(entry),
            (_, Corrected or UnitAssigned) => told,
            (_, ContinuedOnPaper) => entry is { Letter: not null, Channel: not Channel.Node }
                ? told
                : Void.Because(ReasonCode.WrongForm, "What goes on by letter names its channel and holds the letter's digest."),

            (_, Decision) => NotOpen(entry),
            (_, Happening) => new Recorded<Referral>(
                told.Doubting(DoubtKind.Contradiction, entry),
                new(ReasonCode.Contradicts, $"{entry.Body.Name} does not fit while the referral is {State}: it counts, and both sides owe a resolution.")),
            _ => throw new UnreachableException($"{entry.Body.Name} is no statement of a referral."),
        };
    }

    /// <summary>The state after Opened, or why it opens nothing.</summary>
    public static Outcome<Referral> Open(Entry opening)
    {
        if (opening is not { Body: Opened opened, Opening: { Kind: Kind.Referral, Readers: [] } taking })
            return Misshapen("A referral is opened by Opened, without readers.");
        if (opened.Host == opened.Origin) return Misshapen("Host and origin are the same country.");
        if (!opened.Host.IsCountry || !opened.Origin.IsCountry) return Misshapen("Host and origin are countries: the secretariat holds no case.");
        var parties = Parties.Of(opened);
        if (opened.OnPaper ? taking.Writers is not [_] : taking.Writers is not [_, _])
            return Misshapen("A referral has two writers; one on paper has its sender alone.");
        if (!taking.Writers.All(parties.Include) || taking.Writers.Distinct().Count() != taking.Writers.Length) return Misshapen("The writers are not the host and the origin.");
        if (taking.Writers[0] != parties.Sender) return Void.Because(ReasonCode.WrongParticipant, $"A referral for {opened.Type} is opened by {parties.Sender}.");
        if (opening.OnBehalfOf is not null) return Misshapen("Nobody opens a referral on behalf of another country.");

        var isMinor = opened.Minority is not Minority.Adult;
        if (isMinor && opened.AuthorisedBy is null) return Void.Because(ReasonCode.AuthorisationMissing, "A minor's referral names who authorised it.");
        if (!isMinor && opened.AuthorisedBy is not null) return Misshapen("An adult's referral is authorised by nobody else.");
        if (isMinor && opened.Type is ReferralType.FamilyTracing && (opened.BestInterestsOn is not { } on || on > opening.HappenedOn))
            return Void.Because(ReasonCode.BestInterestsMissing, "A child's family is traced only after the child's best interests were determined.");

        if (opened.Basis is Basis.Consent && opened.Consent is null)
            return Void.Because(ReasonCode.ConsentMissing, "The referral rests on the person's consent, and holds none.");
        if (opened.Basis is Basis.Consent && !opened.Consent!.Recipients.Contains(parties.Receiver))
            return Void.Because(ReasonCode.ConsentMissing, $"The consent does not name {parties.Receiver} as a recipient.");
        if (opened.Basis is Basis.Consent && opened.Consent!.Until < opening.HappenedOn)
            return Void.Because(ReasonCode.ConsentExpired, "The consent had ended before the referral was opened.");
        if (opened.ReplyBy < opening.HappenedOn)
            return Void.Because(ReasonCode.ReplyByPassed, "The day to reply by lies before the opening.");
        if (opened.Clocks.Fault() is { } clocks) return Misshapen(clocks);

        var startsInOrigin = opened.AfterReturn && opened.Type is ReferralType.Reintegration or ReferralType.WitnessAppearance;
        var referral = new Referral(S.Sent, opened, parties, startsInOrigin ? parties.Origin : parties.Host)
        {
            Consent = opened.Consent,
            Safeguards = opened.BestInterestsOn is { } determined ? new([new ChildSafeguardRecorded(Safeguard.BestInterests, determined)]) : default,
            Offices = opening.Office is { } office ? new([new OfficeInCharge(parties.Sender, office)]) : default,
        };
        return referral.Owing(null, opening, parties.Sender);

        static Outcome<Referral> Misshapen(string why) => Void.Because(ReasonCode.WrongForm, why);
    }

    /// <summary>What is owed where a decision missed: its author says whether it acted on it, and both do where a journey had begun meanwhile.</summary>
    public Referral Missed(Entry entry)
    {
        // A word on a doubt that is settled meanwhile, or gone, was acted on by nobody.
        if (entry.Body is Resolved or not Decision || State is not (>= S.Sent and <= S.Lapsed)) return this;
        var begunUnseen = entry.Body is ReturnPlanned or ReturnPostponed or Cancelled or Declined && SaidUnknownTo(entry);
        var missed = entry.Body is ReturnPlanned planned && !Journeys.Any(journey => journey.Plan == planned.Plan)
            ? this with { Journeys = Journeys.Add(new(planned.Plan, PlanStanding.Void, null, null)) }
            : this;
        return missed.Doubting(begunUnseen ? DoubtKind.Contradiction : DoubtKind.Missed, entry).Owing(this, entry, Actor(entry));
    }

    /// <summary>The states in which an entry like this one would be applied.</summary>
    public IEnumerable<S> OpenFrom(Entry entry) =>
        Enum.GetValues<S>().Where(state => (this with { State = state }).Judge(entry, Actor(entry)) is Applied<Referral>);

    /// <summary>The protocol's ranks (section 0).</summary>
    /// <remarks>A release of the case file reads what a withdrawal moves, and must lose to it: it is taken as a decision.</remarks>
    public static int Rank(Body body) => body switch
    {
        ConsentWithdrawn => 0,
        IdentificationChanged or EntitlementNoted or ProceedingsNoted or CaseFileReceived or DataStopped => 0,
        Corrected or UnitAssigned or ContinuedOnPaper => 0,
        InformationRequested or InformationSupplied or OnwardProposed or OnwardAnswered or AppearanceAsked or AppearanceAnswered => 0,
        Happening => 1,
        EnteredInError or Cancelled or Declined or ReturnHeld or ReturnPostponed => 2,
        ReturnPlanned => 3,
        Lapsed => 5,
        Decision => 4,
        _ => 0,
    };

    public static bool IsWithdrawal(Body body) => body is ConsentWithdrawn;

    /// <summary>Host before origin.</summary>
    public static ImmutableArray<NodeId> Precedence(Entry opening) =>
        opening.Body is Opened opened ? [opened.Host, opened.Origin] : opening.Opening?.Writers ?? [];

    /// <summary>Whose word it is: on paper the sender writes the receiver's as well.</summary>
    NodeId Actor(Entry entry) => Opened.OnPaper ? entry.OnBehalfOf ?? entry.Author : entry.Author;

    string? PaperFault(Entry entry) => (entry.OnBehalfOf, Opened.OnPaper) switch
    {
        (null, _) => null,
        (_, false) => "Both countries have a node: neither writes the other's half.",
        ({ } other, true) when other != Parties.Receiver => "On paper the sender writes on behalf of the receiver, and of nobody else.",
        _ => entry is { Letter: not null, Channel: not Channel.Node } ? null : "What the other country said on paper names its channel and holds the letter's digest.",
    };

    static Void IsFor(Entry entry, NodeId participant) =>
        Void.Because(ReasonCode.WrongParticipant, $"{entry.Body.Name} is for {participant} to write.");

    static Void IsForType(Entry entry, ReferralType type) =>
        Void.Because(ReasonCode.CodeNotAllowed, $"{entry.Body.Name} belongs to a referral for {type}.");

    static Void AnswersNothing(Entry entry) =>
        Void.Because(ReasonCode.AnswersNothing, $"{entry.Body.Name} answers nothing that this country is asked now.");

    Void NotOpen(Entry entry) => Void.Because(ReasonCode.NotOpen, $"{entry.Body.Name} is not open while the referral is {State}.");
}

/// <summary>Who is who in a referral. H and O never move.</summary>
/// <param name="Sender">S, who opened it.</param>
/// <param name="Receiver">R, to whom it was sent.</param>
/// <param name="Host">H, where the person is when it is opened or, after a return already made, was.</param>
/// <param name="Origin">O, where the person comes from.</param>
public sealed record Parties(NodeId Sender, NodeId Receiver, NodeId Host, NodeId Origin)
{
    /// <summary>For LocateAndProtect the country of origin sends, else the host.</summary>
    public static Parties Of(Opened opened) => opened.Type is ReferralType.LocateAndProtect
        ? new(opened.Origin, opened.Host, opened.Host, opened.Origin)
        : new(opened.Host, opened.Origin, opened.Host, opened.Origin);

    public bool Include(NodeId country) => country == Host || country == Origin;

    /// <summary>The other of the two.</summary>
    public NodeId Other(NodeId party) => party == Host ? Origin : Host;
}
