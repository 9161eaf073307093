using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Pages.Referrals;
using Coordination.Screens.Parts;
using Grpc.Core;

namespace Coordination.CountryNode.Pages;

/// <summary>The second person: what waits, approved or sent back with a reason; to the office that submitted it, what came back.</summary>
static class ApprovalPages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Approvals, (string? page, Calls calls, Screen screen) => ShowAsync(page, calls, screen, null, Faults.None));
        pages.MapPost($"{Navigation.Approvals}/{{submission}}/approve", ApproveAsync);
        pages.MapPost($"{Navigation.Approvals}/{{submission}}/send-back", SendBackAsync);
    }

    static async Task<IResult> ShowAsync(string? page, Calls calls, Screen screen, string? at, Faults faults)
    {
        var list = await calls.Approvals.ListSubmissionsAsync(new() { PageToken = page ?? "" });
        var waiting = new List<Awaiting>();
        foreach (var submission in list.Submissions) waiting.Add(await Awaiting.OfAsync(submission, calls, screen));
        return Screen.Show<ApprovalsView>(
            new ApprovalsModel(waiting, list.NextPageToken, list.MayApprove, at, faults), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
    }

    static async Task<IResult> ApproveAsync(string submission, Calls calls, Screen screen)
    {
        try
        {
            var answer = await calls.Approvals.ApproveAsync(new() { SubmissionId = submission });
            return Results.LocalRedirect(answer.Referral is { } referral ? Links.To(referral.DossierId) : Navigation.Approvals);
        }
        catch (RpcException refused) when (IsTold(refused))
        {
            return await ShowAsync(null, calls, screen, submission, Refusals.ToFaults(refused, screen.Words, []));
        }
    }

    static async Task<IResult> SendBackAsync(string submission, HttpContext http, Calls calls, Screen screen)
    {
        var reason = (await http.Request.ReadFormAsync(http.RequestAborted))["reason"].ToString().Trim();
        try
        {
            await calls.Approvals.SendBackAsync(new() { SubmissionId = submission, Reason = reason });
            return Results.LocalRedirect(Navigation.Approvals);
        }
        catch (RpcException refused) when (IsTold(refused))
        {
            return await ShowAsync(null, calls, screen, submission, Refusals.ToFaults(refused, screen.Words, []));
        }
    }

    /// <summary>Not to approve what one submitted oneself is no secret, unlike what another office may see.</summary>
    static bool IsTold(RpcException refused) => refused.StatusCode is StatusCode.FailedPrecondition or StatusCode.InvalidArgument || Refusals.ReasonOf(refused) is "SAME_PERSON" or "OFFICE_NOT_ALLOWED";
}

/// <summary>What waits, as the other country will see it.</summary>
/// <param name="Submission">As the door told it.</param>
/// <param name="Facts">All that would be said, in the entry and beside it.</param>
/// <param name="Changed">Where it takes the place of what was said before: what is different.</param>
public sealed record Awaiting(Submission Submission, IReadOnlyList<Fact> Facts, IReadOnlyList<Change> Changed)
{
    /// <summary>What was said before is followed by these, of whichever country; a correction takes the place of what it answers.</summary>
    static readonly string[] Replacing = ["ReturnPlanned", "ConsentRecorded", "AssessmentReported", "WishRecorded", "IdentificationChanged", "UnitAssigned"];

    public static async Task<Awaiting> OfAsync(Submission submission, Calls calls, Screen screen)
    {
        var draft = Entry.Parser.ParseFrom(submission.Draft);
        IReadOnlyList<Fact> facts = [.. Spoken.Facts(draft, screen), .. Spoken.Beside(submission.Particulars, screen.Words)];
        return new(submission, [new(screen.Words["Date"], screen.Day(draft.HappenedOn)), .. facts], await BeforeAsync(submission, draft, calls) is { } before ? Change.Between(await FactsAsync(before), facts, isSame: before.Row.Statement != "Opened") : []);

        async Task<IReadOnlyList<Fact>> FactsAsync(Told told) =>
        [
            .. Spoken.Facts(told.Entry, screen),
            .. await ReferralPages.BesideAsync(submission.DossierId, told, calls, screen) is { } beside ? Spoken.Beside(beside.Particulars, screen.Words) : [],
        ];
    }

    /// <summary>What it takes the place of; null for nothing.</summary>
    static async Task<Told?> BeforeAsync(Submission submission, Entry draft, Calls calls)
    {
        if (submission.SentBack || submission.DossierId.IsEmpty || draft.Corrected is null && !Replacing.Contains(submission.Statement)) return null;
        var rows = (await calls.Dossiers.HistoryAsync(new() { DossierId = submission.DossierId })).Entries;
        // What was written already because nobody else was on duty is not before itself.
        var before = draft.Corrected is null
            ? rows.LastOrDefault(row => row.Statement == submission.Statement && row.Hash != submission.Written && row.Verdict is Verdict.Applied or Verdict.Recorded)
            : rows.FirstOrDefault(row => row.Hash == draft.Answers);
        // The consent that was given with the opening.
        if (before is null && submission.Statement == "ConsentRecorded") before = rows.FirstOrDefault(row => row.Statement == "Opened");
        return before is null ? null : Told.Of(before);
    }
}

/// <summary>One thing that would be said otherwise than before.</summary>
/// <param name="Label">What it is about.</param>
/// <param name="Before">Empty where nothing was said of it.</param>
/// <param name="Now">Empty where nothing is said of it any more.</param>
public sealed record Change(string Label, string Before, string Now)
{
    /// <param name="before">What was said.</param>
    /// <param name="now">What would be.</param>
    /// <param name="isSame">By the same statement: what is said no more counts. An opening says more than the consent that is recorded anew.</param>
    public static IReadOnlyList<Change> Between(IReadOnlyList<Fact> before, IReadOnlyList<Fact> now, bool isSame)
    {
        var labels = now.Concat(isSame ? before : []).Select(fact => fact.Label).Distinct(StringComparer.Ordinal);
        return [.. labels.Select(label => new Change(label, Of(before, label), Of(now, label))).Where(change => change.Before != change.Now)];

        static string Of(IReadOnlyList<Fact> facts, string label) => string.Join("; ", facts.Where(fact => fact.Label == label).Select(fact => fact.Value));
    }
}

/// <param name="Submissions">Oldest first; then what was sent back.</param>
/// <param name="Next">The token of the next page; empty on the last.</param>
/// <param name="MayApprove">The office's part is to approve.</param>
/// <param name="At">The submission that the faults are about; null for none.</param>
/// <param name="Faults">Why it was not done.</param>
public sealed record ApprovalsModel(IReadOnlyList<Awaiting> Submissions, string Next, bool MayApprove, string? At, Faults Faults);
