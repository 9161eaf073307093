using System.Collections.Immutable;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using FsCheck;
using FsCheck.Fluent;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>What is written is read: of every statement, with whatever it may hold.</summary>
public sealed class RoundTripTests
{
    const int Many = 5_000;

    [Fact]
    public void Whatever_a_node_writes_is_read_as_it_was_meant()
    {
        var written = new HashSet<string>(StringComparer.Ordinal);
        Prop.ForAll(Arb.From(Entries), draft =>
        {
            written.Add(NameOf(draft.Body));
            var (entry, bytes) = EntryWire.Write(draft, draft.Opening is null ? [] : GoldenEntries.Nonce);
            var hash = EntryHash.Of(bytes);
            entry.ShouldSay(draft with { Hash = hash, Dossier = draft.Opening is null ? draft.Dossier : new DossierId(hash) });
            EntryWire.Write(entry, draft.Opening is null ? [] : GoldenEntries.Nonce).Bytes.ShouldBe(bytes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Many).WithQuietOnSuccess(true));
        written.ShouldBe(GoldenEntries.All.Values.Select(entry => NameOf(entry.Body)).Distinct(), ignoreOrder: true);

        static string NameOf(Body body) => body is Corrected corrected ? $"{body.Name} {corrected.Replacement?.Name}" : body.Name;
    }

    static Gen<T> Code<T>() where T : struct, Enum => Gen.Elements(Enum.GetValues<T>());

    static Gen<T?> Maybe<T>(Gen<T> value) where T : struct => Gen.OneOf(value.Select(given => (T?)given), Gen.Constant((T?)null));

    static Gen<bool> YesOrNo => Gen.Elements(true, false);

    static Gen<NodeId> Country => Gen.Elements("KH", "CN", "LA", "MM", "TH", "VN").Select(NodeId.Parse);

    static Gen<NodeId> Node => Gen.OneOf(Country, Gen.Constant(NodeId.Parse("SEC")));

    static Gen<DateOnly> Day => Gen.Choose(FieldReader.Earliest.DayNumber, FieldReader.Latest.DayNumber).Select(DateOnly.FromDayNumber);

    static Gen<DateTimeOffset> Instant =>
        from day in Day
        from second in Gen.Choose(0, 86_399)
        from tick in Gen.Choose(0, 9_999_999)
        select new DateTimeOffset(day.ToDateTime(TimeOnly.MinValue), TimeSpan.Zero).AddSeconds(second).AddTicks(tick);

    static Gen<byte[]> Bytes(int length) => Gen.Choose(0, 255).Select(number => (byte)number).ArrayOf(length);

    static Gen<Digest> Hashed => Bytes(Domain.Dossiers.Digest.Length).Select(bytes => Domain.Dossiers.Digest.TryRead(bytes, out var digest) ? digest : default);

    static Gen<EntryHash> Hash => Bytes(EntryHash.Length).Select(bytes => EntryHash.Read(bytes));

    static Gen<Token> Named => Bytes(Token.Length).Select(bytes => Token.TryRead(bytes, out var token) ? token : default);

    static Gen<string> Letters(string of, int most) =>
        from length in Gen.Choose(1, most)
        from letters in Gen.Elements(of.ToCharArray()).ArrayOf(length)
        select new string(letters);

    static Gen<PlaceCode> Place =>
        from country in Country
        from parts in Letters("ABCXYZ0189", PlaceCode.PartLength).ArrayOf(2)
        from both in YesOrNo
        select PlaceCode.TryParse(string.Join('-', [country.ToString(), .. both ? parts : parts[..1]]), out var place) ? place : throw new FormatException();

    static Gen<Office> Acting =>
        from role in Code<Role>()
        from unit in Letters("abcxyz0189-", Office.UnitLength - 1)
        select Office.TryCreate(role, $"u{unit}", out var office) ? office : throw new FormatException();

    static Gen<ValueSet<T>> SomeOf<T>(Gen<T> member, int least) where T : struct =>
        from count in Gen.Choose(least, 5)
        from members in member.ArrayOf(count)
        select new ValueSet<T>(members);

    static Gen<Consent> Consented =>
        from purposes in SomeOf(Code<Purpose>(), 1)
        from recipients in SomeOf(Country, 1)
        from until in Day
        select new Consent(purposes, recipients, until);

    static Gen<Wait> Waiting =>
        from count in Gen.Choose(1, Wait.Most)
        from unit in Code<TimeUnit>()
        select new Wait(count, unit);

    static Gen<ClockTerms> Terms =>
        from clock in Code<Clock>()
        from number in Gen.Choose(0, 99)
        from warn in Maybe(Waiting)
        from due in Maybe(Waiting)
        select new ClockTerms(clock, number, warn, due);

    static Gen<Opened> Openeds =>
        from type in Code<ReferralType>()
        from host in Country
        from origin in Country
        from instrument in Code<Instrument>()
        from urgency in Code<Urgency>()
        from minority in Code<Minority>()
        from basis in Code<Basis>()
        from consent in Gen.OneOf(Consented.Select(given => (Consent?)given), Gen.Constant((Consent?)null))
        from authorisedBy in Maybe(Code<AuthorisedBy>())
        from afterReturn in YesOrNo
        from onPaper in YesOrNo
        from replyBy in Day
        from bestInterestsOn in Maybe(Day)
        from earlier in Maybe(Named)
        from @group in Maybe(Named)
        from assistance in Maybe(Named)
        from count in Gen.Choose(0, 30)
        from clocks in Terms.ArrayOf(count)
        select new Opened(type, host, origin, instrument, urgency, minority, basis, consent, authorisedBy, afterReturn, onPaper, replyBy, bestInterestsOn,
            new Links(earlier, @group, assistance), new Clocks(new([.. clocks])));

    static Gen<WithdrawalScope> Scopes => Gen.OneOf(
        Gen.Constant((WithdrawalScope)new WithdrawalScope.Everything()),
        from purposes in SomeOf(Code<Purpose>(), 0)
        from recipients in SomeOf(Country, purposes.Count == 0 ? 1 : 0)
        select (WithdrawalScope)new WithdrawalScope.Part(purposes, recipients));

    static Gen<Happening> OnAJourney(Func<Token, PlaceCode, DateTimeOffset, Happening> happening) =>
        from plan in Named
        from place in Place
        from at in Instant
        select happening(plan, place, at);

    static Gen<Happening> Stopped =>
        from fate in Code<DataFate>()
        from basis in Code<RetentionBasis>()
        from paper in Code<PaperRecall>()
        select (Happening)new DataStopped(fate, fate is DataFate.Retained ? basis : null, paper);

    static Gen<Happening> Correctables => Gen.Frequency(
        (1, Acting.Select(office => (Happening)new UnitAssigned(office))),
        (1, Consented.Select(consent => (Happening)new ConsentRecorded(consent))),
        (8, Gen.Elements<Happening>(
            new CaseFileReceived(), new IdentificationChanged(), new ReintegrationStarted(), new AppearanceDone(), new EntitlementNoted(),
            new ProceedingsNoted(), new ContactEnded(), new ContactResumed())),
        (1, from finding in Code<Finding>() from safetyPlan in YesOrNo from careSuitable in YesOrNo select (Happening)new AssessmentReported(finding, safetyPlan, careSuitable)),
        (1, from wish in Code<Wish>() from day in Day select (Happening)new WishRecorded(wish, day)),
        (1, from safeguard in Code<Safeguard>() from day in Day select (Happening)new ChildSafeguardRecorded(safeguard, day)),
        (1, from item in Code<PreparationItem>() from status in Code<PreparationStatus>() select (Happening)new PreparationReported(item, status)),
        (1, OnAJourney((plan, place, at) => new Accompanied(plan, place, at))),
        (1, OnAJourney((plan, place, at) => new DidNotTravel(plan, place, at))),
        (1, OnAJourney((plan, place, at) => new Met(plan, place, at))),
        (1, OnAJourney((plan, place, at) => new NotArrived(plan, place, at))),
        (1, from plan in Named from country in Country select (Happening)new FoundSafe(plan, country)),
        (1, from number in Gen.Choose(1, 99) from result in Code<FollowUpResult>() from next in Maybe(Day) select (Happening)new FollowUpReported(number, result, next)),
        (1, Stopped));

    /// <summary>Each statement about as often as any other.</summary>
    static Gen<Body> Bodies => Gen.Frequency(
        (21, Correctables.Select(happening => (Body)happening)),
        (21, Correctables.Select(happening => (Body)new Corrected(happening))),
        (3, Openeds.Select(opened => (Body)opened)),
        (3, Scopes.Select(scope => (Body)new ConsentWithdrawn(scope))),
        (13, Gen.Elements<Body>(
            new Corrected(null), new ContinuedOnPaper(), new Acknowledged(), new TakenUp(), new Cancelled(), new InformationRequested(),
            new InformationSupplied(), new TracingAnswered(), new ReturnAgreed(), new HoldEnded(), new ReturnPostponed(),
            new AppearanceAsked(), new EnteredInError())),
        (11, Gen.OneOf(
            Code<Resolution>().Select(code => (Body)new Resolved(code)),
            Code<DeclineReason>().Select(code => (Body)new Declined(code)),
            Code<LocationAnswer>().Select(code => (Body)new LocationAnswered(code)),
            Code<AppearanceAnswer>().Select(code => (Body)new AppearanceAnswered(code)),
            Code<ReferralOutcome>().Select(code => (Body)new Completed(code)),
            Code<MissingStep>().Select(code => (Body)new Lapsed(code)),
            Country.Select(country => (Body)new OnwardProposed(country)),
            YesOrNo.Select(agreed => (Body)new OnwardAnswered(agreed)),
            from version in Gen.Choose(1, int.MaxValue) from file in Hashed select (Body)new CaseFileReleased(version, file),
            from until in Day from agrees in YesOrNo select (Body)new ReturnHeld(until, agrees),
            from plan in Named
            from replaces in Maybe(Named)
            from travelOn in Day
            from meetingAt in Instant
            from meetingPoint in Place
            select (Body)new ReturnPlanned(plan, replaces, travelOn, meetingAt, meetingPoint))));

    static Gen<Opening> Openings =>
        from version in Gen.Choose(1, Referral.ProtocolVersion)
        from writers in Node.ArrayOf(2)
        from readers in Node.ArrayOf(1)
        from read in YesOrNo
        select new Opening(Kind.Referral, version, [.. writers], read ? [.. readers] : []);

    static Gen<ImmutableArray<ParticularsDigest>> Particulars =>
        from recipients in SomeOf(Node, 0)
        from digests in Hashed.ArrayOf(recipients.Count)
        select recipients.Zip(digests, (recipient, digest) => new ParticularsDigest(recipient, digest)).ToImmutableArray();

    static Gen<Head> Heads =>
        from author in Node
        from seq in Gen.Choose(1, int.MaxValue)
        from hash in Hash
        select new Head(author, seq, hash);

    static Gen<Entry> Entries =>
        from dossier in Hash
        from author in Node
        from seq in Gen.Choose(1, int.MaxValue)
        from previous in Maybe(Hash)
        from count in Gen.Choose(0, 6)
        from seen in Heads.ArrayOf(count)
        from answers in Maybe(Hash)
        from writtenAt in Instant
        from happenedOn in Day
        from channel in Code<Channel>()
        from office in Acting
        from onBehalfOf in Maybe(Country)
        from letter in Maybe(Hashed)
        from particulars in Particulars
        from opening in Gen.OneOf(Openings.Select(given => (Opening?)given), Gen.Constant((Opening?)null))
        from body in Bodies
        select new Entry(
            default, new DossierId(dossier), author, seq, previous, [.. seen], answers, writtenAt, happenedOn, channel, office, onBehalfOf, letter, particulars, opening, body);
}
