using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Pages.SignIn;
using Coordination.Screens.Parts;
using Grpc.Core;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>Who the person is: released as far as the person agrees, opened with a reason that stands in a log, by who showed the second factor just now.</summary>
static class CaseFilePages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet($"{Navigation.Referrals}/{{id}}/release", BeginAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/release", ReleaseAsync);
        pages.MapGet($"{Navigation.Referrals}/{{id}}/case-file/{{release}}", AskAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/case-file/{{release}}", OpenAsync);
    }

    static async Task<IResult> BeginAsync(string id, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        return Screen.Show<ReleaseView>(new ReleaseModel(referral, new CaseFileForm(screen), Entered.Nothing, Faults.None, Links.NewCommandId()));
    }

    static async Task<IResult> ReleaseAsync(string id, HttpContext http, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var (form, entered) = (new CaseFileForm(screen), await Entered.ReadAsync(http));
        var (file, faults) = form.Read(entered);
        if (!faults.Any)
        {
            try
            {
                var answer = await calls.Referrals.ReleaseCaseFileAsync(new()
                {
                    Command = new() { CommandId = entered.Text("command_id") }, DossierId = dossier, CaseFile = file, WithHealth = entered.Flag(CaseFileForm.WithHealth),
                });
                return Results.LocalRedirect($"{Links.To(dossier)}?done={(answer.AwaitingApproval is null ? "CaseFileReleased" : "awaiting")}");
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                faults = Refusals.ToFaults(refused, screen.Words, form.Parts.SelectMany(part => part.Fields));
            }
        }
        return Screen.Show<ReleaseView>(new ReleaseModel(referral, form, entered, faults, entered.Text("command_id")), StatusCodes.Status422UnprocessableEntity);
    }

    static async Task<IResult> AskAsync(string id, string release, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier || Links.Read(release) is null) return Screen.Nothing();
        if (!screen.IsConfirmed) return ConfirmPage.Ask(screen.Here);
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        return Screen.Show<AskReasonView>(new AskReasonModel(referral, Faults.None));
    }

    static async Task<IResult> OpenAsync(string id, string release, HttpContext http, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier || Links.Read(release) is not { } entry) return Screen.Nothing();
        if (!screen.IsConfirmed) return ConfirmPage.Ask(screen.Here);
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var chosen = (await Entered.ReadAsync(http)).Text("reason");
        var reason = Enum.GetValues<AccessReason>().FirstOrDefault(known => known.ToString() == chosen);
        if (reason is AccessReason.Unspecified) return Screen.Show<AskReasonView>(new AskReasonModel(referral, Faults.None.With("reason", screen.Words["Choose what you need it for: it stands in the log."])), StatusCodes.Status422UnprocessableEntity);
        try
        {
            var opened = await calls.Referrals.OpenCaseFileAsync(new() { DossierId = dossier, Release = entry, Reason = reason });
            return Screen.Show<CaseFileView>(new CaseFileModel(referral, opened));
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.FailedPrecondition or StatusCode.NotFound && Refusals.ReasonOf(refused) != "DOSSIER_NOT_FOUND")
        {
            return Screen.Show<AskReasonView>(new AskReasonModel(referral, Refusals.ToFaults(refused, screen.Words, [])), StatusCodes.Status422UnprocessableEntity);
        }
    }
}

/// <param name="Referral">As it stands.</param>
/// <param name="Form">Of the file.</param>
/// <param name="Entered">What was filled in.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="CommandId">Made once per form.</param>
public sealed record ReleaseModel(Referral Referral, CaseFileForm Form, Entered Entered, Faults Faults, string CommandId);

/// <param name="Referral">As it stands.</param>
/// <param name="Faults">Why it was not opened.</param>
public sealed record AskReasonModel(Referral Referral, Faults Faults);

/// <param name="Referral">As it stands.</param>
/// <param name="Opened">What is in the file.</param>
public sealed record CaseFileModel(Referral Referral, OpenCaseFileResponse Opened);
