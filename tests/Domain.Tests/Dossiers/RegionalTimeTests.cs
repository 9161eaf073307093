using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class RegionalTimeTests
{
    [Theory]
    [InlineData("CN", "2026-03-01T15:59:59Z", "2026-03-01T16:00:00Z")]
    [InlineData("KH", "2026-03-01T16:59:59Z", "2026-03-01T17:00:00Z")]
    [InlineData("LA", "2026-03-01T16:59:59Z", "2026-03-01T17:00:00Z")]
    [InlineData("MM", "2026-03-01T17:29:59Z", "2026-03-01T17:30:00Z")]
    [InlineData("TH", "2026-03-01T16:59:59Z", "2026-03-01T17:00:00Z")]
    [InlineData("VN", "2026-03-01T16:59:59Z", "2026-03-01T17:00:00Z")]
    [InlineData("SEC", "2026-03-01T16:59:59Z", "2026-03-01T17:00:00Z")]
    public void A_day_begins_at_midnight_in_the_country(string node, string lastMoment, string firstMoment)
    {
        RegionalTime.Today(NodeId.Parse(node), DateTimeOffset.Parse(lastMoment)).ShouldBe(new DateOnly(2026, 3, 1));
        RegionalTime.Today(NodeId.Parse(node), DateTimeOffset.Parse(firstMoment)).ShouldBe(new DateOnly(2026, 3, 2));
    }

    [Fact]
    public void The_offset_in_which_an_instant_is_written_does_not_matter()
    {
        var instant = new DateTimeOffset(2026, 3, 1, 17, 0, 0, TimeSpan.Zero);
        foreach (var hours in new[] { -11, 0, 7, 14 })
            RegionalTime.Today(NodeId.Parse("TH"), instant.ToOffset(TimeSpan.FromHours(hours))).ShouldBe(new DateOnly(2026, 3, 2));
    }

    [Fact]
    public void No_country_changes_its_clocks_in_the_year()
    {
        foreach (var node in new[] { "CN", "KH", "LA", "MM", "TH", "VN" })
        {
            for (var month = 1; month <= 12; month++)
                RegionalTime.Today(NodeId.Parse(node), new DateTimeOffset(2026, month, 9, 12, 0, 0, TimeSpan.Zero)).ShouldBe(new DateOnly(2026, month, 9));
        }
    }
}
