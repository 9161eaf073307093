using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Pages.SignIn;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Net.Http.Headers;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>Who the person is: released as far as the person agrees, opened with a reason that stands in a log, by who showed the second factor just now.</summary>
static class CaseFilePages
{
    /// <summary>What is downloaded is no page of the console, and does nothing in its name.</summary>
    const string FilePolicy = "default-src 'none'; sandbox";

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet($"{Navigation.Referrals}/{{id}}/release", BeginAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/release", ReleaseAsync).WithMetadata(TakesFiles.OfCaseFiles).WithRequestTimeout(TakesFiles.Longest);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/release/files", AddAsync).WithMetadata(TakesFiles.OfCaseFiles).WithRequestTimeout(TakesFiles.Longest);
        pages.MapGet($"{Navigation.Referrals}/{{id}}/{{kind:regex(^(case-file|submitted)$)}}/{{which}}", AskAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/{{kind:regex(^(case-file|submitted)$)}}/{{which}}", OpenAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/{{kind:regex(^(case-file|submitted)$)}}/{{which}}/{{attachment}}", DownloadAsync).WithRequestTimeout(TakesFiles.Longest);
    }

    /// <summary>Where a case file is opened that waits for a second person.</summary>
    public static string ToSubmitted(ByteString dossier, string submission) => $"{Links.To(dossier)}/submitted/{submission}";

    /// <summary>Where one is opened that was released.</summary>
    public static string ToReleased(ByteString dossier, ByteString release) => $"{Links.To(dossier)}/case-file/{Links.Hex(release)}";

    static async Task<IResult> BeginAsync(string id, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        return Screen.Show<ReleaseView>(new ReleaseModel(referral, new CaseFileForm(screen), Entered.Nothing, Faults.None, Links.NewCommandId()));
    }

    /// <summary>Adds files, and goes on with the form.</summary>
    static async Task<IResult> AddAsync(string id, HttpContext http, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var form = new CaseFileForm(screen);
        var (entered, faults) = await form.AddAsync(await Entered.ReadAsync(http), http, dossier, calls);
        return Show(referral, form, entered, faults);
    }

    static async Task<IResult> ReleaseAsync(string id, HttpContext http, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var form = new CaseFileForm(screen);
        var (entered, refusedFiles) = await form.AddAsync(await Entered.ReadAsync(http), http, dossier, calls);
        var (file, unread) = form.Read(entered);
        Faults faults = new([.. unread.All, .. refusedFiles.All]);
        if (!faults.Any)
        {
            try
            {
                var answer = await calls.Referrals.ReleaseCaseFileAsync(new()
                {
                    Command = new() { CommandId = entered.Text("command_id") }, DossierId = dossier, CaseFile = file, WithHealth = entered.Flag(CaseFileForm.WithHealth),
                });
                return Results.LocalRedirect($"{Links.To(dossier)}?done={(answer.AwaitingApproval is null ? "CaseFileReleased" : ReferralPages.Awaiting)}");
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                faults = Refusals.ToFaults(refused, screen.Words, form.AllFields(entered));
            }
        }
        return Show(referral, form, entered, faults);
    }

    static IResult Show(Referral referral, CaseFileForm form, Entered entered, Faults faults) =>
        Screen.Show<ReleaseView>(new ReleaseModel(referral, form, entered, faults, entered.Text("command_id")), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    static async Task<IResult> AskAsync(string id, string kind, string which, Calls calls, Screen screen)
    {
        if (Asked.Read(id, kind, which) is not { } asked) return Screen.Nothing();
        if (!screen.IsConfirmed) return ConfirmPage.Ask(screen.Here);
        return Screen.Show<AskReasonView>(new AskReasonModel((await calls.Referrals.GetAsync(new() { DossierId = asked.Dossier })).Referral, Faults.None));
    }

    static async Task<IResult> OpenAsync(string id, string kind, string which, HttpContext http, Calls calls, Screen screen)
    {
        if (Asked.Read(id, kind, which) is not { } asked) return Screen.Nothing();
        if (!screen.IsConfirmed) return ConfirmPage.Ask(asked.Path);
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = asked.Dossier })).Referral;
        if (await ReasonAsync(http) is not { } reason) return Unsaid(referral, screen);
        try
        {
            var opened = await calls.Referrals.OpenCaseFileAsync(asked.Submission.Length > 0
                ? new() { SubmissionId = asked.Submission, Reason = reason }
                : new() { DossierId = asked.Dossier, Release = asked.Release, Reason = reason });
            return Screen.Show<CaseFileView>(new CaseFileModel(referral, opened, asked.Path, reason));
        }
        catch (RpcException refused) when (IsTold(refused))
        {
            return Refused(referral, refused, screen);
        }
    }

    /// <summary>Sends an attachment on as it is read: in clear it is on no disk, and a withdrawal that comes meanwhile breaks it off.</summary>
    static async Task<IResult> DownloadAsync(string id, string kind, string which, string attachment, HttpContext http, Calls calls, Screen screen)
    {
        if (Asked.Read(id, kind, which) is not { } asked) return Screen.Nothing();
        if (!screen.IsConfirmed) return ConfirmPage.Ask(asked.Path);
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = asked.Dossier })).Referral;
        if (await ReasonAsync(http) is not { } reason) return Unsaid(referral, screen);
        var request = asked.Submission.Length > 0
            ? new OpenAttachmentRequest { SubmissionId = asked.Submission, AttachmentId = attachment, Reason = reason }
            : new OpenAttachmentRequest { DossierId = asked.Dossier, Release = asked.Release, AttachmentId = attachment, Reason = reason };
        Attachment? about = null;
        try
        {
            await calls.OpenAttachmentAsync(request, async read =>
            {
                if (read.PartCase is OpenAttachmentResponse.PartOneofCase.Attachment)
                {
                    about = read.Attachment;
                    return;
                }
                // Told with the first piece, not before: a refusal instead of it is shown on a page.
                if (!http.Response.HasStarted) Describe(http.Response, about!);
                await http.Response.Body.WriteAsync(read.Data.Memory, http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            });
            return Results.Empty;
        }
        catch (RpcException) when (http.Response.HasStarted)
        {
            // The browser sees that it is not whole.
            http.Abort();
            return Results.Empty;
        }
        catch (RpcException refused) when (IsTold(refused))
        {
            return Refused(referral, refused, screen);
        }
    }

    static void Describe(HttpResponse response, Attachment about)
    {
        var ending = AttachmentWire.EndingOf(about.Type);
        var name = string.Concat(about.Name.EnumerateRunes().Where(letter => System.Text.Rune.GetUnicodeCategory(letter) is not (System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.LineSeparator) && letter.Value is not (>= 0x202A and <= 0x202E or >= 0x2066 and <= 0x2069)));
        // What it is says its type, whatever it is called.
        if (!name.EndsWith(ending, StringComparison.OrdinalIgnoreCase)) name += ending;
        var disposition = new ContentDispositionHeaderValue("attachment");
        disposition.SetHttpFileName(name.Length > 0 ? name : "attachment");
        var headers = response.Headers;
        (headers.ContentSecurityPolicy, headers.ContentDisposition, response.ContentType, response.ContentLength) = (FilePolicy, disposition.ToString(), "application/octet-stream", (long)about.Size);
    }

    static async Task<AccessReason?> ReasonAsync(HttpContext http) =>
        (await Entered.ReadAsync(http)).Text("reason") is var chosen && Enum.GetValues<AccessReason>().FirstOrDefault(known => known.ToString() == chosen) is var reason and not AccessReason.Unspecified ? reason : null;

    static IResult Unsaid(Referral referral, Screen screen) =>
        Screen.Show<AskReasonView>(new AskReasonModel(referral, Faults.None.With("reason", screen.Words["Choose what you need it for: it stands in the log."])), StatusCodes.Status422UnprocessableEntity);

    static IResult Refused(Referral referral, RpcException refused, Screen screen) =>
        Screen.Show<AskReasonView>(new AskReasonModel(referral, Refusals.ToFaults(refused, screen.Words, [])), StatusCodes.Status422UnprocessableEntity);

    /// <summary>Why it is not open is no secret to an office that takes part; that there is a dossier, or a submission, is to any other.</summary>
    static bool IsTold(RpcException refused) => refused.StatusCode is StatusCode.FailedPrecondition
        || refused.StatusCode is StatusCode.NotFound && Refusals.ReasonOf(refused) is not ("DOSSIER_NOT_FOUND" or "SUBMISSION_NOT_FOUND")
        || Refusals.ReasonOf(refused) is "SAME_PERSON";

    /// <summary>Which case file an address means.</summary>
    /// <param name="Dossier">32 bytes.</param>
    /// <param name="Release">Its CaseFileReleased; empty for what waits.</param>
    /// <param name="Submission">With which it waits for a second person; empty for what was released.</param>
    sealed record Asked(ByteString Dossier, ByteString Release, string Submission)
    {
        public string Path => Submission.Length > 0 ? ToSubmitted(Dossier, Submission) : ToReleased(Dossier, Release);

        public static Asked? Read(string id, string kind, string which)
        {
            if (Links.Read(id) is not { } dossier) return null;
            if (kind == "submitted") return SubmissionDesk.IsId(which) ? new(dossier, ByteString.Empty, which) : null;
            return Links.Read(which) is { } release ? new(dossier, release, "") : null;
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
/// <param name="Path">Where it was opened: its attachments are below.</param>
/// <param name="Reason">What it was opened for; its attachments are opened for the same.</param>
public sealed record CaseFileModel(Referral Referral, OpenCaseFileResponse Opened, string Path, AccessReason Reason);
