using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord retention …</c>: what is due for deletion, what was deleted, and what is held.</summary>
static class RetentionCommands
{
    const uint PageSize = 200;

    const int PreviewDigits = 64;

    public static Command Create() => new("retention", "What the country's table of periods deletes: look, delete, certify, and hold what must stay.") { Preview(), Apply(), Certificates(), Verify(), Hold(), EndHold(), Holds() };

    static Command Preview()
    {
        var command = new Command("preview", ProtoComments.Of(Method("PreviewRetention")));
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var preview = await Client(connection).PreviewRetentionAsync(new(), connection.Options(cancellationToken));
            var table = Printing.Rows();
            foreach (var due in preview.Classes) Add(table, due);
            if (preview.Classes.Count == 0) Printing.Row(table, "Table", "It has no row: everything is kept. Node:RetentionFile names the table.");
            else Printing.Row(table, "Next", preview.Classes.All(due => due is { Dossiers.Count: 0, Rows: 0 }) ? "Nothing is due." : $"To delete this: coord retention apply {Printing.Hex(preview.Preview)}");
            return new Output(Plain.Of(preview), table);
        });
        return command;
    }

    static Command Apply()
    {
        var preview = new Argument<string>("preview") { Description = "As coord retention preview prints it: what that listed is deleted, and nothing else." };
        var command = new Command("apply", ProtoComments.Of(Method("ApplyRetention"))) { preview, Calling.CommandId };
        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var listed = parsed.GetValue(preview)!;
            if (listed.Length != PreviewDigits || !listed.All(char.IsAsciiHexDigit)) throw new UsageException($"A preview is named by {PreviewDigits} hexadecimal digits, as coord retention preview prints them.");
            var applied = await Client(connection).ApplyRetentionAsync(new() { CommandId = commandId, Preview = ByteString.CopyFrom(Convert.FromHexString(listed)) }, connection.Options(cancellationToken));
            var certificate = DeletionCertificate.Parser.ParseFrom(applied.Certificate.Certificate);
            return new Output(Plain.Of(certificate), Table(certificate));
        });
        return command;
    }

    static Command Certificates()
    {
        var output = new Option<string?>("--output", "-o") { Description = "A file to write as well, which only you can read: coord retention verify checks it.", HelpName = "file" };
        var command = new Command("certificates", ProtoComments.Of(Method("ListCertificates"))) { output, Files.Force };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var (file, force) = (parsed.GetValue(output), parsed.GetValue(Files.Force));
            if (file is not null) Files.MustBeFree(file, force);
            var all = new ListCertificatesResponse();
            while (true)
            {
                var page = await Client(connection).ListCertificatesAsync(new() { After = (ulong)all.Certificates.Count, PageSize = PageSize }, connection.Options(cancellationToken));
                all.Certificates.AddRange(page.Certificates);
                all.TrustList = page.TrustList;
                if (page.Certificates.Count < PageSize) break;
            }
            if (file is not null)
            {
                await Files.WriteAsync(file, force, stream =>
                {
                    using var writer = new StreamWriter(stream, leaveOpen: true);
                    writer.Write($"{JsonFormatter.Default.Format(all)}\n");
                });
            }
            var certificates = all.Certificates.Select(signed => DeletionCertificate.Parser.ParseFrom(signed.Certificate)).ToList();
            var table = Printing.Rows();
            foreach (var certificate in certificates) Printing.Row(table, $"{certificate.Number}", Told(certificate));
            if (certificates.Count == 0) Printing.Row(table, "Certificates", "Nothing was deleted.");
            if (file is not null) Printing.Row(table, "File", file);
            return new Output(new JsonObject { ["certificates"] = new JsonArray([.. certificates.Select(Plain.Of)]) }, table);
        });
        return command;
    }

    static Command Verify()
    {
        var file = new Argument<string>("file") { Description = "The file that coord retention certificates --output wrote." };
        var root = new Option<string>("--root") { Description = "PEM file with the public key of the trust list's root. Have it from where you trust it, not from whoever gave you the file.", Required = true };
        var list = new Option<string?>("--trust-list") { Description = "A newer trust list, if you have one: a key may have been revoked since." };
        var command = new Command("verify", "Tells, without asking any node, whether every certificate of deletion is what the node signed, unchanged and none left out before the last, and what was deleted; or the first that is wrong.") { file, root, list };
        command.SetWork(parsed =>
        {
            var key = EvidenceCommands.ReadRoot(parsed.GetValue(root)!);
            var further = parsed.GetValue(list) is { } name ? Files.Read(name) : (ReadOnlyMemory<byte>?)null;
            var exported = (ListCertificatesResponse)Files.ReadMessage(parsed.GetValue(file)!, ListCertificatesResponse.Descriptor);
            if (Hosting.Evidence.Certificates.FlawIn(exported, key, further) is { } flaw)
            {
                Console.Error.WriteLine(Words.InOneLine(flaw));
                return ExitCode.Unsound;
            }
            foreach (var certificate in exported.Certificates.Select(signed => DeletionCertificate.Parser.ParseFrom(signed.Certificate)))
                Console.WriteLine(parsed.WantsJson() ? Plain.Of(certificate).ToJsonString() : Words.InOneLine($"{certificate.Number}  {Told(certificate)}"));
            return ExitCode.Done;
        });
        return command;
    }

    static Command Hold()
    {
        var id = Calling.DossierIdArgument();
        var command = new Command("hold", ProtoComments.Of(Method("PlaceLegalHold"))) { id, Calling.CommandId };
        var fields = FieldOptions.AddTo(command, PlaceLegalHoldRequest.Descriptor, "command_id", "dossier_id");
        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var request = (PlaceLegalHoldRequest)Calling.Parse(fields.Read(parsed), PlaceLegalHoldRequest.Descriptor);
            (request.CommandId, request.DossierId) = (commandId, await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken));
            return Print((await Client(connection).PlaceLegalHoldAsync(request, connection.Options(cancellationToken))).Hold);
        });
        return command;
    }

    static Command EndHold()
    {
        var number = new Argument<string>("hold") { Description = "Its number, as coord retention holds prints it." };
        var command = new Command("end-hold", ProtoComments.Of(Method("EndLegalHold"))) { number };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
            Print((await Client(connection).EndLegalHoldAsync(
                new() { Hold = ulong.TryParse(parsed.GetValue(number), out var hold) ? hold : throw new UsageException($"{parsed.GetValue(number)} is no number of a hold: coord retention holds prints them.") }, connection.Options(cancellationToken))).Hold));
        return command;
    }

    static Command Holds()
    {
        var command = new Command("holds", ProtoComments.Of(Method("ListLegalHolds")));
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var holds = new List<LegalHold>();
            while (true)
            {
                var page = (await Client(connection).ListLegalHoldsAsync(new() { After = holds.Count > 0 ? holds[^1].Number : 0, PageSize = PageSize }, connection.Options(cancellationToken))).Holds;
                holds.AddRange(page);
                if (page.Count < PageSize) break;
            }
            var table = Printing.Rows();
            foreach (var hold in holds) Printing.Row(table, $"{hold.Number}", Told(hold));
            if (holds.Count == 0) Printing.Row(table, "Holds", "Nothing is held.");
            return new Output(new JsonObject { ["holds"] = new JsonArray([.. holds.Select(Plain.Of)]) }, table);
        });
        return command;
    }

    static Output Print(LegalHold hold)
    {
        var table = Printing.Rows();
        Printing.Row(table, "Hold", $"{hold.Number}");
        Printing.Row(table, "Stands", Told(hold));
        return new Output(Plain.Of(hold), table);
    }

    static Table Table(DeletionCertificate certificate)
    {
        var table = Printing.Rows();
        Printing.Row(table, "Certificate", $"{certificate.Number}");
        Printing.Row(table, "Deleted", $"{Printing.At(certificate.AppliedAt)} at {certificate.Node}, by {OfficeName.Of(certificate.Office)}");
        foreach (var due in certificate.Classes) Add(table, due);
        return table;
    }

    static void Add(Table table, DueClass due)
    {
        Printing.Row(table, Words.Capital(Words.Apart(due.Rule.Class.ToString())), Told(due));
        foreach (var dossier in due.Dossiers) Printing.Row(table, "", $"{Printing.Short(dossier.DossierId)} since {dossier.Since}, due {dossier.Due}");
    }

    static string Told(DueClass due) => due.Before.Length > 0
        ? $"{due.Rows} {(due.Rows == 1 ? "row" : "rows")} of before {due.Before}, after {due.Rule.Days} days: {Words.Apart(due.Rule.Action.ToString())}"
        : $"{due.Dossiers.Count} {(due.Dossiers.Count == 1 ? "dossier" : "dossiers")}, after {due.Rule.Days} days: {Words.Apart(due.Rule.Action.ToString())}";

    static string Told(DeletionCertificate certificate) =>
        $"{Printing.At(certificate.AppliedAt)} at {certificate.Node}, by {OfficeName.Of(certificate.Office)}: {string.Join("; ", certificate.Classes.Select(due => $"{Words.Apart(due.Rule.Class.ToString())}, {Told(due)}{string.Concat(due.Dossiers.Select(dossier => $" {Printing.Hex(dossier.DossierId)}"))}"))}";

    static string Told(LegalHold hold) =>
        $"dossier {Printing.Short(hold.DossierId)} until {hold.Until}, for {Words.Apart(hold.Basis.ToString())}, by {OfficeName.Of(hold.PlacedBy)} {Printing.At(hold.PlacedAt)}{(hold.EndedAt is { } at ? $"; ended {Printing.At(at)} by {OfficeName.Of(hold.EndedBy)}" : "")}";

    static RetentionService.RetentionServiceClient Client(Connection connection) => new(connection.Channel);

    static MethodDescriptor Method(string name) => RetentionService.Descriptor.FindMethodByName(name);
}
