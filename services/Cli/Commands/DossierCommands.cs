using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord dossier …</c></summary>
static class DossierCommands
{
    public static Command Create()
    {
        var dossier = new Command("dossier", "Dossiers of every kind.") { Show(), Particulars(), EvidenceCommands.Export(), EvidenceCommands.Verify(), EvidenceCommands.Letter() };
        foreach (var statement in StatementCommands.Of(DossierService.Descriptor)) dossier.Subcommands.Add(statement);
        return dossier;
    }

    static Command Show()
    {
        var id = Calling.DossierIdArgument();
        var command = new Command("show", "Shows every entry that this node holds, in the order in which it counts, and what became of it.") { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) => Print(await Client(connection).HistoryAsync(new() { DossierId = await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken) }, connection.Options(cancellationToken))));
        return command;
    }

    static Command Particulars()
    {
        var id = Calling.DossierIdArgument();
        var entry = new Argument<string>("entry") { Description = "The entry's hash as coord dossier show prints it, or the first 8 digits or more." };
        var command = new Command("particulars", ProtoComments.Of(DossierService.Descriptor.FindMethodByName("GetParticulars"))) { id, entry };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var dossier = await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken);
            var hash = await connection.FindEntryAsync(dossier, parsed.GetValue(entry)!, cancellationToken);
            var read = (await Client(connection).GetParticularsAsync(new() { DossierId = dossier, Entry = hash }, connection.Options(cancellationToken))).Particulars;
            var table = Printing.Rows();
            foreach (var (name, words) in Plain.Said(read)) Printing.Row(table, name, words);
            return new Output(Plain.Of(read), table);
        });
        return command;
    }

    static DossierService.DossierServiceClient Client(Connection connection) => new(connection.Channel);

    static Output Print(HistoryResponse history)
    {
        var rows = history.Entries.Select(kept => (Kept: kept, Entry: Entry.Parser.ParseFrom(kept.Entry))).ToList();
        var table = new Table().AddColumns("Author", "No.", "Statement", "Happened on", "Office", "Verdict", "Held elsewhere").AddColumn(Printing.Ids("Entry"));
        foreach (var (kept, entry) in rows)
            table.AddRow(
                new Text(entry.Author), new Text($"{entry.Seq}"), new Text(Statement(kept)), new Text(entry.HappenedOn), new Text(Office(entry)),
                new Text(kept.Explanation.Length > 0 ? $"{kept.Verdict}: {kept.Explanation}" : kept.Verdict.ToString(), Style.Parse(kept.Verdict is Verdict.Applied ? "default" : "yellow")),
                new Text(string.Join("\n", kept.Receipts.Select(receipt => $"{receipt.Holder} {Printing.At(receipt.ReceivedAt)}"))),
                new Text(Printing.Short(kept.Hash)));
        return new Output(new JsonObject
        {
            ["dossierId"] = Printing.Hex(history.DossierId),
            ["entries"] = new JsonArray([.. rows.Select(row => new JsonObject
            {
                ["author"] = row.Entry.Author,
                ["seq"] = row.Entry.Seq,
                ["statement"] = Statement(row.Kept),
                ["happenedOn"] = row.Entry.HappenedOn,
                ["office"] = Office(row.Entry),
                ["verdict"] = row.Kept.Verdict.ToString(),
                ["reason"] = row.Kept.Reason,
                ["explanation"] = row.Kept.Explanation,
                ["hash"] = Printing.Hex(row.Kept.Hash),
                ["heldSince"] = row.Kept.HeldSince.ToDateTimeOffset(),
                ["receipts"] = new JsonObject(row.Kept.Receipts.Select(receipt => KeyValuePair.Create(receipt.Holder, (JsonNode?)JsonValue.Create(receipt.ReceivedAt.ToDateTimeOffset())))),
            })]),
        }, table);
    }

    static string Statement(HistoryEntry kept) => kept.Statement.Length > 0 ? kept.Statement : "not understood";

    static string Office(Entry entry) => entry.Office is null ? "" : OfficeName.Of(entry.Office);
}
