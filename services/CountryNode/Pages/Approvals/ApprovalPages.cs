using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Desks;
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
        return Screen.Show<ApprovalsView>(
            new ApprovalsModel([.. list.Submissions], list.NextPageToken, Navigation.May(screen.Office!, Act.Approve), at, faults), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);
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

/// <param name="Submissions">Oldest first; then what was sent back.</param>
/// <param name="Next">The token of the next page; empty on the last.</param>
/// <param name="MayApprove">The office's part is to approve.</param>
/// <param name="At">The submission that the faults are about; null for none.</param>
/// <param name="Faults">Why it was not done.</param>
public sealed record ApprovalsModel(IReadOnlyList<Submission> Submissions, string Next, bool MayApprove, string? At, Faults Faults);
