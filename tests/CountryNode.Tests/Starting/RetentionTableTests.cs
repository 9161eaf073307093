using Coordination.CountryNode.Offices;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Starting;

/// <summary>The table of periods: what it says, and what is wrong with it, all at once.</summary>
public sealed class RetentionTableTests : IDisposable
{
    readonly string _file = Path.GetTempFileName();

    [Fact]
    public void The_example_names_every_class_once_and_no_period_is_built_in()
    {
        var (table, faults) = Read(File.ReadAllText(Path.Combine(Checkout.Root, "infra", "retention.example.json")));
        faults.ShouldBeEmpty();
        table!.Rules.Select(rule => rule.Class).ShouldBe(Enum.GetValues<DataClass>());
        table.Rules.Single(rule => rule.Class is DataClass.CaseWithdrawn).ShouldBe(new RetentionRule(DataClass.CaseWithdrawn, 0, RetentionAction.Erase));
        RetentionTable.Empty.Rules.ShouldBeEmpty();
        Read("{}").Table!.Rules.ShouldBeEmpty();
    }

    [Fact]
    public void Every_fault_of_a_table_is_named_at_once()
    {
        var (table, faults) = Read("""
            { "table": [
                { "class": "names", "days": 1, "action": "erase", "source": "a law" },
                { "class": "case-declined", "days": -1, "action": "erase", "source": "a law" },
                { "class": "case-cancelled", "action": "erase", "source": "a law" },
                { "class": "case-completed", "days": 10, "action": "delete", "source": "a law" },
                { "class": "refused", "days": 10, "action": "erase", "source": "a law" },
                { "class": "submission-decided", "days": 10, "action": "hide", "source": "a law" },
                { "class": "answer", "days": 29, "action": "delete", "source": "a law" },
                { "class": "case-withdrawn", "days": 0, "action": "erase", "source": " " },
                { "class": "case-withdrawn", "days": 40000, "action": "erase", "source": "a law" },
                { "class": "case-entered-in-error", "days": 1, "action": "erase", "source": "a law" },
                { "class": "case-entered-in-error", "days": 2, "action": "erase", "source": "a law" },
                null ] }
            """);
        table.ShouldBeNull();
        foreach (var says in (string[])[
            "names is no class of data: one of case-completed, case-declined", "case-declined: -1 days is no period", "case-cancelled: null days is no period", "case-completed: delete does not fit",
            "refused: erase does not fit", "submission-decided: hide is no action: one of erase, delete", "answer: 29 days are too short", "case-withdrawn names no source", "case-withdrawn: 40000 days is no period",
            "case-entered-in-error stands there twice", "null is no class of data"]) faults.ShouldContain(fault => fault.Contains(says, StringComparison.Ordinal), says);
    }

    [Theory]
    [InlineData("{ \"table\": [ { \"class\": \"refused\", \"years\": 1 } ] }", "line 1, at $.table[0].years, is not as it should be")]
    [InlineData("{ \"table\": [ { \"class\": \"refused\", \"days\": 1.5 } ] }", "is not as it should be")]
    [InlineData("nonsense", "is no table of periods")]
    public void What_is_no_table_is_said_to_be_none(string content, string says) => Read(content).Faults.ShouldHaveSingleItem().ShouldContain(says);

    public void Dispose() => File.Delete(_file);

    (RetentionTable? Table, IReadOnlyList<string> Faults) Read(string content)
    {
        File.WriteAllText(_file, content);
        return RetentionTable.Read(_file);
    }
}
