using Coordination.CountryNode.Offices;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Starting;

/// <summary>The directory file: what it says, and what is wrong with it, all at once.</summary>
public sealed class DirectoryTests : IDisposable
{
    readonly string _file = Path.GetTempFileName();

    [Fact]
    public void An_office_that_would_be_told_and_acts_nowhere_is_named()
    {
        var directory = Read("""{ "duty": { "TH": "focal-point@night", "LA": "focal-point@ahtd" }, "supervising": { "case-worker@datip": "focal-point@head", "focal-point@elsewhere": "focal-point@above" } }""");
        directory.FaultsAt(Node("TH"), [Office("focal-point@night"), Office("case-worker@datip"), Office("focal-point@head")]).ShouldBeEmpty();
        directory.FaultsAt(Node("VN"), [Office("focal-point@c02")]).ShouldBeEmpty();
        var faults = directory.FaultsAt(Node("TH"), [Office("case-worker@datip")]);
        faults.Count.ShouldBe(2);
        faults[0].ShouldContain("focal-point@night as TH's office on duty");
        faults[1].ShouldContain("focal-point@head to supervise case-worker@datip");
    }

    [Fact]
    public void The_example_is_one_and_says_what_it_says()
    {
        var directory = Read(File.ReadAllText(Path.Combine(Checkout.Root, "infra", "directory.example.json")));
        directory.SupervisingOf(Office("case-worker@datip")).ShouldBe(Office("focal-point@datip-head"));
        directory.SupervisingOf(Office("auditor@datip")).ShouldBeNull();
        (directory.DutyOf(Lao), directory.DutyOf(Node("VN"))).ShouldBe((Office("focal-point@ahtd"), null));
        (directory.NeedsApproval(new CaseFileReleased(1, default)), directory.NeedsApproval(new Acknowledged())).ShouldBe((true, false));
        (directory.ApprovalReminder, Read("{}").ApprovalReminder).ShouldBe((new Wait(4, TimeUnit.Hours), new Wait(1, TimeUnit.WorkingDays)));
        var here = directory.At([Office("focal-point@datip")]);
        (here.ApprovalReminder, here.IsHere(Office("focal-point@datip")), here.IsHere(Office("focal-point@ahtd"))).ShouldBe((directory.ApprovalReminder, true, false));
        directory.Calendar.CountsHolidaysOf(Lao).ShouldBeTrue();
        directory.Calendar.CountsHolidaysOf(Node("TH")).ShouldBeFalse();
        directory.Calendar.IsWorkingDay(Lao, new DateOnly(2027, 4, 14)).ShouldBeFalse();
        directory.Calendar.IsWorkingDay(Node("TH"), new DateOnly(2027, 4, 14)).ShouldBeTrue();
    }

    [Fact]
    public void What_a_pair_has_agreed_holds_for_it_alone_and_slows_nothing_urgent_down_unless_it_says_so()
    {
        var directory = Read("""
            { "clocks": [
                { "with": "LA", "clock": "Acknowledge", "due": { "count": 9, "unit": "WorkingDays" }, "source": "one" },
                { "with": "LA", "clock": "FollowUp", "number": 2, "due": { "count": 2, "unit": "Months" }, "source": "one" },
                { "with": "VN", "clock": "Acknowledge", "urgency": "Urgent", "due": { "count": 1, "unit": "Hours" }, "source": "two" } ] }
            """);
        Due("LA", Clock.Acknowledge, Urgency.Routine).ShouldBe(new Wait(9, TimeUnit.WorkingDays));
        Due("LA", Clock.Acknowledge, Urgency.Urgent).ShouldBe(new Wait(4, TimeUnit.Hours));
        Due("VN", Clock.Acknowledge, Urgency.Urgent).ShouldBe(new Wait(1, TimeUnit.Hours));
        Due("VN", Clock.Acknowledge, Urgency.Routine).ShouldBe(new Wait(2, TimeUnit.WorkingDays));
        Due("LA", Clock.FollowUp, Urgency.Urgent, 2).ShouldBe(new Wait(2, TimeUnit.Months));
        Due("KH", Clock.FollowUp, Urgency.Routine, 2).ShouldBe(new Wait(3, TimeUnit.Months));
        foreach (var urgency in Enum.GetValues<Urgency>()) directory.ClocksWith(Lao, urgency).Fault().ShouldBeNull();

        Wait? Due(string with, Clock clock, Urgency urgency, int number = 0) => directory.ClocksWith(Node(with), urgency).Of(clock, number, urgency).Due;
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_in_a_sentence_each()
    {
        var faults = Faults("""
            {
              "supervising": { "minister@datip": "focal-point", "nobody": "focal-point@datip-head", "case-worker@datip": "case-worker@datip", "approver@datip": null },
              "duty": { "XX": "focal-point@datip", "SEC": "focal-point@sec", "LA": "ahtd" },
              "approval": ["Agreed", "FoundSafe", "ConsentWithdrawn", "ContactEnded", "NotArrived", "NotUnderstood"],
              "approvalReminder": { "count": 2, "unit": "Weeks" },
              "clocks": [
                { "with": "Lao", "clock": "Arrive", "due": { "count": 5, "unit": "Hours" }, "source": "" },
                { "with": "VN", "clock": "Sometime", "due": { "count": 5, "unit": "Weeks" }, "source": "an instrument" },
                { "with": "KH", "clock": "Arrive", "source": "an instrument" },
                { "with": "CN", "clock": "Arrive", "number": 1, "due": { "count": 1001, "unit": "Hours" }, "source": "an instrument" },
                { "with": "MM", "clock": "Find", "due": { "count": 5, "unit": "Hours" }, "source": "an instrument" },
                { "with": "MM", "clock": "Find", "urgency": "Soon", "due": { "count": 6, "unit": "Hours" }, "source": "an instrument" }
              ],
              "holidays": [ { "country": "LA", "days": ["2027-04-14"] }, { "country": "ZZ", "source": "a decree", "days": [] }, { "country": "TH", "source": "a decree", "days": ["14 April"] } ]
            }
            """);
        foreach (var says in (string[])[
            "supervising names minister@datip, which is no role@unit", "supervising names nobody, which is no role@unit", "supervising names case-worker@datip as its own", "supervising names null, which",
            "duty names XX, which is no country", "duty names SEC, which is no country", "duty names ahtd, which is no role@unit",
            "approval names Agreed, which is no statement", "approval names FoundSafe, which never waits", "approval names ConsentWithdrawn, which never waits",
            "approval names ContactEnded, which never waits", "approval names NotArrived, which never waits", "approval names NotUnderstood, which is no statement", "approvalReminder: 2 Weeks is no time",
            "clocks names Lao, which is no country", "clocks with Lao: Arrive names no source", "clocks with VN: Sometime is no clock", "clocks with VN: Sometime: 5 Weeks is no time",
            "clocks with KH: Arrive is due after a time", "clocks with CN: Arrive: 1001 Hours is no time", "clocks with CN: The clocks number follow-ups alone",
            "clocks with MM: Find holds for Soon, which is neither", "clocks with MM: The clocks name Find once",
            "holidays of LA name no source", "holidays names ZZ, which is no country", "holidays of TH: days such as"])
            faults.Count(fault => fault.StartsWith($"{_file}: {says}", StringComparison.Ordinal)).ShouldBe(1, $"{says}\n{string.Join('\n', faults)}");
        faults.Count.ShouldBe(26, string.Join('\n', faults));
        faults.ShouldAllBe(fault => fault.EndsWith('.') && !fault.Contains("Coordination.", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("", "it is not as it should be")]
    [InlineData("null", "it is not as it should be")]
    [InlineData("[]", "line 1")]
    [InlineData("{ \"duty\": { \"LA\": 5 } }", "line 1, at $.duty.LA,")]
    [InlineData("{\n \"dutty\": {} }", "line 2, at $.dutty,")]
    [InlineData("{ \"duty\": null }", "line 1")]
    [InlineData("{ \"duty\": { \"LA\": \"focal-point@a\", \"LA\": \"focal-point@b\" } }", "line 1")]
    [InlineData("{ \"approval\": [\"Opened\"", "line 1")]
    public void A_file_that_is_no_directory_is_named_with_the_place(string content, string where)
    {
        var fault = Faults(content).ShouldHaveSingleItem();
        fault.ShouldStartWith($"{_file} is no directory of offices: ");
        fault.ShouldContain("See infra/directory.example.json.");
        if (content is not "") fault.ShouldContain(where);
        fault.ShouldNotContain("Coordination.Country");
    }

    public void Dispose() => File.Delete(_file);

    static NodeId Lao => Node("LA");

    static NodeId Node(string id) => NodeId.Parse(id);

    static Office Office(string text) => HomeNode.Parse(text);

    OfficeDirectory Read(string content)
    {
        File.WriteAllText(_file, content);
        var (directory, faults) = OfficeDirectory.Read(_file);
        faults.ShouldBeEmpty();
        return directory!;
    }

    IReadOnlyList<string> Faults(string content)
    {
        File.WriteAllText(_file, content);
        var (directory, faults) = OfficeDirectory.Read(_file);
        directory.ShouldBeNull();
        return faults;
    }
}
