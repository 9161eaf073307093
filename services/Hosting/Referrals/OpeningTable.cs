using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Requests;
using CsvHelper;

namespace Coordination.Hosting.Referrals;

/// <summary>Referrals that are to be opened, as a table: a CSV file whose first line names its columns, and each further one a referral.</summary>
/// <remarks>
/// The one place where the format is described; coord and the console read by it. Columns are called as the options of <c>coord referral open</c>
/// are, without the dashes, beside those of the preview, <c>note</c>, <c>to</c> and <c>reference</c>; in any order, each once. Cells hold the codes of the
/// protos by their short names, in any case; several in one cell are separated by semicolons; what is so or not is <c>yes</c> or <c>no</c>; days are
/// written as 2027-01-31. UTF-8, with its mark or without; cells are separated by commas, semicolons or tabs, as the first line has it.
/// </remarks>
public static class OpeningTable
{
    /// <summary>To whom it goes, and the office's own word for it, which never leaves the node.</summary>
    public const string To = "to", Reference = "reference";

    const string Yes = "yes", No = "no";

    /// <summary>What stands in a cell only between quotation marks.</summary>
    static readonly SearchValues<char> Dividing = SearchValues.Create(",;\"\r\n\t");

    /// <summary>What one cell each says of a request, by the column's name.</summary>
    public static IReadOnlyDictionary<string, Field> Columns { get; } = Fields.Of(OpenRequest.Descriptor, "command").All.ToDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);

    /// <summary>Every column that a table may have, in the order of the protos.</summary>
    public static IReadOnlyList<string> AllColumns { get; } = [To, Reference, .. Columns.Keys];

    /// <summary>Text of a file's bytes.</summary>
    /// <returns>Either the text, or what the file is instead and what to do, as the end of a sentence about it.</returns>
    public static (string? Text, string? Fault) Decode(ReadOnlySpan<byte> file)
    {
        if (file.StartsWith("PK\u0003\u0004"u8) || file.StartsWith<byte>([0xD0, 0xCF, 0x11, 0xE0])) return (null, "is a workbook of a spreadsheet program: save it there as \"CSV UTF-8\", and take that file.");
        if (file.StartsWith<byte>([0xFF, 0xFE]) || file.StartsWith<byte>([0xFE, 0xFF])) return (null, "is written in UTF-16, which some programs call Unicode: save it as \"CSV UTF-8\", and take that file.");
        if (file.Contains((byte)0)) return (null, "is no text, or is written in UTF-16: save it as \"CSV UTF-8\", and take that file.");
        try
        {
            return (new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(file).TrimStart('\uFEFF'), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, "is no text in UTF-8; it may be written in an older encoding, such as TIS-620. Save it as \"CSV UTF-8\", and take that file.");
        }
    }

    /// <summary>Reads a table.</summary>
    /// <returns>Rows that can be read, and all that is wrong: what has faults is not to be used at all.</returns>
    public static (IReadOnlyList<OpeningRow> Rows, IReadOnlyList<TableFault> Faults) Read(string text)
    {
        var (rows, faults) = (new List<OpeningRow>(), new List<TableFault>());
        using var csv = CsvReader.FromText(text, new CsvReaderOptions
        {
            Separator = SeparatorOf(text),
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
            IncludeValuesInExceptions = false,
        });
        try
        {
            csv.ReadHeader();
            foreach (var twice in csv.Headers.GroupBy(column => column, StringComparer.OrdinalIgnoreCase).Where(alike => alike.Count() > 1))
                faults.Add(new(1, "", $"two columns are called {twice.Key}. Leave one of them away."));
            foreach (var unknown in csv.Headers.Where(column => !IsBeside(column) && !Columns.ContainsKey(column)))
                faults.Add(new(1, "", $"no column is called {unknown}. Leave it away, or call it as the empty form does; coord referral import --columns lists them all."));
            // Under a name that is none stands nothing that could be judged.
            if (faults.Count > 0) return ([], faults);
            while (csv.Read()) rows.Add(ReadRow(csv, faults));
        }
        catch (CsvFormatException wrong)
        {
            faults.Add(new((int)wrong.LineNumber, "", "this is no row of a CSV file, or has another number of cells than the first line."));
        }
        if (rows.Count == 0 && faults.Count == 0) faults.Add(new(0, "", "has no row: the first line names the columns, and each further one is a referral; coord referral import --columns lists the columns."));
        return (rows, faults);
    }

    static OpeningRow ReadRow(CsvReader csv, List<TableFault> faults)
    {
        var (request, beside, cells) = (new JsonObject(), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase), new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase));
        foreach (var (place, column) in csv.Headers.Index())
        {
            if (csv.GetString(place) is not { Length: > 0 } cell) continue;
            cells[column] = cell;
            if (IsBeside(column)) beside[column] = cell;
            else if (Set(Columns[column], request, cell) is { } fault) faults.Add(new((int)csv.LineNumber, column, fault));
        }
        return new OpeningRow((int)csv.LineNumber, request, beside.GetValueOrDefault(To), beside.GetValueOrDefault(Reference, ""), cells);
    }

    static bool IsBeside(string column) => column.Equals(To, StringComparison.OrdinalIgnoreCase) || column.Equals(Reference, StringComparison.OrdinalIgnoreCase);

    static string? Set(Field field, JsonObject request, string cell)
    {
        if (field.Describes.IsRepeated) return field.Set(request, field.Name, Several(cell));
        if (!field.IsFlag) return field.Set(request, field.Name, cell);
        if (cell.Equals(Yes, StringComparison.OrdinalIgnoreCase)) return field.Set(request, field.Name);
        return cell.Equals(No, StringComparison.OrdinalIgnoreCase) ? null : "yes or no is expected.";
    }

    /// <summary>What stands in one cell where there may be several.</summary>
    public static IReadOnlyList<string> Several(string cell) => cell.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    /// <summary>By the first line, in which nothing else than names stands: a spreadsheet program takes what its country is used to.</summary>
    static char SeparatorOf(string text)
    {
        var first = text.AsSpan()[..(text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : text.Length)];
        return first.Contains('\t') ? '\t' : first.Count(';') > first.Count(',') ? ';' : ',';
    }

    /// <summary>A table in UTF-8 with its mark, by which spreadsheet programs know it.</summary>
    public static byte[] Write(IReadOnlyList<string> columns, params IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var text = new StringBuilder("\uFEFF");
        foreach (var row in (IReadOnlyList<IReadOnlyList<string>>)[columns, .. rows]) text.Append(CultureInfo.InvariantCulture, $"{string.Join(',', row.Select(Cell))}\r\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>A cell that no spreadsheet program takes for something to reckon, whoever wrote what stands in it.</summary>
    static string Cell(string text)
    {
        if (text.Length > 0 && text[0] is '=' or '+' or '-' or '@' or '\t' or '\r') text = $"'{text}";
        return text.AsSpan().ContainsAny(Dividing) ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}

/// <summary>One row of a table.</summary>
/// <param name="Line">Where it begins, 1 for the first line of the file.</param>
/// <param name="Request">An OpenRequest, as the protos' JSON.</param>
/// <param name="To">To whom it goes; null where the row does not say.</param>
/// <param name="Reference">The office's own word for it; empty where it has none.</param>
/// <param name="Cells">Those that say something, as they were written, by their columns.</param>
public sealed record OpeningRow(int Line, JsonObject Request, string? To, string Reference, IReadOnlyDictionary<string, string> Cells);

/// <summary>What is wrong with a table, and what to do.</summary>
/// <param name="Line">Where; 0 for the whole file, about which the text is the end of a sentence.</param>
/// <param name="Column">In which column; empty for the whole line.</param>
/// <param name="Text">Never what stands in the cell.</param>
public sealed record TableFault(int Line, string Column, string Text)
{
    /// <summary>The same as a sentence about a file.</summary>
    public string Of(string file) => Line == 0 ? $"{file} {Text}" : string.Create(CultureInfo.InvariantCulture, $"{file}, line {Line}{(Column.Length > 0 ? $", column {Column}" : "")}: {Text}");
}
