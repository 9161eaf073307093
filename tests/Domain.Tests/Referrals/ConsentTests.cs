using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>What may be released, to whom and until when.</summary>
public sealed class ConsentTests
{
    static readonly NodeId H = Pair.Usual.Host;
    static readonly NodeId O = Pair.Usual.Origin;
    static readonly Consent Given = Sample.Opened(Pair.Usual).Consent!;

    [Fact]
    public void A_case_file_is_released_to_the_last_day_of_the_consent_and_not_after()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual) with { Consent = Given with { Until = Sample.Today.AddDays(1) } });
        OnRelease(pen, H, 1, Sample.Today.AddDays(2)).ShouldBe(nameof(ReasonCode.ConsentExpired));
        OnRelease(pen, H, 1, Sample.Today.AddDays(1)).ShouldBe("applied");
    }

    [Fact]
    public void A_consent_that_was_renewed_lets_the_case_file_go()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual) with { Consent = Given with { Until = Sample.Today } });
        pen.Write(H, new ConsentRecorded(Given with { Until = Sample.Today.AddDays(20) }));
        OnRelease(pen, H, 1, Sample.Today.AddDays(20)).ShouldBe("applied");
    }

    [Fact]
    public void A_consent_names_the_recipient_and_a_purpose()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual));
        pen.Write(H, new ConsentRecorded(Given with { Recipients = new ValueSet<NodeId>([H]) }));
        OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.ConsentMissing));
        OnRelease(pen, O, 1).ShouldBe("applied");
        pen.Write(H, new ConsentRecorded(Given with { Purposes = default }));
        OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.ConsentMissing));
    }

    [Fact]
    public void A_consent_to_something_else_than_the_referral_is_for_lets_no_case_file_go()
    {
        Dictionary<ReferralType, Purpose[]> enough = new()
        {
            [ReferralType.Repatriation] = [Purpose.Return],
            [ReferralType.Reintegration] = [Purpose.Reintegration],
            [ReferralType.FamilyTracing] = [Purpose.FamilyTracing],
            [ReferralType.HostProtection] = [Purpose.Protection],
            [ReferralType.WitnessAppearance] = [Purpose.Proceedings],
            [ReferralType.LocateAndProtect] = [Purpose.Protection, Purpose.FamilyTracing, Purpose.Return],
        };
        foreach (var type in Enum.GetValues<ReferralType>())
        {
            foreach (var purpose in Enum.GetValues<Purpose>())
            {
                var pen = TakenUp(Sample.Opened(Pair.Usual with { Type = type }) with { Consent = Given with { Purposes = new ValueSet<Purpose>([purpose]) } });
                OnRelease(pen, H, 1).ShouldBe(enough[type].Contains(purpose) ? "applied" : nameof(ReasonCode.ConsentMissing), $"{type} under a consent to {purpose}");
            }
        }
    }

    [Fact]
    public void Without_the_purpose_that_was_withdrawn_the_case_file_stays()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual));
        pen.Write(H, new ConsentWithdrawn(new WithdrawalScope.Part(new ValueSet<Purpose>([Purpose.Return]), default)));
        OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.ConsentMissing));
    }

    [Theory]
    [InlineData(Basis.RiskToLife)]
    [InlineData(Basis.CourtOrder)]
    public void Another_basis_lets_a_case_file_go_without_consent_but_not_to_whom_the_person_took_it_from(Basis basis)
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual) with { Basis = basis, Consent = null });
        OnRelease(pen, H, 1).ShouldBe("applied");
        pen.Write(H, Without(O));
        OnRelease(pen, H, 2).ShouldBe(nameof(ReasonCode.ConsentMissing));
    }

    [Fact]
    public void The_versions_of_a_case_file_are_counted_for_each_author()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual));
        OnRelease(pen, H, 2).ShouldBe(nameof(ReasonCode.CodeNotAllowed));
        OnRelease(pen, H, 1).ShouldBe("applied");
        OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.CodeNotAllowed));
        OnRelease(pen, H, 3).ShouldBe(nameof(ReasonCode.CodeNotAllowed));
        OnRelease(pen, O, 1).ShouldBe("applied");
        OnRelease(pen, H, 2).ShouldBe("applied");
    }

    [Fact]
    public void The_receipt_of_a_case_file_answers_a_release_of_the_other_country()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual));
        var released = pen.Write(H, new CaseFileReleased(1, Sample.Letter));
        var unanswering = pen.Write(O, new CaseFileReceived());
        var own = pen.Answer(H, released, new CaseFileReceived());
        var received = pen.Answer(O, released, new CaseFileReceived());
        var dossier = pen.Fold();

        new[] { unanswering, own, received }.Select(dossier.On).ShouldBe([nameof(ReasonCode.AnswersNothing), "recorded", "applied"]);
        dossier.State!.Releases.ShouldHaveSingleItem().IsReceived.ShouldBeTrue();
    }

    [Fact]
    public void What_was_withdrawn_in_part_comes_back_only_by_a_consent_that_knew_of_it()
    {
        foreach (var (withdraws, records) in new[] { (H, O), (O, H) })
        {
            // Where the country of origin records consent, the person is there.
            var pen = TakenUp(Sample.Opened(Pair.Usual) with { Type = ReferralType.Reintegration, AfterReturn = true });
            var given = Given with { Purposes = new ValueSet<Purpose>([Purpose.Reintegration]) };
            pen.Write(records, Sample.Neutral);
            pen.WriteUnseeing(withdraws, Without(O));
            var unknowing = pen.WriteUnseeing(records, new ConsentRecorded(given));
            pen.Fold().On(unknowing).ShouldBe("applied");
            pen.Fold().State!.Consent!.Recipients.ShouldBe(new ValueSet<NodeId>([H]));
            OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.ConsentMissing));

            pen.Write(records, new ConsentRecorded(given));
            pen.Fold().State!.Consent!.Recipients.ShouldBe(new ValueSet<NodeId>([H, O]));
            OnRelease(pen, H, 1).ShouldBe("applied");
        }
    }

    [Fact]
    public void Consent_is_recorded_where_the_person_is()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual) with { Consent = Given with { Until = Sample.Today } });
        var elsewhere = pen.Write(O, new ConsentRecorded(Given));
        pen.Fold().On(elsewhere).ShouldBe("recorded");
        OnRelease(pen, H, 1, Sample.Today.AddDays(1)).ShouldBe(nameof(ReasonCode.ConsentExpired));
    }

    [Fact]
    public void A_consent_recorded_while_the_referral_had_lapsed_holds_when_it_goes_on()
    {
        var pen = Pen.Open(Pair.Usual, Sample.Opened(Pair.Usual) with { Consent = Given with { Until = Sample.Today } });
        pen.Write(H, new Lapsed(MissingStep.Acknowledgement), entry => entry with { HappenedOn = Sample.Today.AddDays(3) });
        var recorded = pen.Write(H, new ConsentRecorded(Given));
        pen.Write(O, Sample.Acknowledged);
        pen.Write(O, Sample.TakenUp);
        pen.Fold().On(recorded).ShouldBe("recorded");
        OnRelease(pen, H, 1, Sample.Today.AddDays(5)).ShouldBe("applied");
    }

    [Fact]
    public void A_withdrawn_referral_takes_no_consent_back()
    {
        var pen = TakenUp(Sample.Opened(Pair.Usual));
        pen.Write(O, Sample.WithdrawnAll);
        pen.Write(H, new ConsentRecorded(Given));
        pen.Fold().State!.Consent.ShouldBeNull();
        OnRelease(pen, H, 1).ShouldBe(nameof(ReasonCode.NotOpen));
    }

    [Fact]
    public void Contact_is_wished_only_by_who_said_so_where_the_person_was_found()
    {
        var pair = Pair.Usual with { Type = ReferralType.LocateAndProtect };
        var pen = TakenUp(Sample.Opened(pair));
        var wished = new LocationAnswered(LocationAnswer.ContactWished);
        OnWrite(pen, H, wished).ShouldBe(nameof(ReasonCode.ConsentMissing), "the consent of an opening is the family's report");
        pen.Write(H, new ConsentRecorded(Given));
        OnWrite(pen, H, wished).ShouldBe("applied");
    }

    [Fact]
    public void Who_took_the_reporting_country_from_the_recipients_is_not_said_to_wish_contact()
    {
        var pair = Pair.Usual with { Type = ReferralType.LocateAndProtect };
        var pen = TakenUp(Sample.Opened(pair));
        pen.Write(H, new ConsentRecorded(Given));
        pen.Write(H, Without(O));
        OnWrite(pen, H, new LocationAnswered(LocationAnswer.ContactWished)).ShouldBe(nameof(ReasonCode.ConsentMissing));
    }

    [Fact]
    public void Contact_is_wished_only_under_a_consent_in_force_that_the_reporting_country_hears_of_it()
    {
        var pair = Pair.Usual with { Type = ReferralType.LocateAndProtect };
        foreach (var (consent, reason) in new (Consent, string)[]
        {
            (Given with { Recipients = new([H]) }, nameof(ReasonCode.ConsentMissing)),
            (Given with { Purposes = new([Purpose.Proceedings]) }, nameof(ReasonCode.ConsentMissing)),
            (Given with { Until = Sample.Today.AddDays(-1) }, nameof(ReasonCode.ConsentMissing)),
            (Given with { Until = Sample.Today }, "applied"),
        })
        {
            var pen = TakenUp(Sample.Opened(pair));
            pen.Write(H, new ConsentRecorded(consent));
            OnWrite(pen, H, new LocationAnswered(LocationAnswer.ContactWished)).ShouldBe(reason, consent.ToString());
        }
    }

    static Pen TakenUp(Opened opened)
    {
        var pair = new Pair(opened.Host, opened.Origin, opened.Type);
        var pen = Pen.Open(pair, opened);
        pen.Write(pair.Receiver, Sample.Acknowledged);
        pen.Write(pair.Receiver, Sample.TakenUp);
        return pen;
    }

    static ConsentWithdrawn Without(NodeId recipient) => new(new WithdrawalScope.Part(default, new ValueSet<NodeId>([recipient])));

    static string OnRelease(Pen pen, NodeId by, int version, DateOnly? on = null)
    {
        var entry = pen.Write(by, new CaseFileReleased(version, Sample.Letter), written => written with { HappenedOn = on ?? Sample.Today });
        return pen.Fold().On(entry);
    }

    static string OnWrite(Pen pen, NodeId by, Body body)
    {
        var entry = pen.Write(by, body);
        return pen.Fold().On(entry);
    }
}
