using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;

namespace Coordination.Domain.Tests.Referrals;

/// <summary>One referral, told entry by entry, with what stands and who owes what after each.</summary>
sealed class Walk
{
    readonly Pair _pair;

    public Walk(Opened opened)
    {
        _pair = new Pair(opened.Host, opened.Origin, opened.Type);
        Pen = Pen.Open(_pair, opened);
    }

    public Pen Pen { get; }

    public Referral Now => Pen.Fold().State!;

    /// <summary>An office of the country writes, in knowledge of all that was written, and it is applied.</summary>
    public Entry Says(NodeId by, Body body, Entry? answering = null) => Becomes("applied", by, body, answering);

    /// <summary>The same, and this becomes of it.</summary>
    public Entry Becomes(string verdict, NodeId by, Body body, Entry? answering = null)
    {
        var onPaper = (Pen.Opening.Body as Opened)!.OnPaper && by == _pair.Receiver;
        var entry = Pen.Write(onPaper ? _pair.Sender : by, body, written => written with
        {
            Answers = answering?.Hash,
            OnBehalfOf = onPaper ? by : null,
            Channel = onPaper ? Channel.Letter : Channel.Node,
            Letter = onPaper ? Sample.Letter : null,
        });
        var dossier = Pen.Fold();
        dossier.On(entry).ShouldBe(verdict, (dossier.VerdictOn(entry.Hash) as Verdict.Void)?.Reason.Text);
        return entry;
    }

    /// <summary>Where it stands, in which country the person is, and all that is owed: <c>O FollowUp 1</c>, <c>H Prepare ExitPermit</c>.</summary>
    public void Stands(ReferralState state, NodeId stay, params string[] owed)
    {
        var now = Now;
        now.State.ShouldBe(state);
        now.Stay.ShouldBe(stay);
        now.Debts.Select(Told).ShouldBe(owed, ignoreOrder: true);
    }

    public string Told(Debt debt) => string.Join(' ', new[]
    {
        debt.Owes == _pair.Host ? "H" : "O",
        debt.Clock.ToString(),
        debt switch { { Number: 0 } => "", { Clock: Clock.FollowUp } => debt.Number.ToString(), _ => ((PreparationItem)debt.Number).ToString() },
    }.Where(part => part.Length > 0));
}
