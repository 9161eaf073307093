using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Domain.Tests.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What one of two careful countries may write next.</summary>
static class Step
{
    static readonly ILookup<(ReferralState, Protocol.Author), string> Lawful =
        Protocol.Cells.Where(cell => !cell.IsVoid)
            .ToLookup(cell => (cell.State, cell.Author), cell => cell.Statement);

    /// <summary>Those that lead on: without them few histories would come far.</summary>
    static readonly string[] Ways =
    [
        "Acknowledged", "TakenUp", "CaseFileReleased", "AssessmentReported(MayReturn)", "WishRecorded(Return)", "ReturnPlanned", "ReturnAgreed", "Accompanied", "Met",
        "NotArrived", "ReintegrationStarted", "FollowUpReported(Done)", "Completed(Returned)", "ChildSafeguardRecorded", "LocationAnswered(ContactWished)", "ConsentRecorded",
    ];

    /// <summary>Writes what the table applies or records where the referral stands; four times in five, in knowledge of all.</summary>
    public static Entry Random(Scene scene, ReferralState state, Die die)
    {
        var author = new Protocol.Author(IsSender: die.Of(2) is 0, scene.Pair.IsSentByHost);
        var open = Lawful[(state, author)].ToList();
        var onward = open.Intersect(Ways).ToList();
        var statement = onward.Count > 0 && die.Of(8) > 1 ? onward[die.Of(onward.Count)] : open.Count > 0 ? open[die.Of(open.Count)] : "ProceedingsNoted";
        return scene.Write(author.Of(scene.Pair), statement, seeing: die.Of(5) > 0);
    }
}
