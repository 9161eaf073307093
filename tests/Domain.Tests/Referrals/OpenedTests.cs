using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

public sealed class OpenedTests
{
    static readonly NodeId Thailand = NodeId.Parse("TH");
    static readonly NodeId Lao = NodeId.Parse("LA");
    static readonly NodeId Secretariat = NodeId.Parse("SEC");

    public static TheoryData<ReferralType> Types => [.. Enum.GetValues<ReferralType>()];

    public static TheoryData<Minority, AuthorisedBy> MinorsAndWhoAuthorised => new(
        from minority in new[] { Minority.Minor, Minority.Disputed }
        from authorisedBy in Enum.GetValues<AuthorisedBy>()
        select (minority, authorisedBy));

    [Theory, MemberData(nameof(Types))]
    public void A_referral_stands_as_it_was_opened(ReferralType type)
    {
        var pair = Pair.Usual with { Type = type };
        var opened = Sample.Opened(pair);

        var referral = Open(pair, opened).ShouldBeOfType<Applied<Referral>>().State;
        (referral.State, referral.Opened, referral.Consent, referral.Stay).ShouldBe((ReferralState.Sent, opened, opened.Consent, pair.Host));
        referral.Parties.ShouldBe(new Parties(pair.Sender, pair.Receiver, pair.Host, pair.Origin));
        referral.Offices.ShouldHaveSingleItem().ShouldBe(new OfficeInCharge(pair.Sender, Sample.Desk));
    }

    [Theory]
    [InlineData(ReferralType.Repatriation, "TH")]
    [InlineData(ReferralType.Reintegration, "TH")]
    [InlineData(ReferralType.FamilyTracing, "TH")]
    [InlineData(ReferralType.HostProtection, "TH")]
    [InlineData(ReferralType.WitnessAppearance, "TH")]
    [InlineData(ReferralType.LocateAndProtect, "LA")]
    public void The_host_opens_a_referral_but_the_origin_asks_to_locate(ReferralType type, string opener)
    {
        var opened = Sample.Opened(new Pair(Host: Thailand, Origin: Lao, type));
        var wrong = opener is "TH" ? Lao : Thailand;
        var right = opener is "TH" ? Thailand : Lao;

        Open(opened, right, wrong).Word().ShouldBe("applied");
        Open(opened, wrong, right).Word().ShouldBe(nameof(ReasonCode.WrongParticipant));
        (Parties.Of(opened).Sender, Parties.Of(opened).Receiver).ShouldBe((right, wrong));
    }

    [Theory, MemberData(nameof(MinorsAndWhoAuthorised))]
    public void A_minors_referral_names_who_authorised_it(Minority minority, AuthorisedBy authorisedBy)
    {
        var opened = Sample.Opened(Pair.Usual) with { Minority = minority };

        Open(opened).Word().ShouldBe(nameof(ReasonCode.AuthorisationMissing));
        Open(opened with { AuthorisedBy = authorisedBy }).Word().ShouldBe("applied");
    }

    [Fact]
    public void Nobody_else_authorises_an_adults_referral() =>
        Open(Sample.Opened(Pair.Usual) with { AuthorisedBy = AuthorisedBy.Parent }).Word().ShouldBe(nameof(ReasonCode.WrongForm));

    [Theory]
    [InlineData(Minority.Minor)]
    [InlineData(Minority.Disputed)]
    public void A_childs_family_is_traced_only_after_the_best_interests_were_determined(Minority minority)
    {
        var pair = Pair.Usual with { Type = ReferralType.FamilyTracing };
        var opened = Sample.Opened(pair) with { Minority = minority, AuthorisedBy = AuthorisedBy.ChildProtectionAuthority };

        Open(pair, opened).Word().ShouldBe(nameof(ReasonCode.BestInterestsMissing));
        Open(pair, opened with { BestInterestsOn = Sample.Today.AddDays(1) }).Word().ShouldBe(nameof(ReasonCode.BestInterestsMissing));
        Open(pair, opened with { BestInterestsOn = Sample.Today }).Word().ShouldBe("applied");
    }

    [Theory, MemberData(nameof(Types))]
    public void Only_the_tracing_of_a_childs_family_waits_for_the_best_interests(ReferralType type)
    {
        var pair = Pair.Usual with { Type = type };
        var adult = Sample.Opened(pair);
        var child = adult with { Minority = Minority.Minor, AuthorisedBy = AuthorisedBy.AppointedGuardian };

        Open(pair, adult).Word().ShouldBe("applied");
        Open(pair, child).Word().ShouldBe(type is ReferralType.FamilyTracing ? nameof(ReasonCode.BestInterestsMissing) : "applied");
    }

    [Fact]
    public void Consent_names_the_receiver()
    {
        var opened = Sample.Opened(Pair.Usual);

        Open(opened with { Consent = null }).Word().ShouldBe(nameof(ReasonCode.ConsentMissing));
        Open(opened with { Consent = opened.Consent! with { Recipients = default } }).Word().ShouldBe(nameof(ReasonCode.ConsentMissing));
        Open(opened with { Consent = opened.Consent! with { Recipients = new ValueSet<NodeId>([Pair.Usual.Sender]) } }).Word().ShouldBe(nameof(ReasonCode.ConsentMissing));
        Open(opened with { Consent = opened.Consent! with { Recipients = new ValueSet<NodeId>([Pair.Usual.Receiver]) } }).Word().ShouldBe("applied");
    }

    [Fact]
    public void Consent_lasts_to_the_end_of_its_last_day()
    {
        var opened = Sample.Opened(Pair.Usual);

        Open(opened with { Consent = opened.Consent! with { Until = Sample.Today.AddDays(-1) } }).Word().ShouldBe(nameof(ReasonCode.ConsentExpired));
        Open(opened with { Consent = opened.Consent! with { Until = Sample.Today } }).Word().ShouldBe("applied");
    }

    [Theory]
    [InlineData(Basis.RiskToLife)]
    [InlineData(Basis.CourtOrder)]
    public void Where_another_basis_stands_in_no_consent_is_needed(Basis basis)
    {
        var opened = Sample.Opened(Pair.Usual) with { Basis = basis };

        Open(opened with { Consent = null }).Word().ShouldBe("applied");
        Open(opened with { Consent = opened.Consent! with { Until = Sample.Today.AddDays(-1), Recipients = default } }).Word().ShouldBe("applied");
    }

    [Fact]
    public void An_answer_is_waited_for_until_the_day_of_the_opening_or_later()
    {
        var opened = Sample.Opened(Pair.Usual);

        Open(opened with { ReplyBy = Sample.Today.AddDays(-1) }).Word().ShouldBe(nameof(ReasonCode.ReplyByPassed));
        Open(opened with { ReplyBy = Sample.Today }).Word().ShouldBe("applied");
    }

    [Theory, MemberData(nameof(Types))]
    public void After_a_return_the_person_stays_in_the_country_of_origin_where_support_or_a_court_asks(ReferralType type)
    {
        var pair = Pair.Usual with { Type = type };
        var after = Open(pair, Sample.Opened(pair) with { AfterReturn = true }).ShouldBeOfType<Applied<Referral>>().State;
        var before = Open(pair, Sample.Opened(pair)).ShouldBeOfType<Applied<Referral>>().State;

        after.Stay.ShouldBe(type is ReferralType.Reintegration or ReferralType.WitnessAppearance ? pair.Origin : pair.Host);
        before.Stay.ShouldBe(pair.Host);
    }

    [Fact]
    public void Nobody_opens_a_referral_for_another_country()
    {
        var pen = Pen.Open(Pair.Usual);
        Referral.Open(pen.Opening with { OnBehalfOf = Pair.Usual.Receiver }).Word().ShouldBe(nameof(ReasonCode.WrongForm));
        Referral.Open(pen.Opening).Word().ShouldBe("applied");
    }

    [Fact]
    public void Host_and_origin_are_two_countries()
    {
        Open(Sample.Opened(Pair.Of("TH", "TH")), Thailand, Thailand).Word().ShouldBe(nameof(ReasonCode.WrongForm));
        Open(Sample.Opened(Pair.Of("TH", "TH")), Thailand, Lao).Word().ShouldBe(nameof(ReasonCode.WrongForm));
    }

    [Theory]
    [InlineData("TH", "SEC")]
    [InlineData("SEC", "TH")]
    public void The_secretariat_holds_no_case(string host, string origin)
    {
        var pair = Pair.Of(host, origin);
        Open(pair, Sample.Opened(pair)).Word().ShouldBe(nameof(ReasonCode.WrongForm));
    }

    [Fact]
    public void The_host_and_the_origin_are_the_writers_and_nobody_reads()
    {
        var opened = Sample.Opened(Pair.Usual);
        ImmutableArray<ImmutableArray<NodeId>> wrong =
            [[], [Thailand], [Thailand, Thailand], [Thailand, Pair.Stranger], [Pair.Stranger, Lao], [Lao, Lao], [Thailand, Lao, Pair.Stranger]];

        foreach (var writers in wrong)
            Open(opened, new Opening(Kind.Referral, 1, writers, [])).Word().ShouldBe(nameof(ReasonCode.WrongForm), string.Join(", ", writers));
        foreach (var reader in new[] { Pair.Stranger, Secretariat, Lao })
            Open(opened, new Opening(Kind.Referral, 1, [Thailand, Lao], [reader])).Word().ShouldBe(nameof(ReasonCode.WrongForm), $"read by {reader}");
    }

    [Fact]
    public void Only_Opened_opens_a_referral() =>
        Open(Sample.Acknowledged, new Opening(Kind.Referral, 1, [Thailand, Lao], [])).Word().ShouldBe(nameof(ReasonCode.WrongForm));

    [Fact]
    public void Nothing_follows_an_opening_that_is_void()
    {
        var pair = Pair.Usual;
        var pen = Pen.Open(pair, Sample.Opened(pair) with { Consent = null });
        var acknowledged = pen.Write(pair.Receiver, Sample.Acknowledged);
        var dossier = pen.Fold();

        dossier.State.ShouldBeNull();
        dossier.On(pen.Opening).ShouldBe(nameof(ReasonCode.ConsentMissing));
        dossier.On(acknowledged).ShouldBe(nameof(ReasonCode.OpeningVoid));
    }

    static Outcome<Referral> Open(Opened opened) => Open(Pair.Usual, opened);

    static Outcome<Referral> Open(Pair pair, Opened opened) => Open(opened, pair.Sender, pair.Receiver);

    static Outcome<Referral> Open(Opened opened, NodeId sender, NodeId receiver) =>
        Open(opened, new Opening(Kind.Referral, Referral.ProtocolVersion, [sender, receiver], []));

    static Outcome<Referral> Open(Body body, Opening opening) =>
        Referral.Open(new Pen().OpeningEntry(opening.Writers is [var first, ..] ? first : Thailand, body, opening));
}
