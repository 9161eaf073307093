using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Coordination.Contracts.Referral.V1;
using CsvHelper;
using Grpc.Core;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord referral import</c>: opens what a file holds.</summary>
static class ImportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A JSON file with one OpenRequest or a list of them, a CSV file with a row each, or - for JSON on standard input." };
        var to = Opening.To;
        var columns = new Option<bool>("--columns") { Description = "Print the columns that a CSV file may have, and open nothing." };
        var command = new Command("import",
            "Opens a referral for each row of a CSV file or each request of a JSON file. The first line of a CSV file names its columns, which are the options of open without the dashes, to, note and those of the preview; several values in one cell are separated by semicolons. The same file again opens nothing twice.")
        {
            file, to, columns,
        };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            if (parsed.GetValue(columns))
            {
                foreach (var column in Columns.Keys.Order(StringComparer.Ordinal)) Console.WriteLine(column);
                return ExitCode.Done;
            }
            var name = parsed.GetValue(file)!;
            var bytes = Files.Read(name);
            // Everything is read before anything is opened: a file with a fault opens nothing.
            var requests = (name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? ReadCsv(name) : ReadJson(name)).Select((request, place) =>
            {
                Opening.Complete(request, connection.Node, request["to"]?.GetValue<string>() ?? parsed.GetValue(to));
                request.Remove("to");
                request["command"] = new JsonObject { ["command_id"] = CommandId(connection.Node, bytes, place) };
                return (OpenRequest)Calling.Parse(request, OpenRequest.Descriptor);
            }).ToList();
            return await OpenAsync(parsed, connection, requests, cancellationToken);
        });
        return command;
    }

    static async Task<int> OpenAsync(ParseResult parsed, Connection connection, IReadOnlyList<OpenRequest> requests, CancellationToken cancellationToken)
    {
        var client = new ReferralService.ReferralServiceClient(connection.Channel);
        var table = new Table().AddColumns("No.", "Dossier", "State");
        var json = new JsonArray();
        var worst = ExitCode.Done;
        foreach (var (place, request) in requests.Index())
        {
            try
            {
                var opened = await client.OpenAsync(request, connection.Options(cancellationToken));
                json.Add(Plain.Of(opened));
                table.AddRow(new Text($"{place + 1}"), new Text(opened.Referral is { } referral ? Printing.Hex(referral.DossierId) : opened.AwaitingApproval.SubmissionId), new Text(opened.Referral?.State.ToString() ?? "awaits approval"));
            }
            catch (RpcException refused) when (!cancellationToken.IsCancellationRequested)
            {
                json.Add(new JsonObject { ["refused"] = Calling.Sentence(refused) });
                table.AddRow(new Text($"{place + 1}"), new Text("not opened", Style.Parse("red")), new Text(Calling.Sentence(refused)));
                worst = Math.Max(worst, Calling.MayBeTriedAgain(refused) ? ExitCode.Unavailable : ExitCode.Refused);
            }
        }
        if (parsed.WantsJson()) Console.WriteLine(json.ToJsonString(Calling.Json));
        else AnsiConsole.Write(table);
        if (worst == ExitCode.Unavailable) Console.Error.WriteLine("The same file again opens what is missing, and nothing twice.");
        return worst;
    }

    /// <summary>Column to field: those of the statement, of the preview and of the note.</summary>
    static IReadOnlyDictionary<string, Field> Columns { get; } = Fields.Of(OpenRequest.Descriptor, "command").All.ToDictionary(field => field.Name, StringComparer.OrdinalIgnoreCase);

    static List<JsonObject> ReadCsv(string name)
    {
        using var csv = CsvReader.FromText(Files.ReadText(name), new CsvReaderOptions
        {
            TrimWhitespace = true,
            TrackLineNumbers = true,
            MalformedData = CsvMalformedDataHandling.Throw,
            FieldCountMismatch = CsvFieldCountHandling.Throw,
            IncludeValuesInExceptions = false,
        });
        var rows = new List<JsonObject>();
        try
        {
            csv.ReadHeader();
            if (csv.Headers.FirstOrDefault(column => !IsTo(column) && !Columns.ContainsKey(column)) is { } unknown)
                throw new UsageException($"{name}, line 1: no column is called {unknown}. coord referral import --columns lists them.");
            while (csv.Read())
            {
                var request = new JsonObject();
                foreach (var (place, column) in csv.Headers.Index())
                {
                    if (csv.GetString(place) is not { Length: > 0 } cell) continue;
                    try
                    {
                        if (IsTo(column)) request["to"] = cell;
                        else Set(Columns[column], request, cell);
                    }
                    catch (UsageException wrong)
                    {
                        throw new UsageException($"{name}, line {csv.LineNumber}, column {column}: {wrong.Message}");
                    }
                }
                rows.Add(request);
            }
        }
        catch (CsvFormatException wrong)
        {
            throw new UsageException($"{name}, line {wrong.LineNumber}: this is no row of a CSV file, or has another number of cells than the first line.");
        }
        return rows.Count > 0 ? rows : throw new UsageException($"{name} has no row: the first line names the columns, and coord referral import --columns lists them.");

        static bool IsTo(string column) => column.Equals("to", StringComparison.OrdinalIgnoreCase);
    }

    static void Set(Field field, JsonObject request, string cell)
    {
        if (field.Describes.IsRepeated) field.Set(request, cell.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
        else if (!field.IsFlag) field.Set(request, cell);
        else if (cell.Equals("yes", StringComparison.OrdinalIgnoreCase)) field.Set(request);
        else if (!cell.Equals("no", StringComparison.OrdinalIgnoreCase)) throw new UsageException("yes or no is expected.");
    }

    static List<JsonObject> ReadJson(string name)
    {
        try
        {
            return JsonNode.Parse(Files.ReadText(name)) switch
            {
                JsonObject one => [one],
                JsonArray { Count: > 0 } many when many.All(request => request is JsonObject) => [.. many.Select(request => (JsonObject)request!.DeepClone())],
                _ => throw new UsageException($"{name} holds neither an OpenRequest nor a list of them."),
            };
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{name} is no JSON: see line {wrong.LineNumber + 1}.");
        }
    }

    /// <summary>The same for the same row of the same file at the same node, so that it is opened once.</summary>
    static string CommandId(string node, byte[] file, int place) =>
        Convert.ToHexStringLower(SHA256.HashData([.. Encoding.UTF8.GetBytes($"coord/import/v1\0{node}\0{place}\0"), .. SHA256.HashData(file)])[..16]);
}
