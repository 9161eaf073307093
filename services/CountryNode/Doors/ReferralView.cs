using System.Text.Json;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;
using Office = Coordination.Domain.Dossiers.Office;
using Referrals = Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Doors;

/// <summary>A referral as clients see it.</summary>
public sealed class ReferralView(Overviews overviews, OfficeDirectory directory, Pen pen, TimeProvider time)
{
    /// <summary>The referral without what is open: for answers to commands, and for lists.</summary>
    public Referral Of(HeldDossier held, Dossier<Referrals.Referral> dossier)
    {
        var view = new Referral
        {
            DossierId = ByteString.CopyFrom(dossier.Id.ToArray()),
            ConsentWithdrawn = dossier.Withdrawals.Any(entry => entry.Body is Referrals.ConsentWithdrawn { Scope: Referrals.WithdrawalScope.Everything }),
            Waiting = (uint)dossier.Waiting.Length,
            WaitingSince = ToWire(held.WaitingSince),
            UpgradeNeeded = dossier.UpgradeNeeded,
        };
        view.Chains.AddRange(dossier.Heads.Select(head => new ChainLength { Author = head.Author.ToString(), Seq = (uint)head.Seq }));
        view.Stops.AddRange(held.Stops.Select(stop => new DeliveryStop { Peer = stop.Peer.ToString(), Reason = stop.Reason }));
        if (dossier.State is not { } referral) return view;

        view.State = StateOf(referral.State);
        view.Sender = referral.Parties.Sender.ToString();
        view.Receiver = referral.Parties.Receiver.ToString();
        view.Stay = referral.Stay.ToString();
        view.Opened = ReferralWire.Write(referral.Opened);
        var withdrawn = Referrals.Withholding.AsWithdrawn(dossier) ?? referral;
        view.Consent = withdrawn.Consent is { } consent ? ReferralWire.Write(consent) : null;
        view.Plan = referral.Plan is { } plan ? ToWire(plan) : null;
        view.Held = referral.IsHeld;
        view.HeldUntil = referral.Hold is { IsOver: false } hold ? EntryWire.Write(hold.Until) : "";
        view.Assessment = referral.Assessment is { } assessment ? ReferralWire.Write(assessment) : null;
        view.Wish = referral.Wish is { } wish ? ReferralWire.Write(wish) : null;
        view.Safeguards.AddRange(referral.Safeguards.Select(ReferralWire.Write));
        view.Preparation.AddRange(referral.Preparation.Select(ReferralWire.Write));
        view.Questions.AddRange(referral.Questions.Where(question => question.Answer is null).Select(ToWire));
        view.Doubts.AddRange(referral.Doubts.Where(doubt => doubt.Owed.Count > 0).Select(ToWire));
        view.Outcome = referral.Outcome is { } outcome ? (ReferralOutcome)outcome : ReferralOutcome.Unspecified;
        view.Releases.AddRange(withdrawn.Releases.Select(release => new CaseFileRelease { Entry = Hash(release.Entry), By = release.By.ToString(), Received = release.IsReceived, TakenBack = release.IsTakenBack }));
        view.Offices.AddRange(referral.Offices.Select(office => new OfficeInCharge { Country = office.Country.ToString(), Office = DossierWire.Write(office.Office) }));
        view.Debts.AddRange(overviews.Debts(dossier, held.Entries, held.Receipts, time.GetUtcNow()).Select(Of));
        return view;
    }

    /// <summary>The referral with what is open to an office now, and for what is not, why.</summary>
    /// <param name="held">What is held of it.</param>
    /// <param name="dossier">The fold of that.</param>
    /// <param name="office">Who asks.</param>
    /// <param name="earlier">The referral that it names by a token; null where none is held here.</param>
    /// <param name="standstill">Why a statement cannot be written at the moment, whatever the state; null when it can.</param>
    public Referral Of(HeldDossier held, Dossier<Referrals.Referral> dossier, Office office, DossierId? earlier, Func<Body, Refusal?> standstill)
    {
        var view = Of(held, dossier);
        if (earlier is { } known) view.EarlierDossierId = ByteString.CopyFrom(known.ToArray());
        if (dossier.State is not { } referral) return view;
        var today = RegionalTime.Today(pen.Node, time.GetUtcNow());
        var blank = dossier.Draft(pen.Node, new Statement(office, new Referrals.Acknowledged(), today, Channel.Node), time.GetUtcNow());
        // A decision is taken in knowledge of withdrawals that wait behind a gap: none of them is suspended.
        var withdrawn = Referrals.Withholding.AsWithdrawn(dossier) ?? referral;
        var offers = referral.Offers(blank).Zip(withdrawn.Offers(blank), (plain, knowing) => plain.Body is Decision ? knowing : plain);
        view.Offers.AddRange(offers.Concat(referral.OffersAtAnyTime(dossier, blank, office)).Select(offer => ToWire(offer, Rights.Check(office, Rights.SaidBy(offer.Body, answered: null)) ?? standstill(offer.Body))));
        return view;
    }

    /// <summary>Something owed, with its dates.</summary>
    public Debt Of(DueDebt debt) => new()
    {
        Clock = (Clock)Enum.Parse<Referrals.Clock>(debt.Key.Clock),
        Owes = debt.Key.Owes.ToString(),
        Number = (uint)debt.Key.Number,
        About = debt.Key.About is { } about ? Hash(about) : ByteString.Empty,
        Office = debt.Office?.ToString() ?? "",
        AwaitingSince = ToWire(debt.AwaitingSince),
        WarnAt = ToWire(debt.WarnAt),
        DueAt = ToWire(debt.DueAt),
        Late = debt.DueAt < time.GetUtcNow(),
        HolidaysNotCounted = !directory.Calendar.CountsHolidaysOf(debt.Key.Owes),
    };

    public static ReferralState StateOf(Referrals.ReferralState state) => state switch
    {
        Referrals.ReferralState.Sent => ReferralState.Sent,
        Referrals.ReferralState.Received => ReferralState.Received,
        Referrals.ReferralState.TakenUp => ReferralState.TakenUp,
        Referrals.ReferralState.Assessed => ReferralState.Assessed,
        Referrals.ReferralState.ReturnPlanned => ReferralState.ReturnPlanned,
        Referrals.ReferralState.ReturnAgreed => ReferralState.ReturnAgreed,
        Referrals.ReferralState.EnRoute => ReferralState.EnRoute,
        Referrals.ReferralState.Unaccounted => ReferralState.Unaccounted,
        Referrals.ReferralState.Returned => ReferralState.Returned,
        Referrals.ReferralState.InReintegration => ReferralState.InReintegration,
        Referrals.ReferralState.Lapsed => ReferralState.Lapsed,
        Referrals.ReferralState.Declined => ReferralState.Declined,
        Referrals.ReferralState.Completed => ReferralState.Completed,
        Referrals.ReferralState.Cancelled => ReferralState.Cancelled,
        Referrals.ReferralState.Withdrawn => ReferralState.Withdrawn,
        Referrals.ReferralState.EnteredInError => ReferralState.EnteredInError,
    };

    static Plan ToWire(Referrals.Plan plan) => new()
    {
        Plan_ = ByteString.CopyFrom(plan.Token.ToArray()),
        Entry = Hash(plan.Entry),
        By = plan.By.ToString(),
        TravelOn = EntryWire.Write(plan.TravelOn),
        MeetingAt = Timestamp.FromDateTimeOffset(plan.MeetingAt),
        MeetingPoint = plan.MeetingPoint.ToString(),
    };

    static Question ToWire(Referrals.Question question) => new()
    {
        Entry = Hash(question.Entry),
        By = question.By.ToString(),
        Statement = question.Kind switch
        {
            Referrals.QuestionKind.Information => nameof(Referrals.InformationRequested),
            Referrals.QuestionKind.Onward => nameof(Referrals.OnwardProposed),
            Referrals.QuestionKind.Appearance => nameof(Referrals.AppearanceAsked),
        },
    };

    static Doubt ToWire(Referrals.Doubt doubt)
    {
        var view = new Doubt { Entry = Hash(doubt.Entry), Kind = UpperSnake(doubt.Kind) };
        view.Owed.AddRange(doubt.Owed.Select(country => country.ToString()));
        return view;
    }

    static Offer ToWire(Referrals.Offer offer, Refusal? refused) => new()
    {
        Statement = offer.Body.Name,
        Code = CodeOf(offer.Body),
        Open = refused is null && offer.Reason is null,
        Contradicts = refused is null && offer.Contradicts,
        Reason = refused?.Reason ?? (offer.Reason is { } reason ? Names.Of(reason.Code) : ""),
        Explanation = refused?.Text ?? (offer.Contradicts ? Refusal.Contradicting(offer.Reason!).Text : offer.Reason?.Text) ?? "",
        Answers = offer.Answers is { } answers ? Hash(answers) : ByteString.Empty,
    };

    /// <summary>The code on which it depends whether a statement is open; empty for none.</summary>
    static string CodeOf(Body body) => body switch
    {
        Referrals.Declined declined => UpperSnake(declined.Reason),
        Referrals.LocationAnswered answered => UpperSnake(answered.Answer),
        Referrals.AssessmentReported reported => UpperSnake(reported.Finding),
        Referrals.WishRecorded recorded => UpperSnake(recorded.Wish),
        Referrals.ChildSafeguardRecorded recorded => UpperSnake(recorded.Safeguard),
        Referrals.FoundSafe found => found.In.ToString(),
        Referrals.Completed completed => UpperSnake(completed.Outcome),
        Resolved resolved => UpperSnake(resolved.Resolution),
        Corrected { Replacement: { } said } => said.Name,
        _ => "",
    };

    static string UpperSnake<TCode>(TCode code) where TCode : struct, Enum => JsonNamingPolicy.SnakeCaseUpper.ConvertName(code.ToString());

    static ByteString Hash(EntryHash hash) => ByteString.CopyFrom(hash.ToArray());

    static Timestamp? ToWire(DateTimeOffset? at) => at is { } given ? Timestamp.FromDateTimeOffset(given) : null;
}
