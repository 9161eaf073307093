using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>Referrals: the list, one of them, and what an office says in it.</summary>
static class ReferralPages
{
    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Referrals, ListAsync);
        pages.MapGet($"{Navigation.Referrals}/{{id}}", ShowAsync);
        pages.MapGet($"{Navigation.Referrals}/{{id}}/say/{{statement}}", BeginAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/say/{{statement}}", SayAsync);
    }

    static async Task<IResult> ListAsync(string? page, string? whose, Calls calls)
    {
        var asked = Enum.TryParse<Whose>(whose, out var known) ? known : Whose.Unspecified;
        var list = await calls.Referrals.ListAsync(new() { PageToken = page ?? "", Whose = asked });
        return Screen.Show<ReferralListView>(new ReferralListModel([.. list.Referrals], asked, list.NextPageToken));
    }

    static async Task<IResult> ShowAsync(string id, string? done, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var history = await calls.Dossiers.HistoryAsync(new() { DossierId = dossier });
        var told = new List<Told>();
        foreach (var row in history.Entries)
        {
            var entry = Told.Of(row);
            told.Add(entry with { Beside = await BesideAsync(dossier, entry, calls, screen) });
        }
        return Screen.Show<ReferralView>(new ReferralModel(referral, told, done));
    }

    /// <summary>What is told beside an entry, or why it cannot be read; null where there is nothing, or nothing for this office.</summary>
    static async Task<Beside?> BesideAsync(ByteString dossier, Told told, Calls calls, Screen screen)
    {
        if (!Navigation.May(screen.Office!, Act.ReadParticulars) || !told.Entry.Particulars.Any(digest => digest.Recipient == screen.Country.ToString())) return null;
        try
        {
            return new Beside((await calls.Dossiers.GetParticularsAsync(new() { DossierId = dossier, Entry = told.Row.Hash })).Particulars, "");
        }
        catch (RpcException refused) when (refused.StatusCode is StatusCode.NotFound or StatusCode.FailedPrecondition)
        {
            return new Beside(new(), Refusals.Said(refused.Status.Detail, screen.Words));
        }
    }

    static async Task<IResult> BeginAsync(string id, string statement, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier || Action.Find(statement) is not { } action) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var form = new StatementForm(action, referral, screen);
        var entered = form.Begin();
        return Screen.Show<StatementView>(new StatementModel(referral, form, entered, Faults.None, Links.NewCommandId()));
    }

    static async Task<IResult> SayAsync(string id, string statement, HttpContext http, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier || Action.Find(statement) is not { } action) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var form = new StatementForm(action, referral, screen);
        var entered = form.Resume(await Entered.ReadAsync(http));
        var (request, faults) = form.Read(entered);
        if (!faults.Any)
        {
            try
            {
                var answer = OpenResponse.Parser.ParseFrom((await calls.CallAsync(action.Method, request)).ToByteString());
                return Results.LocalRedirect($"{Links.To(dossier)}?done={(answer.AwaitingApproval is null ? action.Statement : "awaiting")}");
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                faults = Refusals.ToFaults(refused, screen.Words, [.. form.Fields, .. form.Seldom]);
                // Somebody else may have acted meanwhile: the page shows how it stands now.
                referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
                form = new StatementForm(action, referral, screen);
                entered = form.Resume(entered);
            }
        }
        return Screen.Show<StatementView>(new StatementModel(referral, form, entered, faults, entered.Text("command_id")), StatusCodes.Status422UnprocessableEntity);
    }
}

/// <param name="Referrals">Newest first.</param>
/// <param name="Whose">Which were asked for.</param>
/// <param name="Next">The token of the next page; empty on the last.</param>
public sealed record ReferralListModel(IReadOnlyList<Referral> Referrals, Whose Whose, string Next);

/// <param name="Referral">As it stands.</param>
/// <param name="History">Every entry, in the order in which it counts.</param>
/// <param name="Done">What was just said; null for nothing.</param>
public sealed record ReferralModel(Referral Referral, IReadOnlyList<Told> History, string? Done);

/// <param name="Referral">As it stands.</param>
/// <param name="Form">Of the statement.</param>
/// <param name="Entered">What was filled in.</param>
/// <param name="Faults">What is wrong with it.</param>
/// <param name="CommandId">Made once per form: sent twice, it is done once.</param>
public sealed record StatementModel(Referral Referral, StatementForm Form, Entered Entered, Faults Faults, string CommandId);

/// <summary>One entry of the history, as far as it is told.</summary>
/// <param name="Row">As the door told it.</param>
/// <param name="Entry">Parsed; what was signed is its bytes.</param>
/// <param name="Beside">What is told beside it; null for nothing.</param>
public sealed record Told(HistoryEntry Row, Entry Entry, Beside? Beside)
{
    /// <summary>Without what is told beside it.</summary>
    public static Told Of(HistoryEntry row) => new(row, Entry.Parser.ParseFrom(row.Entry), Beside: null);
}

/// <summary>What is told beside an entry.</summary>
/// <param name="Particulars">As they were sealed; empty where they cannot be read.</param>
/// <param name="Missing">Why they cannot be read, in the language of the page; empty where they can.</param>
public sealed record Beside(Particulars Particulars, string Missing);
