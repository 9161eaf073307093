using System.CommandLine;
using Coordination.Contracts.Dossier.V1;
using Spectre.Console;

namespace Coordination.Cli.Commands;

/// <summary><c>coord dossier …</c></summary>
static class DossierCommands
{
    public static Command Create() => new("dossier", "Dossiers of every kind.") { Show() };

    static Command Show()
    {
        var id = new Argument<string>("id") { Description = "The dossier's id, as coord prints it." };
        var command = new Command("show", "Shows every entry that this node holds, in the order in which it counts, and what became of it.") { id };
        command.SetCall(async (parsed, connection, _, cancellation) =>
        {
            var client = new DossierService.DossierServiceClient(connection.Channel);
            return Print(await client.HistoryAsync(new() { DossierId = Calling.DossierId(parsed.GetValue(id)!) }, connection.Options(cancellation)));
        });
        return command;
    }

    static Output Print(HistoryResponse history)
    {
        var rows = history.Entries.Select(kept => (Kept: kept, Entry: Entry.Parser.ParseFrom(kept.Entry))).Select(row => new
        {
            row.Entry.Author,
            row.Entry.Seq,
            Statement = row.Kept.Statement.Length > 0 ? row.Kept.Statement : "not understood",
            row.Entry.HappenedOn,
            Office = row.Entry.Office is null ? "" : $"{row.Entry.Office.Role}@{row.Entry.Office.Unit}",
            Verdict = row.Kept.Verdict.ToString(),
            row.Kept.Reason,
            row.Kept.Explanation,
            Hash = Convert.ToHexStringLower(row.Kept.Hash.Span),
            HeldSince = row.Kept.HeldSince.ToDateTimeOffset(),
            Receipts = row.Kept.Receipts.ToDictionary(receipt => receipt.Holder, receipt => receipt.ReceivedAt.ToDateTimeOffset()),
        }).ToList();
        var table = new Table().AddColumns("Author", "No.", "Statement", "Happened on", "Office", "Verdict", "Held elsewhere");
        foreach (var row in rows)
            table.AddRow(
                new Text(row.Author), new Text($"{row.Seq}"), new Text(row.Statement), new Text(row.HappenedOn), new Text(row.Office),
                new Text(row.Explanation.Length > 0 ? $"{row.Verdict}: {row.Explanation}" : row.Verdict),
                new Text(string.Join("\n", row.Receipts.Select(receipt => $"{receipt.Key} {receipt.Value:yyyy-MM-dd HH:mm} UTC"))));
        return new Output(new { DossierId = Convert.ToHexStringLower(history.DossierId.Span), Entries = rows }, table);
    }
}
