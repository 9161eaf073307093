using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Screens.Parts;
using Grpc.Core;

namespace Coordination.CountryNode.Pages.NewReferral;

/// <summary>A new referral: begun, kept as it is typed, looked at again as the other country will see it, sent.</summary>
static class OpeningPages
{
    public const string Path = "/new";

    public static void Map(IEndpointRouteBuilder all)
    {
        // Who opens nothing has nothing to begin.
        var pages = all.MapGroup("").AddEndpointFilter(async (context, next) =>
            context.HttpContext.RequestServices.GetRequiredService<Screen>().Office is { Role: Role.FocalPoint } ? await next(context) : Screen.Nothing());
        pages.MapGet(Path, ListAsync);
        PaperPages.Map(pages);
        pages.MapPost(Path, BeginAsync);
        pages.MapGet($"{Path}/{{id}}/{{step:int}}", ShowAsync);
        pages.MapPost($"{Path}/{{id}}/{{step:int}}", GoOnAsync);
        pages.MapPost($"{Path}/{{id}}/{{step:int}}/keep", KeepAsync);
        pages.MapPost($"{Path}/{{id}}/send", SendAsync);
        pages.MapPost($"{Path}/{{id}}/end", async (string id, Drafts drafts, Screen screen, HttpContext http) =>
        {
            if (Read(id) is { } draft) await drafts.EndAsync(draft, screen.Office!, http.RequestAborted);
            return Results.LocalRedirect(Path);
        });
    }

    static async Task<IResult> ListAsync(int? made, Drafts drafts, Screen screen, HttpContext http)
    {
        var form = new OpeningForm(screen);
        var rows = new List<(DossierId, DateTimeOffset, string)>();
        foreach (var (id, keptAt) in await drafts.ListAsync(screen.Office!, http.RequestAborted))
            rows.Add((id, keptAt, await drafts.FindAsync(id, screen.Office!, http.RequestAborted) is { } kept ? form.About(OpeningForm.Read(kept)) : ""));
        return Screen.Show<DraftsView>(new DraftsModel(rows, made));
    }

    static async Task<IResult> BeginAsync(Drafts drafts, Screen screen, HttpContext http)
    {
        var id = await drafts.BeginAsync(screen.Office!, http.RequestAborted);
        await drafts.KeepAsync(id, screen.Office!, OpeningForm.Write(new OpeningForm(screen).Usual()), http.RequestAborted);
        return Results.LocalRedirect($"{Path}/{id}/1");
    }

    static async Task<IResult> ShowAsync(string id, int step, Drafts drafts, Screen screen, HttpContext http)
    {
        var form = new OpeningForm(screen);
        if (step < 1 || step > form.Steps.Count || Read(id) is not { } draft || await drafts.FindAsync(draft, screen.Office!, http.RequestAborted) is not { } kept) return Screen.Nothing();
        var entered = OpeningForm.Read(kept);
        // Consent comes before anything about the person.
        if (step > OpeningForm.ConsentStep && form.ConsentMissing(entered).Any) return Results.LocalRedirect($"{Path}/{draft}/{OpeningForm.ConsentStep}");
        return Show(form, draft, step, entered, Faults.None);
    }

    static async Task<IResult> GoOnAsync(string id, int step, Drafts drafts, Screen screen, HttpContext http)
    {
        var form = new OpeningForm(screen);
        if (step < 1 || step >= form.Steps.Count || await MergeAsync(form, id, step, drafts, screen, http) is not var (draft, entered)) return Screen.Nothing();
        // Every field of this step that cannot be read is said now; what a whole referral lacks is said before it is sent.
        var faults = form.Read(entered, "").Faults.All.Where(fault => form.StepOf(fault.Field) == step - 1 && (fault.Field != "to" || step == 1));
        if (step == OpeningForm.ConsentStep) faults = faults.Concat(form.ConsentMissing(entered).All);
        return faults.ToArray() is { Length: > 0 } wrong
            ? Show(form, draft, step, entered, new Faults([.. wrong]), StatusCodes.Status422UnprocessableEntity)
            : Results.LocalRedirect($"{Path}/{draft}/{step + 1}");
    }

    /// <summary>Keeps what is being typed, and says nothing.</summary>
    static async Task<IResult> KeepAsync(string id, int step, Drafts drafts, Screen screen, HttpContext http) =>
        step >= 1 && await MergeAsync(new OpeningForm(screen), id, step, drafts, screen, http) is not null ? Results.NoContent() : Screen.Nothing();

    static async Task<(DossierId Draft, Entered Entered)?> MergeAsync(OpeningForm form, string id, int step, Drafts drafts, Screen screen, HttpContext http)
    {
        if (Read(id) is not { } draft || await drafts.FindAsync(draft, screen.Office!, http.RequestAborted) is not { } kept) return null;
        var entered = form.Merge(OpeningForm.Read(kept), await Entered.ReadAsync(http), step - 1);
        return await drafts.KeepAsync(draft, screen.Office!, OpeningForm.Write(entered), http.RequestAborted) ? (draft, entered) : null;
    }

    static async Task<IResult> SendAsync(string id, Drafts drafts, Calls calls, Screen screen, HttpContext http)
    {
        var form = new OpeningForm(screen);
        if (Read(id) is not { } draft || await drafts.FindAsync(draft, screen.Office!, http.RequestAborted) is not { } kept) return Screen.Nothing();
        var entered = OpeningForm.Read(kept);
        // The draft's own id: sent twice, it is opened once.
        var (request, faults) = form.Read(entered, draft.ToString());
        if (!faults.Any)
        {
            try
            {
                var answer = await calls.Referrals.OpenAsync(request);
                // What is opened is opened: nobody who goes away leaves the draft behind.
                await drafts.EndAsync(draft, screen.Office!, CancellationToken.None);
                return Results.LocalRedirect(answer.Referral is { } referral ? $"{Links.To(referral.DossierId)}?done=Opened" : Navigation.Approvals);
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                faults = Refusals.ToFaults(refused, screen.Words, form.AllFields);
            }
        }
        return Show(form, draft, form.Steps.Count, entered, faults, StatusCodes.Status422UnprocessableEntity);
    }

    static IResult Show(OpeningForm form, DossierId draft, int step, Entered entered, Faults faults, int status = StatusCodes.Status200OK) =>
        Screen.Show<OpeningView>(new OpeningModel(form, draft.ToString(), step, entered, faults, form.Read(entered, "").Request), status);

    static DossierId? Read(string id) => Links.Read(id) is { } bytes ? DossierId.Read(bytes.Span) : null;
}

/// <param name="Drafts">Of the office, the one that was last worked on first, with what tells it from others.</param>
/// <param name="Made">How many were made of a table just now; null where none was.</param>
public sealed record DraftsModel(IReadOnlyList<(DossierId Id, DateTimeOffset KeptAt, string About)> Drafts, int? Made);

/// <param name="Form">All its steps.</param>
/// <param name="Draft">Its id.</param>
/// <param name="Step">1 for the first.</param>
/// <param name="Entered">What was entered so far.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="Request">What would be sent, as far as it was entered.</param>
public sealed record OpeningModel(OpeningForm Form, string Draft, int Step, Entered Entered, Faults Faults, OpenRequest Request);
