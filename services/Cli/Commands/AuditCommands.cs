using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord audit …</c>: who opened what about a person.</summary>
static class AuditCommands
{
    const uint PageSize = 200;

    public static Command Create() => new("audit", "The access log: who opened what about a person, when and why.") { Export(), Verify(), AcknowledgeBreak(), Alone() };

    static Command Export()
    {
        var output = new Option<string>("--output", "-o") { Description = "The file to write, which only you can read.", Required = true, HelpName = "file" };
        var command = new Command("export", "Writes the whole access log of the node to a file, a line of JSON for each row and one for what other countries countersigned, and adds rows to it for being read. coord audit verify checks it.") { output, Files.Force };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var (file, force) = (parsed.GetValue(output)!, parsed.GetValue(Files.Force));
            Files.MustBeFree(file, force);
            var rows = new List<KeptAccessRow>();
            var client = new AuditService.AuditServiceClient(connection.Channel);
            while (true)
            {
                var page = (await client.ListAccessAsync(new() { After = (ulong)rows.Count, PageSize = PageSize }, connection.Options(cancellationToken))).Rows;
                rows.AddRange(page);
                if (page.Count < PageSize) break;
            }
            var witnessed = await client.ListWitnessesAsync(new(), connection.Options(cancellationToken));
            await Files.WriteAsync(file, force, stream =>
            {
                using var writer = new StreamWriter(stream, leaveOpen: true);
                foreach (var row in (IEnumerable<IMessage>)[.. rows, witnessed]) writer.Write($"{JsonFormatter.Default.Format(row)}\n");
            });
            var table = Printing.Rows();
            Printing.Row(table, "Access log", file);
            Printing.Row(table, "Rows", $"{rows.Count}");
            return new Output(new JsonObject { ["file"] = file, ["rows"] = rows.Count }, table);
        });
        return command;
    }

    static Command AcknowledgeBreak()
    {
        var command = new Command("acknowledge-break", ProtoComments.Of(AuditService.Descriptor.FindMethodByName("AcknowledgeBreak")));
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var broken = await new AuditService.AuditServiceClient(connection.Channel).AcknowledgeBreakAsync(new(), connection.Options(cancellationToken));
            var table = Printing.Rows();
            Printing.Row(table, "Written", $"Row {broken.Number} of the access log");
            foreach (var lost in broken.Lost) Printing.Row(table, "Does not fit", Told(lost));
            return new Output(Plain.Of(broken), table);
        });
        return command;
    }

    static Command Alone()
    {
        var method = AuditService.Descriptor.FindMethodByName("ListWrittenAlone");
        var command = new Command("written-alone", $"{ProtoComments.Of(method)} The rest of a long list: --page-token.");
        var pages = FieldOptions.AddTo(command, ListWrittenAloneRequest.Descriptor);
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var list = (ListWrittenAloneResponse)await connection.CallAsync(method, Calling.Parse(pages.Read(parsed), ListWrittenAloneRequest.Descriptor), cancellationToken);
            var table = new Table().AddColumns("Written", "Statement").AddColumn(Printing.Ids("Dossier")).AddColumns("By", "A second person");
            foreach (var written in list.Written)
                table.AddRow(
                    new Text(Printing.At(written.WrittenAt)), new Text(written.Statement), new Text(Printing.Short(written.DossierId)), new Text($"{written.Person}, {OfficeName.Of(written.Office)}"),
                    new Text(written.SaidAt is { } at ? $"{written.Said}, {Printing.At(at)}{(written.Late ? ", late" : "")}" : $"owed by {Printing.At(written.DueAt)}", Style.Parse(written.Late ? "red" : "default")));
            return new Output(Plain.Of(list), Printing.More(table, list.NextPageToken));
        });
        return command;
    }

    static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "The file that coord audit export wrote." };
        var root = new Option<string?>("--root") { Description = "PEM file with the public key of the trust list's root, under which countersignatures are checked. Have it from where you trust it, not from whoever gave you the log." };
        var command = new Command("verify", "Tells, without asking any node, whether every row of an access log follows the one before, unchanged, and as other countries countersigned it, and what the rows say; or the first row that is wrong. It shows what was changed or taken away, not what never got a row.") { file, root };
        command.SetWork(parsed =>
        {
            var name = parsed.GetValue(file)!;
            var key = parsed.GetValue(root) is { } pem ? EvidenceCommands.ReadRoot(pem) : null;
            var lines = Files.ReadText(name).Split('\n').Index()
                .Select(line => (Json: Json(line.Item) ?? throw new UsageException($"{Files.Name(name)}, line {line.Index + 1}, is no row of an access log."), Where: $"{Files.Name(name)}, line {line.Index + 1},"))
                .ToList();
            var witnessed = lines is [.., { Json: { } last, Where: var where }] && last.ContainsKey("trustList") ? (ListWitnessesResponse)Calling.Parse(last, ListWitnessesResponse.Descriptor, where) : null;
            var rows = lines.SkipLast(witnessed is null ? 0 : 1).Select(line => (KeptAccessRow)Calling.Parse(line.Json, KeptAccessRow.Descriptor, line.Where)).ToList();
            if ((AccessChain.FlawIn(rows) ?? FlawInWitnesses(rows, witnessed, key)) is { } flaw)
            {
                Console.Error.WriteLine(flaw);
                return ExitCode.Unsound;
            }
            foreach (var kept in rows) Console.WriteLine(parsed.WantsJson() ? Plain.Of(AccessRow.Parser.ParseFrom(kept.Row)).ToJsonString() : Told(AccessRow.Parser.ParseFrom(kept.Row)));
            // Beside what the rows say, for whoever reads them.
            foreach (var broken in AccessChain.BreaksIn(rows)) Console.Error.WriteLine($"Row {broken.Number} acknowledges a break: rows that were countersigned before it are lost or were written anew, and this log does not show them.");
            Console.Error.WriteLine(witnessed is { Witnesses.Count: > 0 } && key is null ? "Other countries have countersigned this log: give --root to have that checked."
                : AccessChain.StandingIn(rows, witnessed?.Witnesses ?? []).GroupBy(place => place.Witness).Select(of => $"{of.Key} up to row {of.Max(place => place.Number)}").ToList() is { Count: > 0 } standing
                    ? $"Countersigned, as it stands, by {string.Join(", ", standing)}. Later rows rest on the chain alone."
                    : "No other country has countersigned this log as it stands: who has the database could have written all of it anew.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>What is wrong with what other countries countersigned; null for nothing, or where no root is given under which it counts.</summary>
    static string? FlawInWitnesses(IReadOnlyList<KeptAccessRow> rows, ListWitnessesResponse? witnessed, KeyPool? root)
    {
        if (witnessed is null || root is null) return null;
        try
        {
            return AccessChain.FlawInWitnesses(rows, witnessed.Witnesses, TrustList.Read(witnessed.TrustList.Span, root, current: null));
        }
        catch (UntrustedListException refused)
        {
            return $"The trust list of the log does not count under this root: {refused.Message}";
        }
    }

    static string Told(LogPlace lost) => $"what {lost.Witness} countersigned up to row {lost.Number}";

    static JsonObject? Json(string line)
    {
        try
        {
            return JsonNode.Parse(line) as JsonObject;
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    static string Told(AccessRow row)
    {
        var who = $"{row.Number}  {Printing.At(row.At)}  {OfficeName.Of(row.Office)}, {Words.InOneLine(row.Person)}";
        if (row.Act is AccessAct.Log) return $"{who}: read this log";
        if (row.Act is AccessAct.Break) return $"{who}: acknowledged that the log does not fit {string.Join(", nor ", row.Lost.Select(Told))}";
        var what = row.AttachmentId.Length > 0 ? $"attachment {row.AttachmentId} of the case file" : "the case file";
        return row.SubmissionId.Length > 0
            ? $"{who}: opened {what} of dossier {Printing.Short(row.DossierId)} that waits with submission {row.SubmissionId}, for {Words.Apart(row.Reason.ToString())}"
            : $"{who}: opened {what} of dossier {Printing.Short(row.DossierId)}, released by entry {Printing.Short(row.CaseFile)}, for {Words.Apart(row.Reason.ToString())}";
    }
}
