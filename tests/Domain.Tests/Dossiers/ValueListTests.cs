using System.Collections.Immutable;
using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class ValueListTests
{
    static readonly ValueList<int> OneTwo = new([1, 2]);

    [Fact]
    public void Lists_of_the_same_members_in_the_same_order_are_equal()
    {
        new ValueList<int>([1, 2]).ShouldBe(OneTwo);
        (new ValueList<int>([1, 2]) == OneTwo).ShouldBeTrue();
        new ValueList<int>([1, 2]).GetHashCode().ShouldBe(OneTwo.GetHashCode());
        (new ValueList<int>([2, 1]) != OneTwo).ShouldBeTrue();
        OneTwo.ToString().ShouldBe("1, 2");
    }

    [Fact]
    public void A_list_that_was_never_filled_is_empty()
    {
        (default == new ValueList<int>([])).ShouldBeTrue();
        default(ValueList<int>).Count.ShouldBe(0);
        default(ValueList<int>).Add(1).Count.ShouldBe(1);
    }

    [Fact]
    public void A_list_in_brackets_holds_what_stands_there()
    {
        ValueList<int> list = [1, .. ImmutableArray.Create(2)];
        (list == OneTwo).ShouldBeTrue();
    }

    [Fact]
    public void Adding_and_choosing_leave_the_list_as_it_was()
    {
        OneTwo.Add(3).Where(member => member > 1).ToImmutableArray().ShouldBe([2, 3]);
        OneTwo.Count.ShouldBe(2);
    }
}
