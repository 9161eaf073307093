using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Domain.Tests.Referrals;

namespace Coordination.Domain.Tests.Dossiers;

/// <summary>What one of two careful countries may write next.</summary>
static class Step
{
    static readonly ILookup<(ReferralState, Protocol.Author, bool Fits), string> Lawful =
        Protocol.Cells.Where(cell => !cell.IsVoid).ToLookup(cell => (cell.State, cell.Author, cell.Verdict is "applied"), cell => cell.Statement);

    static readonly HashSet<(ReferralState, Protocol.Author, string)> Leading =
        [.. Protocol.Cells.Where(cell => cell.Then > cell.State && cell.Then <= ReferralState.InReintegration).Select(cell => (cell.State, cell.Author, cell.Statement))];

    /// <summary>Those that others need: without them few histories would come far.</summary>
    static readonly string[] Ways =
    [
        "Acknowledged", "TakenUp", "CaseFileReleased", "AssessmentReported(MayReturn)", "WishRecorded(Return)", "ReturnPlanned", "ReturnAgreed", "Accompanied", "Met",
        "NotArrived", "ReintegrationStarted", "FollowUpReported(Done)", "Completed(Returned)", "ChildSafeguardRecorded", "LocationAnswered(ContactWished)", "ConsentRecorded",
        "InformationRequested", "InformationSupplied", "OnwardProposed", "OnwardAnswered(agreed)", "AppearanceAsked", "AppearanceAnswered(Granted)", "PreparationReported",
        "CaseFileReceived", "TracingAnswered", "ReturnHeld", "HoldEnded", "ReturnAgreed", "ReturnPostponed", "ReturnPlanned", "WishRecorded(Return)", "WishRecorded(Return)", "WishRecorded(Return)",
    ];

    /// <summary>Writes what the table applies or records where the referral stands; four times in five, in knowledge of all.</summary>
    public static Entry Random(Scene scene, ReferralState state, Die die)
    {
        var author = new Protocol.Author(IsSender: die.Of(2) is 0, scene.Pair.IsSentByHost);
        var statement = Onward(author, state, die) ?? "ProceedingsNoted";
        return scene.Write(author.Of(scene.Pair), statement, seeing: die.Of(5) > 0);
    }

    /// <summary>What the table applies or records, most often what leads on; null where there is nothing.</summary>
    public static string? Onward(Protocol.Author author, ReferralState state, Die die)
    {
        var open = Lawful[(state, author, die.Of(20) > 0)].ToList();
        var choice = die.Of(12) switch
        {
            < 6 when open.Where(statement => LeadsOn(state, author, statement)).ToList() is { Count: > 0 } leading => leading,
            < 11 when Ways.Where(open.Contains).ToList() is { Count: > 0 } ways => ways,
            _ => open,
        };
        return choice.Count > 0 ? choice[die.Of(choice.Count)] : null;
    }

    static bool LeadsOn(ReferralState state, Protocol.Author author, string statement) => Leading.Contains((state, author, statement));
}
