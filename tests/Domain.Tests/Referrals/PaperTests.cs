using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>A country without a node has no key: the sender writes what it says, by letter.</summary>
public sealed class PaperTests
{
    const string WrongForm = nameof(ReasonCode.WrongForm);

    static readonly NodeId S = Pair.Usual.Sender;
    static readonly NodeId R = Pair.Usual.Receiver;

    [Fact]
    public void What_the_receiver_says_counts_by_the_letter_that_says_it()
    {
        foreach (var channel in Enum.GetValues<Channel>())
        {
            foreach (var letter in new Digest?[] { null, Sample.Letter })
            {
                var pen = OnPaper();
                var entry = pen.Write(S, Sample.Acknowledged, written => written with { OnBehalfOf = R, Channel = channel, Letter = letter });
                pen.Fold().On(entry).ShouldBe(channel is not Channel.Node && letter is not null ? "applied" : WrongForm, $"{channel}, {letter}");
            }
        }
    }

    [Fact]
    public void Without_its_name_the_senders_word_is_not_the_receivers()
    {
        var pen = OnPaper();
        var entry = pen.Write(S, Sample.Acknowledged, written => written with { Channel = Channel.Letter, Letter = Sample.Letter });
        pen.Fold().On(entry).ShouldBe(nameof(ReasonCode.WrongParticipant));
    }

    [Fact]
    public void The_sender_writes_for_the_receiver_and_for_nobody_else()
    {
        foreach (var other in new[] { S, Pair.Stranger })
        {
            var pen = OnPaper();
            var entry = pen.Write(S, Sample.Cancelled, written => written with { OnBehalfOf = other, Channel = Channel.Letter, Letter = Sample.Letter });
            pen.Fold().On(entry).ShouldBe(WrongForm);
        }
    }

    [Fact]
    public void The_receiver_writes_nothing_itself()
    {
        var pen = OnPaper();
        var entry = pen.Write(R, Sample.Acknowledged);
        pen.Fold().On(entry).ShouldBe(nameof(ReasonCode.ForeignAuthor));
    }

    [Fact]
    public void With_two_nodes_neither_writes_the_others_half()
    {
        foreach (var (author, other) in new[] { (S, R), (R, S) })
        {
            var pen = Pen.Open(Pair.Usual);
            var entry = pen.Write(author, author == S ? Sample.Acknowledged : Sample.Cancelled, written => written with { OnBehalfOf = other, Channel = Channel.Letter, Letter = Sample.Letter });
            pen.Fold().On(entry).ShouldBe(WrongForm);
        }
    }

    [Fact]
    public void A_referral_on_paper_has_its_sender_as_the_only_writer()
    {
        var opened = Sample.Opened(Pair.Usual) with { OnPaper = true };
        Opens(opened, S).ShouldBe("applied");
        Opens(opened, S, R).ShouldBe(WrongForm);
        Opens(opened with { OnPaper = false }, S).ShouldBe(WrongForm);
        Opens(opened, R).ShouldBe(nameof(ReasonCode.WrongParticipant));

        static string Opens(Opened opened, params NodeId[] writers) =>
            Referral.Open(new Pen().OpeningEntry(writers[0], opened, new Opening(Kind.Referral, Referral.ProtocolVersion, [.. writers], []))).Word();
    }

    [Fact]
    public void A_withdrawal_counts_whatever_its_letter()
    {
        foreach (var behalf in new NodeId?[] { null, R, Pair.Stranger })
        {
            var pen = OnPaper();
            var entry = pen.Write(S, Sample.WithdrawnAll, written => written with { OnBehalfOf = behalf });
            pen.Fold().On(entry).ShouldBe("applied");
            pen.Fold().State!.State.ShouldBe(ReferralState.Withdrawn);
        }
    }

    [Fact]
    public void On_paper_the_receiver_stops_its_data_by_letter()
    {
        var pen = OnPaper();
        pen.Write(S, Sample.Cancelled);
        pen.Write(S, new DataStopped(DataFate.Erased, Basis: null, PaperRecall.All), ForReceiver);
        Owing().ShouldBe([S]);
        pen.Write(S, new DataStopped(DataFate.Erased, Basis: null, PaperRecall.All));
        Owing().ShouldBeEmpty();

        IEnumerable<NodeId> Owing() => pen.Fold().State!.Debts.Where(debt => debt.Clock is Clock.StopData).Select(debt => debt.Owes);
    }

    [Fact]
    public void A_country_corrects_on_paper_only_what_it_said_itself()
    {
        var pen = OnPaper();
        pen.Write(S, Sample.Acknowledged, ForReceiver);
        pen.Write(S, Sample.TakenUp, ForReceiver);
        var wrong = pen.Write(S, Sample.MayNotReturn, ForReceiver);
        var senders = pen.Answer(S, wrong, new Corrected(Sample.MayReturn));
        pen.Fold().On(senders).ShouldBe(nameof(ReasonCode.AnswersNothing));
        pen.Fold().State!.Assessment.ShouldBe(Sample.MayNotReturn);
        pen.Write(S, new Corrected(Sample.MayReturn), written => ForReceiver(written) with { Answers = wrong.Hash });
        pen.Fold().State!.Assessment.ShouldBe(Sample.MayReturn);
    }

    static Entry ForReceiver(Entry entry) => entry with { OnBehalfOf = R, Channel = Channel.Letter, Letter = Sample.Letter };

    static Pen OnPaper() => Pen.Open(Pair.Usual, Sample.Opened(Pair.Usual) with { OnPaper = true });
}
