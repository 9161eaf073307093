using System.Security.Cryptography;
using System.Text;
using Coordination.CountryNode.Pages.Forms;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Parts;

namespace Coordination.CountryNode.Pages.NewReferral;

/// <summary>New referrals that were written elsewhere: by hand on a printed form, or in a table.</summary>
static class PaperPages
{
    public const string Path = $"{OpeningPages.Path}/forms", Blank = $"{Path}/blank", Empty = $"{Path}/empty.csv", Import = $"{Path}/import";

    /// <summary>By which the table is chosen.</summary>
    public const string Table = "table";

    const int MostFaults = 50;

    public static void Map(IEndpointRouteBuilder pages)
    {
        pages.MapGet(Path, () => Show(Faults.None, Links.NewCommandId()));
        pages.MapGet(Blank, (Screen screen) => Screen.Show<BlankFormView>(new OpeningForm(screen)));
        pages.MapGet(Empty, (Screen screen) => Results.File(OpeningTable.Write([.. new OpeningForm(screen).Columns.Select(column => column.Column), OpeningTable.Reference]), "text/csv; charset=utf-8", "referrals.csv"));
        pages.MapPost(Import, ImportAsync).WithMetadata(TakesFiles.OfTables).WithRequestTimeout(TakesFiles.Longest);
    }

    static IResult Show(Faults faults, string commandId) =>
        Screen.Show<PaperView>(new PaperModel(faults, commandId), faults.Any ? StatusCodes.Status422UnprocessableEntity : StatusCodes.Status200OK);

    static async Task<IResult> ImportAsync(HttpContext http, Drafts drafts, Screen screen)
    {
        var (form, commandId, words) = (new OpeningForm(screen), (await Entered.ReadAsync(http)).Text("command_id"), screen.Words);
        if (await ReadAsync(http) is not var (name, file)) return Show(Faults.None.With(Table, words["Choose the file first."]), commandId);
        var (rows, wrong) = new Importing(form, screen).Read(file.Span);
        if (wrong.Count > 0)
        {
            var faults = wrong.Take(MostFaults).Aggregate(Faults.None, (faults, fault) => faults.With(Table, fault switch
            {
                { Line: 0 } => words["{0} {1}", name, fault.Text],
                { Column.Length: 0 } => words["Line {0}: {1}", fault.Line, fault.Text],
                _ => words["Line {0}, column {1}: {2}", fault.Line, fault.Column, fault.Text],
            }));
            return Show(wrong.Count > MostFaults ? faults.With(Table, words["And {0} more.", wrong.Count - MostFaults]) : faults, commandId);
        }
        // The form sent twice begins nothing twice: each draft's id is made of the form's.
        await drafts.BeginAllAsync(
            [.. rows.Select(row => (DossierId.Read(SHA256.HashData(Encoding.UTF8.GetBytes($"coord/drafts/v1\0{screen.Office}\0{commandId}\0{row.Line}"))), OpeningForm.Write(row.Entered)))], screen.Office!, http.RequestAborted);
        return Results.LocalRedirect($"{OpeningPages.Path}?made={rows.Count}");
    }

    /// <summary>The table that came, no more of it than is taken, and a byte beyond; null where none was chosen.</summary>
    static async Task<(string Name, ReadOnlyMemory<byte> File)?> ReadAsync(HttpContext http)
    {
        if (Upload.Of(http) is not { } upload) return null;
        await foreach (var file in upload.FilesAsync(http.RequestAborted))
        {
            var bytes = new byte[Importing.MostBytes + 1];
            var read = await file.Content.ReadAtLeastAsync(bytes, bytes.Length, throwOnEndOfStream: false, http.RequestAborted);
            // The rest is read and thrown away, so that the browser hears what is wrong.
            await file.Content.CopyToAsync(Stream.Null, http.RequestAborted);
            return (file.Name, bytes.AsMemory(0, read));
        }
        return null;
    }
}

/// <param name="Faults">What is wrong with the table.</param>
/// <param name="CommandId">Made once per form.</param>
public sealed record PaperModel(Faults Faults, string CommandId);
