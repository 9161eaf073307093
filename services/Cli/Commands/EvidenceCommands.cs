using System.CommandLine;
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Coordination.Contracts.Dossier.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Coordination.Hosting.Requests;
using Google.Protobuf;
using Grpc.Core;
using Command = System.CommandLine.Command;
using Entry = Coordination.Contracts.Dossier.V1.Entry;
using Peer = Coordination.Contracts.Peer.V1;

namespace Coordination.Cli.Commands;

/// <summary><c>coord dossier export</c>, <c>verify</c> and <c>letter</c>: a dossier for whoever has no node, and trusts none.</summary>
static class EvidenceCommands
{
    public static Command Export()
    {
        var id = Calling.DossierIdArgument();
        var output = Output("The zip to write, which only you can read.");
        var particulars = new Option<bool>("--particulars") { Description = "Put the particulars that this office may read into the bundle, in clear. Without it the bundle holds codes, dates and offices only." };
        var command = new Command("export", "Writes a bundle that shows the dossier to anybody who has the root's key: every entry and receipt as they were signed, and the trust list that names their keys. coord dossier verify checks it.") { id, output, particulars, Files.Force };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var (dossier, file, force) = (await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken), parsed.GetValue(output)!, parsed.GetValue(Files.Force));
            Files.MustBeFree(file, force);
            var client = new DossierService.DossierServiceClient(connection.Channel);
            var evidence = await client.GetEvidenceAsync(new() { DossierId = dossier }, connection.Options(cancellationToken));
            var clear = parsed.GetValue(particulars) ? await ReadParticularsAsync(connection, client, dossier, evidence, cancellationToken) : [];
            await Files.WriteAsync(file, force, Bundle.Of(dossier, evidence, clear).Write);

            foreach (var key in KeysNotNamed(evidence)) Console.Error.WriteLine($"The trust list in force does not name {key}: verify will say so. Ask the operator for a list that does.");
            if (clear.Count > 0) Console.Error.WriteLine($"{file} holds the particulars of {clear.Count} of {evidence.Entries.Count} entries in clear: whoever has it reads them.");
            var table = Printing.Rows();
            Printing.Row(table, "Bundle", file);
            Printing.Row(table, "Holds", $"{evidence.Entries.Count} entries, {evidence.Receipts.Count} receipts, particulars of {clear.Count}, as {evidence.Node} held them on {Printing.At(evidence.HeldAt)}");
            Printing.Row(table, "Next", $"Whoever gets it says coord dossier verify {file} --root FILE, with the root's public key from where they trust it.");
            return new Output(new JsonObject { ["file"] = file, ["entries"] = evidence.Entries.Count, ["receipts"] = evidence.Receipts.Count, ["particulars"] = clear.Count }, table);
        });
        return command;
    }

    public static Command Verify()
    {
        var file = new Argument<string>("bundle") { Description = "The zip that coord dossier export wrote." };
        var root = new Option<string>("--root") { Description = "PEM file with the public key of the trust list's root. Have it from where you trust it, not from whoever gave you the bundle.", Required = true };
        var list = new Option<string?>("--trust-list") { Description = "A newer trust list, if you have one: a key may have been revoked since the bundle was made." };
        var check = new Option<string?>("--check") { Description = "The check code of a letter: says to which entry it belongs.", HelpName = "code" };
        var command = new Command("verify", "Tells, without asking any node, whether everything in a bundle is what the countries signed, unchanged, with nothing missing that it speaks of, and what happened; or the first thing that is wrong.") { file, root, list, check };
        command.SetWork(parsed =>
        {
            var code = ReadCode(parsed.GetValue(check));
            var key = ReadRoot(parsed.GetValue(root)!);
            var further = parsed.GetValue(list) is { } name ? Files.Read(name) : (ReadOnlyMemory<byte>?)null;
            using var zip = Files.Open(parsed.GetValue(file)!);
            return Bundle.Read(zip) switch
            {
                BundleRead.Not not => Say(parsed, not.Flaw, null, null),
                BundleRead.Is read => Verification.Of(read.Bundle, key, further) switch
                {
                    Verified.Sound sound => Say(parsed, null, sound.Findings, code),
                    Verified.Unsound unsound => Say(parsed, unsound.Flaw, unsound.Findings, null),
                    _ => throw new UnreachableException(),
                },
                _ => throw new UnreachableException(),
            };
        });
        return command;
    }

    public static Command Letter()
    {
        var id = Calling.DossierIdArgument();
        var entry = new Argument<string>("entry") { Description = "The entry's hash as coord dossier show prints it, or the first 8 digits or more." };
        var output = Output("The page to write, which only you can read: open it in a browser and print it.");
        var ours = new Option<string?>("--our-reference") { Description = "Your office's own file number, for the letter alone: no system keeps it. Without it a line is left free.", HelpName = "text" };
        var theirs = new Option<string?>("--your-reference") { Description = "That of whoever gets the letter.", HelpName = "text" };
        var command = new Command("letter", "Writes a letter to be printed of one entry: references, date, office, what it says, and a check code by which coord dossier verify --check finds the entry.") { id, entry, output, ours, theirs, Files.Force };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var (dossier, file, force) = (await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken), parsed.GetValue(output)!, parsed.GetValue(Files.Force));
            Files.MustBeFree(file, force);
            var hash = await connection.FindEntryAsync(dossier, parsed.GetValue(entry)!, cancellationToken);
            var history = await new DossierService.DossierServiceClient(connection.Channel).HistoryAsync(new() { DossierId = dossier }, connection.Options(cancellationToken));
            var page = new LetterPage(history, history.Entries.Single(kept => kept.Hash == hash), parsed.GetValue(ours), parsed.GetValue(theirs));
            await Files.WriteAsync(file, force, stream => stream.Write(Encoding.UTF8.GetBytes(page.ToHtml())));

            var table = Printing.Rows();
            Printing.Row(table, "Letter", file);
            Printing.Row(table, "Check code", $"{page.CheckCode}");
            return new Output(new JsonObject { ["file"] = file, ["checkCode"] = $"{page.CheckCode}" }, table);
        });
        return command;
    }

    static Option<string> Output(string description) => new("--output", "-o") { Description = description, Required = true, HelpName = "file" };

    /// <summary>What stands beside the entries, as far as this office may read it and it is there to be read.</summary>
    /// <exception cref="RpcException">The office may not, or the node does not answer.</exception>
    static async Task<IReadOnlyList<ClearParticulars>> ReadParticularsAsync(
        Connection connection, DossierService.DossierServiceClient client, ByteString dossier, GetEvidenceResponse evidence, CancellationToken cancellationToken)
    {
        var clear = new List<ClearParticulars>();
        foreach (var signed in evidence.Entries)
        {
            var entry = Entry.Parser.ParseFrom(signed.Entry);
            if (!entry.Particulars.Any(digest => digest.Recipient == evidence.Node)) continue;
            var hash = EntryHash.Of(signed.Entry.Span);
            try
            {
                var read = await client.GetParticularsAsync(new() { DossierId = dossier, Entry = ByteString.CopyFrom(hash.ToArray()) }, connection.Options(cancellationToken));
                clear.Add(new(hash, read.Part, new JsonFormatter(JsonFormatter.Settings.Default.WithIndentation()).Format(read.Particulars)));
            }
            catch (RpcException missing) when (missing.StatusCode is StatusCode.NotFound)
            {
                Console.Error.WriteLine($"The particulars of {entry.Author} {entry.Seq} are not in the bundle. {missing.Status.Detail}");
            }
        }
        return clear;
    }

    /// <summary>Keys under which something was signed and of which the trust lists do not speak.</summary>
    static IEnumerable<string> KeysNotNamed(GetEvidenceResponse evidence)
    {
        var named = evidence.TrustLists
            .SelectMany(list => Peer.TrustList.Parser.ParseFrom(Peer.SignedTrustList.Parser.ParseFrom(list).List).Nodes)
            .SelectMany(node => node.SigningKeys).Select(key => key.KeyId);
        return evidence.Entries.Select(entry => entry.KeyId).Concat(evidence.Receipts.Select(receipt => receipt.KeyId)).Except(named);
    }

    /// <exception cref="UsageException">It is none.</exception>
    static CheckCode? ReadCode(string? text) => text is null ? null
        : CheckCode.TryParse(text, out var code) ? code
        : throw new UsageException($"{text} is no check code: five groups of five letters and digits are expected, as the letter has them.");

    /// <exception cref="UsageException">It holds no such key.</exception>
    internal static KeyPool ReadRoot(string file)
    {
        try
        {
            using var key = KeyFolder.ReadKey(Files.Named(file));
            return KeyPool.Of("root", key);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {unreadable.Message}");
        }
        catch (Exception other) when (other is CryptographicException or ArgumentException)
        {
            throw new UsageException($"{file} holds no key of EC P-256 in PEM: the public key of the trust list's root is expected.");
        }
    }

    static int Say(ParseResult parsed, Flaw? flaw, Findings? findings, CheckCode? check)
    {
        var checkedEntry = check is { } code ? findings?.Dossier.Entries.Select(judged => judged.Entry).FirstOrDefault(entry => CheckCode.Of(entry.Hash) == code) : null;
        var wrong = flaw?.Text ?? (check is { } unknown && checkedEntry is null ? $"The check code {unknown} belongs to no entry of this bundle." : null);
        if (parsed.WantsJson())
        {
            var json = findings is null ? new JsonObject() : History.Json(findings);
            json.Insert(0, "sound", flaw is null);
            if (flaw is not null) json.Insert(1, "flaw", new JsonObject { ["code"] = Spelling.UpperSnake(flaw.Code.ToString()), ["text"] = flaw.Text });
            if (check is not null) json["checked"] = checkedEntry is null ? null : checkedEntry.Hash.ToString();
            Console.WriteLine(json.ToJsonString(Calling.Json));
        }
        else if (findings is not null)
        {
            foreach (var line in History.Lines(findings, sound: flaw is null)) Console.WriteLine(line);
            if (checkedEntry is not null) Console.WriteLine($"The check code belongs to {Verification.NameOf(checkedEntry)}: {History.Line(findings, checkedEntry)}");
        }
        if (wrong is null) return ExitCode.Done;
        Console.Error.WriteLine(wrong);
        return ExitCode.Unsound;
    }
}
