using System.Globalization;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Hosting.Referrals;
using Coordination.Screens.Languages;
using Google.Protobuf;

namespace Coordination.CountryNode.Pages.NewReferral;

/// <summary>From a filled table to drafts, which somebody looks at before anything is sent: all of the file, or nothing of it.</summary>
sealed class Importing(OpeningForm form, Screen screen)
{
    /// <summary>Of one file.</summary>
    public const int MostRows = 200, MostBytes = 2 * 1024 * 1024;

    Words Words => screen.Words;

    /// <summary>What each row enters into a form, or all that is wrong with the file.</summary>
    public (IReadOnlyList<(int Line, Entered Entered)> Rows, IReadOnlyList<TableFault> Faults) Read(ReadOnlySpan<byte> file)
    {
        if (file.Length > MostBytes) return ([], [new(0, "", Words["is larger than {0} MiB: divide it.", MostBytes / 1024 / 1024])]);
        var (text, unreadable) = OpeningTable.Decode(file);
        if (text is null) return ([], [new(0, "", Refusals.Said(unreadable!, Words))]);
        var (rows, faults) = OpeningTable.Read(text);
        List<TableFault> wrong = [.. faults.Select(fault => fault with { Text = Refusals.Said(fault.Text, Words) })];
        if (rows.Count > MostRows) return ([], [new(0, "", Words["has more than {0} rows: divide it.", MostRows])]);

        var asked = form.Columns.ToDictionary(column => column.Column, column => column.Field, StringComparer.OrdinalIgnoreCase);
        wrong.AddRange(rows.SelectMany(row => row.Cells.Keys).Distinct(StringComparer.OrdinalIgnoreCase).Where(column => !asked.ContainsKey(column) && !column.Equals(OpeningTable.Reference, StringComparison.OrdinalIgnoreCase))
            .Select(column => new TableFault(1, column, Words["The console does not ask for this: leave it away, or open these referrals by coord referral import."])));
        wrong.AddRange(from row in rows
                       from cell in row.Cells
                       where asked.ContainsKey(cell.Key)
                       let fault = FaultOf(cell.Key, asked[cell.Key], cell.Value)
                       where fault is not null
                       select new TableFault(row.Line, cell.Key, fault));
        return wrong.Count > 0 ? ([], [.. wrong.OrderBy(fault => fault.Line)]) : ([.. rows.Select(row => (row.Line, Enter(row)))], []);
    }

    Entered Enter(OpeningRow row)
    {
        var request = (OpenRequest)JsonParser.Default.Parse(row.Request.ToJsonString(), OpenRequest.Descriptor);
        var filling = new Filling(screen.Country, Words.Language.WritesBuddhistEra);
        var entered = form.AllFields.Aggregate(form.Usual(), (entered, field) => filling.From(entered, field, request, field.Name.Split('.')));
        if (row.To is { } to) entered = entered.With(OpeningTable.To, to);
        return row.Reference.Length > 0 ? entered.With(OpeningTable.Reference, row.Reference) : entered;
    }

    /// <summary>What a form could not show as it was written; null for nothing. Codes of the protos were looked at before.</summary>
    string? FaultOf(string column, FormField field, string cell) => field switch
    {
        { Kind: FieldKind.Day } => DateOnly.TryParseExact(cell, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _)
            ? null
            : Words["This is no day: write it as 2027-01-31. Where a spreadsheet program changes that, make the column one of text first."],
        { Kind: FieldKind.Choice or FieldKind.Choices, Describes: null or { FieldType: Google.Protobuf.Reflection.FieldType.String } } when
            (field.Kind is FieldKind.Choices ? OpeningTable.Several(cell) : [cell]).Any(code => field.Choices?.Any(choice => choice.Code == code) is not true) =>
            Words["This is no code for {0}: choose among {1}.", column, string.Join(", ", field.Choices?.Select(choice => choice.Code) ?? [])],
        _ => null,
    };
}
