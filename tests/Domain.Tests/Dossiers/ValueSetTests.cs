using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class ValueSetTests
{
    static readonly ValueSet<Purpose> ReturnAndTracing = new([Purpose.Return, Purpose.FamilyTracing]);

    [Fact]
    public void Sets_of_the_same_members_are_equal_whatever_their_order()
    {
        var same = new ValueSet<Purpose>([Purpose.FamilyTracing, Purpose.Return, Purpose.Return]);

        same.ShouldBe(ReturnAndTracing);
        (same == ReturnAndTracing).ShouldBeTrue();
        same.GetHashCode().ShouldBe(ReturnAndTracing.GetHashCode());
        same.Count.ShouldBe(2);
        same.ToString().ShouldBe("Return, FamilyTracing");
        (ReturnAndTracing != new ValueSet<Purpose>([Purpose.Return])).ShouldBeTrue();
    }

    [Fact]
    public void A_set_that_was_never_filled_is_empty()
    {
        default(ValueSet<Purpose>).ShouldBe(new ValueSet<Purpose>([]));
        default(ValueSet<Purpose>).GetHashCode().ShouldBe(new ValueSet<Purpose>([]).GetHashCode());
        default(ValueSet<Purpose>).Contains(Purpose.Return).ShouldBeFalse();
        default(ValueSet<Purpose>).ShouldBeEmpty();
    }

    [Fact]
    public void What_is_taken_away_is_gone_and_the_rest_stays()
    {
        ReturnAndTracing.Except(new ValueSet<Purpose>([Purpose.Return, Purpose.Proceedings])).ShouldBe(new ValueSet<Purpose>([Purpose.FamilyTracing]));
        ReturnAndTracing.Except(default).ShouldBe(ReturnAndTracing);
        ReturnAndTracing.Except(ReturnAndTracing).ShouldBeEmpty();
    }
}
