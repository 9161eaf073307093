using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Hosting;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Grpc.Core;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>Referrals: the list, one of them, and what an office says in it.</summary>
static class ReferralPages
{
    /// <summary>What is said of what waits for a second person.</summary>
    public const string Awaiting = "awaiting";

    /// <summary>For so long a page tells what its reader did.</summary>
    static readonly TimeSpan JustNow = TimeSpan.FromMinutes(5);

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Navigation.Referrals, ListAsync);
        pages.MapGet($"{Navigation.Referrals}/{{id}}", ShowAsync);
        pages.MapGet($"{Navigation.Referrals}/{{id}}/say/{{statement}}", BeginAsync);
        pages.MapPost($"{Navigation.Referrals}/{{id}}/say/{{statement}}", SayAsync).WithMetadata(TakesFiles.OfLetters).WithRequestTimeout(TakesFiles.Longest);
    }

    /// <summary>Where some of them are listed.</summary>
    public static string ListOf(Whose whose) => whose is Whose.Unspecified ? Navigation.Referrals : $"{Navigation.Referrals}?whose={whose}";

    static async Task<IResult> ListAsync(string? page, string? whose, Calls calls)
    {
        var asked = Enum.TryParse<Whose>(whose, out var known) && Enum.IsDefined(known) ? known : Whose.Unspecified;
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
        return Screen.Show<ReferralView>(new ReferralModel(referral, told, done == Awaiting || IsWritten(done, told, screen) ? done : null));
    }

    /// <summary>Whether the office wrote it just now: a link can say anything, and somebody would trust that a withdrawal is written.</summary>
    static bool IsWritten(string? statement, IEnumerable<Told> told, Screen screen) =>
        told.Where(entry => entry.Entry.Author == screen.Country.ToString()).MaxBy(entry => entry.Entry.Seq) is { } last && last.Row.Statement == statement
        && Hosting.Dossiers.DossierWire.Write(screen.Office!).Equals(last.Entry.Office) && screen.Now - last.Entry.WrittenAt.ToDateTimeOffset() < JustNow;

    /// <summary>What was typed, with the digest of the letter that was chosen: the letter itself is not kept.</summary>
    static async Task<Entered> WithDigestAsync(Entered entered, HttpContext http)
    {
        if (Upload.Of(http) is not { } upload) return entered;
        await foreach (var file in upload.FilesAsync(http.RequestAborted))
            if (file.Field == StatementForm.LetterFile) entered = entered.With("command.letter", Convert.ToHexStringLower(await SHA256.HashDataAsync(file.Content, http.RequestAborted)));
        return entered;
    }

    /// <summary>What is told beside an entry, or why it cannot be read; null where there is nothing, or nothing for this office.</summary>
    public static async Task<Beside?> BesideAsync(ByteString dossier, Told told, Calls calls, Screen screen)
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

    static async Task<IResult> BeginAsync(string id, string statement, string? entry, Forming forming, Calls calls)
    {
        if (Links.Read(id) is not { } dossier || Action.Find(statement) is not { } action) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        if (action.Corrects && entry is null) return Screen.Show<CorrectableView>(new CorrectableModel(referral, await forming.CorrectableAsync(referral)));
        if (await forming.FormAsync(action, referral, entry) is not { } form) return Screen.Nothing();
        var entered = form.Begin();
        return Screen.Show<StatementView>(new StatementModel(referral, form, entered, Faults.None, Links.NewCommandId()));
    }

    static async Task<IResult> SayAsync(string id, string statement, HttpContext http, Forming forming, Calls calls, Screen screen)
    {
        if (Links.Read(id) is not { } dossier || Action.Find(statement) is not { } action) return Screen.Nothing();
        var referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
        var sent = await Entered.ReadAsync(http);
        if (await forming.FormAsync(action, referral, sent.Text("entry")) is not { } form) return Screen.Nothing();
        if (form.TakesLetter) sent = await WithDigestAsync(sent, http);
        var entered = form.Resume(sent);
        var (request, faults) = form.Read(entered);
        if (!faults.Any)
        {
            try
            {
                var answer = OpenResponse.Parser.ParseFrom((await calls.CallAsync(action.Method, request)).ToByteString());
                return Results.LocalRedirect($"{Links.To(dossier)}?done={(answer.AwaitingApproval is null ? action.Statement : Awaiting)}");
            }
            catch (RpcException refused) when (refused.StatusCode is StatusCode.InvalidArgument or StatusCode.FailedPrecondition or StatusCode.AlreadyExists)
            {
                faults = Refusals.ToFaults(refused, screen.Words, [.. form.Fields, .. form.Seldom]);
                // Somebody else may have acted meanwhile: the page shows how it stands now.
                referral = (await calls.Referrals.GetAsync(new() { DossierId = dossier })).Referral;
                form = await forming.FormAsync(action, referral, sent.Text("entry")) ?? form;
                entered = form.Resume(entered);
            }
        }
        return Screen.Show<StatementView>(new StatementModel(referral, form, entered, faults, entered.Text("command_id")), StatusCodes.Status422UnprocessableEntity);
    }
}

/// <summary>Makes the forms of statements: with the offices of this country, and for a correction with what was said.</summary>
public sealed class Forming(Calls calls, Screen screen, NodeSettings settings)
{
    /// <summary>The form of a statement; null for a correction of what the office may not correct.</summary>
    public async Task<StatementForm?> FormAsync(Action action, Referral referral, string? entry)
    {
        if (!action.Corrects) return new StatementForm(action, referral, screen, Offices, said: null);
        return Links.Read(entry ?? "") is { } hash && (await CorrectableAsync(referral)).FirstOrDefault(told => told.Row.Hash == hash) is { } told
            ? new StatementForm(action, referral, screen, Offices, await SaidAsync(referral.DossierId, told))
            : null;
    }

    /// <summary>What the office may correct, newest first.</summary>
    public async Task<IReadOnlyList<Told>> CorrectableAsync(Referral referral)
    {
        var offered = referral.Offers.Where(offer => offer is { Statement: nameof(Corrected), Open: true }).Select(offer => offer.Answers).ToHashSet();
        return [.. (await calls.Dossiers.HistoryAsync(new() { DossierId = referral.DossierId })).Entries.Where(row => offered.Contains(row.Hash)).Select(Told.Of).Reverse()];
    }

    async Task<Said> SaidAsync(ByteString dossier, Told told)
    {
        var body = (IMessage)Entry.Descriptor.Oneofs.Single(oneof => oneof.Name == "body").Accessor.GetCaseFieldDescriptor(told.Entry).Accessor.GetValue(told.Entry);
        var (on, beside) = (told.Entry.HappenedOn, told);
        // What was put right before is put right from there.
        foreach (var row in (await calls.Dossiers.HistoryAsync(new() { DossierId = dossier })).Entries.Select(Told.Of).Where(row => row.Entry.Answers == told.Row.Hash && row.Entry.Author == told.Entry.Author))
            if (row.Entry.Corrected is { } corrected && Corrected.Descriptor.Oneofs.Single().Accessor.GetCaseFieldDescriptor(corrected) is { } stated && stated.MessageType == body.Descriptor)
                (body, on, beside) = ((IMessage)stated.Accessor.GetValue(corrected), row.Entry.HappenedOn, row);
        return new Said(told.Row.Hash, told.Row.Statement, body, on, (await ReferralPages.BesideAsync(dossier, beside, calls, screen))?.Particulars.Details ?? []);
    }

    /// <summary>Of this country, those that can have a referral.</summary>
    IReadOnlyList<Contracts.Directory.V1.Office> Offices => [.. settings.OfficesHere().Where(Rights.MayHaveReferrals).Select(Hosting.Dossiers.DossierWire.Write)];
}

/// <param name="Referral">As it stands.</param>
/// <param name="Entries">What the office may correct, newest first.</param>
public sealed record CorrectableModel(Referral Referral, IReadOnlyList<Told> Entries);

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
