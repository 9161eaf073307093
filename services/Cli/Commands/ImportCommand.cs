using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Grpc.Core;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord referral import</c>: opens what a file holds, each row once.</summary>
/// <remarks>
/// A row is known by what it says: its command id is made from the request that it becomes, from the office's own reference where
/// the row has one, and from how many equal rows stand before it in the file. The office is not in it, since a node keeps command
/// ids by office. So a file that is imported again after some of its rows were refused and corrected opens those alone. A row that
/// is changed after it was opened opens another referral; two equal rows open two; equal rows of another file open none.
/// </remarks>
static class ImportCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "A JSON file with one OpenRequest or a list of them, a CSV file with a row each, or - for JSON on standard input." };
        var to = StatementCommands.To;
        var columns = new Option<bool>("--columns") { Description = "Print the columns that a CSV file may have, and open nothing: no file is needed, and no node is asked.", Action = new PrintColumns() };
        var command = new Command("import", """
            Opens a referral for each row of a CSV file or each request of a JSON file. The first line of a CSV file names its columns, which are the options of open without the dashes, to, reference, note and those of the preview; several values in one cell are separated by semicolons.

            A row is known by what it says, in whichever file and at whichever place it stands. The same file again opens nothing twice; after a row that was refused is corrected, the file again opens that row alone. A row that is changed after it was opened opens another referral. Two equal rows in one file open two, equal rows of another file none: where those are other persons, tell the rows apart by the column reference, a word of the office's own that never leaves this machine.
            """)
        {
            file, to, columns,
        };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var name = parsed.GetValue(file)!;
            // Everything is read before anything is opened: a file that cannot be read whole opens nothing. What the node refuses is told row by row.
            var requests = Requests(name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? ReadCsv(name) : ReadJson(name), connection.Node, parsed.GetValue(to));
            return await OpenAsync(parsed, connection, requests, cancellationToken);
        });
        return command;
    }

    /// <summary>What opens each row.</summary>
    /// <exception cref="UsageException">A row is no request.</exception>
    static List<OpenRequest> Requests(IEnumerable<Row> rows, string own, string? to)
    {
        var requests = new List<OpenRequest>();
        var equal = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var row in rows)
        {
            var read = (OpenRequest)Calling.Parse(row.Request, OpenRequest.Descriptor, row.Where);
            StatementCommands.Complete(read, own, row.To ?? to, $"{row.Where}: ");
            read.Command ??= new();
            // What is sent is in one order too: the node takes a request in another order for another request.
            var bytes = InOrder(read);
            var request = OpenRequest.Parser.ParseFrom(bytes);
            if (request.Command.CommandId.Length == 0)
            {
                var says = Hash([.. SHA256.HashData(Encoding.UTF8.GetBytes(row.Reference)), .. bytes]);
                var before = equal[says] = equal.GetValueOrDefault(says, -1) + 1;
                request.Command.CommandId = Hash(Encoding.UTF8.GetBytes($"coord/import/v2\0{says}\0{before}"))[..32];
            }
            requests.Add(request);
        }
        return requests;
    }

    /// <summary>The same bytes for rows that say the same: details in another order do.</summary>
    static byte[] InOrder(OpenRequest request)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true) { Deterministic = true }) request.WriteTo(output);
        return bytes.ToArray();
    }

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    static async Task<int> OpenAsync(ParseResult parsed, Connection connection, IReadOnlyList<OpenRequest> requests, CancellationToken cancellationToken)
    {
        var client = new ReferralService.ReferralServiceClient(connection.Channel);
        var (json, table) = (new JsonArray(), new Table().AddColumns("No.", "Dossier", "State"));
        var worst = ExitCode.Done;
        foreach (var (place, request) in requests.Index())
        {
            try
            {
                var opened = await client.OpenAsync(request, connection.Options(cancellationToken));
                json.Add(Plain.Of(opened));
                table.AddRow(new Text($"{place + 1}"), new Text(opened.Referral is { } referral ? Printing.Hex(referral.DossierId) : opened.AwaitingApproval.SubmissionId), new Text(opened.Referral?.State.ToString() ?? "awaits approval"));
            }
            catch (RpcException) when (cancellationToken.IsCancellationRequested)
            {
                Console.Error.WriteLine($"Given up at number {place + 1} of {requests.Count}.");
                worst = ExitCode.Unavailable;
                break;
            }
            catch (RpcException refused)
            {
                json.Add(new JsonObject { ["refused"] = Calling.Sentence(refused) });
                table.AddRow(new Text($"{place + 1}"), new Text("not opened", Style.Parse("red")), new Text(Calling.Sentence(refused, field => OpeningTable.Columns.ContainsKey(field) ? field : null)));
                worst = Math.Max(worst, Calling.MayBeTriedAgain(refused) ? ExitCode.Unavailable : ExitCode.Refused);
            }
        }
        if (worst == ExitCode.Unavailable) Console.Error.WriteLine(Again);
        try
        {
            new Output(json, table).Print(parsed.WantsJson());
        }
        catch (UnprintableException lost)
        {
            Console.Error.WriteLine($"{lost.Message} {Again}");
            return ExitCode.Unavailable;
        }
        return worst;
    }

    const string Again = "The same file again opens what is missing, and nothing twice.";

    static List<Row> ReadCsv(string name)
    {
        var (text, unreadable) = OpeningTable.Decode(Files.Read(name));
        if (text is null) throw new UsageException($"{name} {unreadable}");
        var (rows, faults) = OpeningTable.Read(text);
        return faults.Count == 0
            ? [.. rows.Select(row => new Row(row.Request, string.Create(CultureInfo.InvariantCulture, $"{name}, line {row.Line}"), row.To, row.Reference))]
            : throw new UsageException(string.Join(' ', faults.Take(MostFaults).Select(fault => fault.Of(name))));
    }

    /// <summary>So many are told at once.</summary>
    const int MostFaults = 20;

    static List<Row> ReadJson(string name) => Files.ReadJson(name) switch
    {
        JsonObject one => [Row.Of(one, Files.Name(name))],
        JsonArray { Count: > 0 } many when many.All(request => request is JsonObject) => [.. many.Index().Select(one => Row.Of((JsonObject)one.Item!, $"{Files.Name(name)}, request {one.Index + 1}"))],
        _ => throw new UsageException($"{Files.Name(name)} holds neither an OpenRequest nor a list of them: write each as a JSON object."),
    };

    /// <summary>One row of a file.</summary>
    /// <param name="Request">An OpenRequest, as the protos' JSON.</param>
    /// <param name="Where">The file and the place in it, for what is wrong with it.</param>
    /// <param name="To">To whom; null where the request, or the command line, says it.</param>
    /// <param name="Reference">The office's own word for it; empty where it has none.</param>
    sealed record Row(JsonObject Request, string Where, string? To, string Reference)
    {
        /// <exception cref="UsageException">What is said beside the request is no text.</exception>
        public static Row Of(JsonObject request, string where)
        {
            var (to, reference) = (Take(OpeningTable.To), Take(OpeningTable.Reference));
            return new Row(request, where, to, reference ?? "");

            string? Take(string name)
            {
                if (!request.Remove(name, out var said) || said is null) return null;
                return said is JsonValue value && value.TryGetValue<string>(out var text) ? text : throw new UsageException($"{where} has to be corrected: {name} takes a text, in quotation marks.");
            }
        }
    }

    /// <summary>Prints the columns in place of the command, which then needs neither a file nor a node.</summary>
    sealed class PrintColumns : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            foreach (var column in OpeningTable.AllColumns.Order(StringComparer.Ordinal)) Console.WriteLine(column);
            return ExitCode.Done;
        }
    }
}
