using Coordination.Contracts.Dossier.V1;
using Coordination.Hosting.Evidence;
using Google.Protobuf;

namespace Coordination.CountryNode.Tests.Evidence;

/// <summary>An access log in which something was changed names the first row that is wrong.</summary>
public sealed class AccessChainTests
{
    readonly List<KeptAccessRow> _rows = [];

    public AccessChainTests()
    {
        for (var number = 1; number <= 5; number++) _rows.Add(Row((ulong)number, number == 1 ? ByteString.Empty : _rows[^1].Hash, "somebody"));
    }

    [Fact]
    public void A_log_that_nobody_touched_is_whole() => AccessChain.FlawIn(_rows).ShouldBeNull();

    [Fact]
    public void No_byte_of_a_row_can_be_changed_unnoticed()
    {
        var whole = _rows[2].Row.ToByteArray();
        for (var place = 0; place < whole.Length; place++)
        {
            var changed = (byte[])whole.Clone();
            changed[place] ^= 1;
            _rows[2].Row = ByteString.CopyFrom(changed);
            AccessChain.FlawIn(_rows).ShouldNotBeNull($"byte {place}").ShouldStartWith("Row 3 ");
        }
    }

    [Fact]
    public void A_row_that_was_written_anew_with_its_hash_breaks_the_next_one()
    {
        _rows[2] = Row(3, _rows[1].Hash, "somebody else");
        AccessChain.FlawIn(_rows).ShouldBe("Row 4 was changed, or one before it with its hash: it has another hash than the one that was kept with it.");
    }

    [Fact]
    public void A_row_that_is_missing_twice_there_or_out_of_order_is_named()
    {
        Without(2).ShouldBe("Row 3 is missing: row 4 stands in its place.");
        Without(0).ShouldBe("Row 1 is missing: row 2 stands in its place.");
        AccessChain.FlawIn([.. _rows.Take(2), .. _rows.Skip(1)]).ShouldBe("Row 3 is missing: row 2 stands in its place.");
        AccessChain.FlawIn([_rows[0], _rows[2], _rows[1]]).ShouldBe("Row 2 is missing: row 3 stands in its place.");
        AccessChain.FlawIn([]).ShouldBe("The log holds no row: reading it leaves one.");

        string? Without(int place) => AccessChain.FlawIn([.. _rows.Where((_, at) => at != place)]);
    }

    static KeptAccessRow Row(ulong number, ByteString before, string person)
    {
        var row = new AccessRow { Number = number, Person = person, Act = AccessAct.CaseFile }.ToByteString();
        return new() { Row = row, Hash = ByteString.CopyFrom(AccessChain.HeadOf(before.Span, AccessChain.DigestOf(row.Span))) };
    }
}
