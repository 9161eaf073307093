using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;

namespace Coordination.CountryNode.Tests.Evidence;

public sealed class CheckCodeTests
{
    static readonly EntryHash Entry = EntryHash.Of("an entry"u8);

    /// <summary>Reckoned by another program: Python's hashlib and int, from the remark on <see cref="CheckCode"/>.</summary>
    [Fact]
    public void A_check_code_is_what_any_program_makes_of_the_entrys_hash() => CheckCode.Of(Entry).ToString().ShouldBe("JK9HW-JHDES-59N90-JYGY2-704BY");

    [Fact]
    public void A_code_is_read_as_people_type_it()
    {
        var printed = CheckCode.Of(Entry).ToString();
        foreach (var typed in new[] { printed, printed.ToLowerInvariant(), printed.Replace("-", "", StringComparison.Ordinal), printed.Replace('-', ' '), printed.Replace('0', 'o').Replace('1', 'l') })
        {
            CheckCode.TryParse(typed, out var code).ShouldBeTrue(typed);
            code.ShouldBe(CheckCode.Of(Entry));
        }
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("00000-00000-00000-00000")]
    [InlineData("00000-00000-00000-00000-000000")]
    [InlineData("00000-00000-00000-00000-0000U")]
    [InlineData("00000-00000-00000-00000-0000*")]
    public void Anything_else_is_no_code(string? text) => CheckCode.TryParse(text, out _).ShouldBeFalse();
}
