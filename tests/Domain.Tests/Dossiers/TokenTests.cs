using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests.Dossiers;

public sealed class TokenTests
{
    static readonly byte[] Ascending = [.. Enumerable.Range(1, Token.Length).Select(i => (byte)i)];

    [Fact]
    public void A_token_reads_from_the_bytes_that_it_writes()
    {
        Token.TryRead(Ascending, out var token).ShouldBeTrue();
        token.ToArray().ShouldBe(Ascending);
        token.ToString().ShouldBe("0102030405060708090a0b0c0d0e0f10");
        Token.TryRead(Ascending.AsSpan(1), out _).ShouldBeFalse();
    }

    [Fact]
    public void An_earlier_referral_is_named_alike_by_all_who_hold_it_and_by_nothing_that_it_shows()
    {
        var one = Pen.Open(Pair.Usual).Id;
        var other = Pen.Open(Pair.Usual, salt: 1).Id;

        Token.OfEarlier(one).ShouldBe(Token.OfEarlier(one));
        Token.OfEarlier(one).ShouldNotBe(Token.OfEarlier(other));
        one.ToString().ShouldNotContain(Token.OfEarlier(one).ToString());
    }
}
