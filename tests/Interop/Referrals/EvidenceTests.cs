using System.IO.Compression;
using System.Text.Json;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.Local;
using Google.Protobuf;

namespace Coordination.Interop.Referrals;

/// <summary>A dossier outside the system: coord exports it, verifies it far from any node, and prints letters of its entries.</summary>
public sealed class EvidenceTests(TwoCountries countries)
{
    const string Note = "Nobody in particular <is> asked about.";

    readonly Coord _coord = new(countries.Region);

    string Root => countries.Region["TH"].Keys.TrustRoot;

    [Fact(Timeout = 180_000)]
    public async Task What_was_exported_is_verified_when_no_node_runs_any_more_and_a_revoked_key_is_named()
    {
        using var folder = new Folder();
        string id;
        var root = folder["root.pem"];
        await using (var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA", "VN"], Down = ["VN"] }, TestContext.Current.CancellationToken))
        {
            var coord = new Coord(region);
            id = await PlayAsync(coord);
            File.Copy(region["TH"].Keys.TrustRoot, root);
            await coord.JsonAsync("dossier", "export", id, "-o", folder["sound.zip"]);

            var entries = (await coord.JsonAsync("dossier", "show", id)).GetProperty("entries");
            var list = region.TrustList.Clone();
            list.Version++;
            list.Nodes.Single(node => node.Id == "LA").SigningKeys.Single().Revocation = new Revocation
            {
                Heads = { new StandingHead { DossierId = Bytes(id), Hash = Bytes(entries.EnumerateArray().First(entry => entry.GetProperty("author").GetString() == "LA").GetProperty("hash").GetString()!) } },
            };
            File.WriteAllBytes(folder["newer.list"], region.WriteTrustList(list).ToByteArray());
            await coord.UntilAsync("TH", id, "Received");
            await coord.JsonAsync("dossier", "export", id, "-o", folder["revoked.zip"]);
        }

        var offline = new Coord(countries.Region);
        var (code, printed, said) = await offline.RunAsync("dossier", "verify", folder["sound.zip"], "--root", root, "--region", "/does/not/exist");
        (code, said).ShouldBe((0, ""));
        foreach (var line in (string[])
        [
            "^Everything in the bundle is what the countries signed, unchanged, and nothing that it speaks of is missing\\.$",
            $"^Dossier {id[..8]}: 4 entries and \\d receipts; keys as of trust list \\d+\\.$",
            "^As it says of itself, which nobody signed, TH held all of it on ",
            "^TH 1  20..-..-..  Thailand, focal-point@datip: Opened: type Repatriation, host TH, origin LA, .* Held by LA since 20..-..-.. ..:.. UTC\\.$",
            "^LA 1  .*  Lao PDR, focal-point@ahtd: Acknowledged\\. Held by TH since ",
            "^LA 2  .*: Taken up\\.",
            "^TH 2  .*: Information requested\\.",
            "^The referral stands at taken up\\.$",
        ])
            printed.ShouldMatch($"(?m){line}");

        (code, printed, _) = await offline.RunAsync("dossier", "verify", folder["sound.zip"], "--root", root, "--json");
        var json = JsonDocument.Parse(printed).RootElement;
        (code, json.GetProperty("sound").GetBoolean(), json.GetProperty("entries").GetArrayLength(), json.GetProperty("state").GetString()).ShouldBe((0, true, 4, "TakenUp"));

        foreach (var arguments in (string[][])[["revoked.zip"], ["sound.zip", "--trust-list", folder["newer.list"]]])
        {
            (code, printed, said) = await offline.RunAsync(["dossier", "verify", folder[arguments[0]], "--root", root, .. arguments[1..]]);
            code.ShouldBe(4);
            said.ShouldMatch("^LA 2 counts for nothing: its key LA-[0-9a-f]{16} was revoked, and it lies beyond the entries that stand under it\\.\n$");
            printed.ShouldContain("Void: The author's key was revoked");
            printed.ShouldNotContain("Everything in the bundle");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Whatever_was_done_to_a_bundle_is_said_in_one_sentence_and_ends_with_4()
    {
        using var folder = new Folder();
        var (id, other) = (await PlayAsync(_coord), await PlayAsync(_coord));
        await _coord.JsonAsync("dossier", "export", id, "-o", folder["bundle.zip"], "--particulars");
        await _coord.JsonAsync("dossier", "export", other, "-o", folder["other.zip"]);
        var (whole, strange) = (Read(folder["bundle.zip"]), Read(folder["other.zip"]));
        var receipt = whole.Keys.First(name => name.StartsWith("receipts/", StringComparison.Ordinal) && name.EndsWith("-LA-TH-1.receipt", StringComparison.Ordinal));
        var text = whole.Keys.First(name => name.EndsWith(".json", StringComparison.Ordinal) && name.StartsWith("particulars/", StringComparison.Ordinal));

        await ShouldSayAsync("The signature under entries/0002-LA-1.entry is not of key LA-", files =>
        {
            var signed = SignedEntry.Parser.ParseFrom(files["entries/0002-LA-1.entry"]);
            var bytes = signed.Entry.ToByteArray();
            // Where it says LA: nobody can read whose entry it is now.
            bytes[bytes.AsSpan().IndexOf("LA"u8)] ^= 1;
            signed.Entry = ByteString.CopyFrom(bytes);
            files["entries/0002-LA-1.entry"] = signed.ToByteArray();
        });
        await ShouldSayAsync("LA 1 is missing: LA 2 follows it.", files => files.Remove("entries/0002-LA-1.entry"));
        await ShouldSayAsync("LA 1 and LA 2 are swapped: entries/0002-LA-1.entry holds LA 2, and entries/0003-LA-2.entry holds LA 1.", files =>
            (files["entries/0002-LA-1.entry"], files["entries/0003-LA-2.entry"]) = (files["entries/0003-LA-2.entry"], files["entries/0002-LA-1.entry"]));
        await ShouldSayAsync($"The receipt of LA for TH 1 ({receipt}) belongs to another dossier: {other[..8]}, not {id[..8]}.", files =>
            files[receipt] = strange.First(file => file.Key.EndsWith("-LA-TH-1.receipt", StringComparison.Ordinal)).Value);
        await ShouldSayAsync($"The signature under the receipt of LA for TH 1 ({receipt}) is not of key LA-", files =>
        {
            var signed = SignedReceipt.Parser.ParseFrom(files[receipt]);
            signed.Signature = SignedReceipt.Parser.ParseFrom(strange.First(file => file.Key.EndsWith("-LA-TH-1.receipt", StringComparison.Ordinal)).Value).Signature;
            files[receipt] = signed.ToByteArray();
        });
        await ShouldSayAsync($"entries/0009-TH-1.entry holds an entry of another dossier: TH 1 of {other[..8]}, not of {id[..8]}.", files =>
            files["entries/0009-TH-1.entry"] = strange["entries/0001-TH-1.entry"]);
        await ShouldSayAsync("are shown otherwise than particulars/", files => files[text] = """{ "note": "Somebody." }"""u8.ToArray());
        await ShouldSayAsync("The file is no zip, or a damaged one.", files => files.Clear());
        await ShouldSayAsync("Everything in the bundle is what the countries signed", _ => { }, code: 0);

        async Task ShouldSayAsync(string sentence, Action<SortedDictionary<string, byte[]>> tamper, int code = 4)
        {
            var files = new SortedDictionary<string, byte[]>(whole, StringComparer.Ordinal);
            tamper(files);
            if (files.Count > 0) Write(folder["changed.zip"], files);
            else folder.Write("changed.zip", "no zip");
            var (ended, printed, said) = await _coord.RunAsync("dossier", "verify", folder["changed.zip"], "--root", Root);
            ended.ShouldBe(code, said);
            if (code == 0) printed.ShouldContain(sentence);
            else (printed, said.TrimEnd('\n').Contains('\n', StringComparison.Ordinal)).ShouldBe(("", false));
            (printed + said).ShouldContain(sentence);
            if (code == 0) return;
            var json = JsonDocument.Parse((await _coord.RunAsync("dossier", "verify", folder["changed.zip"], "--root", Root, "--json")).Printed).RootElement;
            json.GetProperty("sound").GetBoolean().ShouldBeFalse();
            json.GetProperty("flaw").GetProperty("code").GetString()!.ShouldMatch("^[A-Z_]+$");
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task A_letter_bears_a_check_code_by_which_verify_finds_its_entry_and_no_other()
    {
        using var folder = new Folder();
        var id = await PlayAsync(_coord);
        await _coord.JsonAsync("dossier", "export", id, "-o", folder["bundle.zip"]);
        var entry = (await _coord.JsonAsync("dossier", "show", id)).GetProperty("entries")[2].GetProperty("hash").GetString()!;
        var code = (await _coord.JsonAsync("dossier", "letter", id, entry[..12], "-o", folder["letter.html"], "--our-reference", "พม 1/<2>")).GetProperty("checkCode").GetString()!;
        code.ShouldMatch("^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$");

        var page = File.ReadAllText(folder["letter.html"]);
        foreach (var said in (string[])["<td>พม 1/&lt;2&gt;</td>", "Your reference", $"<td>{id[..8]}</td>", "<td>LA 2</td>", "<h1>Taken up</h1>", "Lao PDR, focal-point@ahtd", "It stands.", code, "size: A4"])
            page.ShouldContain(said);
        page.ShouldMatch("<td>LA-[0-9a-f]{16}</td>");
        var happened = (await _coord.JsonAsync("dossier", "show", id)).GetProperty("entries")[0].GetProperty("happenedOn").GetString()!;
        await _coord.JsonAsync("dossier", "letter", id, id[..12], "-o", folder["opening.html"], "--your-reference", "LPD/77");
        var opening = File.ReadAllText(folder["opening.html"]);
        foreach (var said in (string[])["<tr><th>Your reference</th><td>LPD/77</td></tr>", $"<tr><th>Date</th><td>{happened}</td></tr>", "<tr><th>Type</th><td>Repatriation</td></tr>", "<tr><th>Origin</th><td>LA</td></tr>"])
            opening.ShouldContain(said);
        foreach (var never in (string[])["<script", "http:", "https:", "url(", id, entry]) page.ShouldNotContain(never, Case.Insensitive);

        var (ended, printed, _) = await _coord.RunAsync("dossier", "verify", folder["bundle.zip"], "--root", Root, "--check", code.ToLowerInvariant().Replace('-', ' '));
        ended.ShouldBe(0);
        printed.ShouldMatch("(?m)^The check code belongs to LA 2: .*: Taken up\\.");

        var wrong = $"{(code[0] == '0' ? '1' : '0')}{code[1..]}";
        var (refused, _, why) = await _coord.RunAsync("dossier", "verify", folder["bundle.zip"], "--root", Root, "--check", wrong);
        (refused, why).ShouldBe((4, $"The check code {wrong} belongs to no entry of this bundle.\n"));
    }

    [Fact(Timeout = 120_000)]
    public async Task Particulars_are_in_a_bundle_only_where_they_were_asked_for_and_the_office_may_read_them()
    {
        using var folder = new Folder();
        var id = await PlayAsync(_coord);
        await _coord.JsonAsync("dossier", "export", id, "-o", folder["codes.zip"]);
        Read(folder["codes.zip"]).Keys.ShouldAllBe(name => !name.StartsWith("particulars/", StringComparison.Ordinal));
        File.GetUnixFileMode(folder["codes.zip"]).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        var (refused, _, why) = await _coord.RunAsync("dossier", "export", id, "-o", folder["auditor.zip"], "--particulars", "--office", "auditor");
        refused.ShouldBe(1);
        why.ShouldContain("OFFICE_NOT_ALLOWED");
        File.Exists(folder["auditor.zip"]).ShouldBeFalse();
        await _coord.JsonAsync("dossier", "export", id, "-o", folder["auditor.zip"], "--office", "auditor");

        var (code, _, warned) = await _coord.RunAsync("dossier", "export", id, "-o", folder["clear.zip"], "--particulars");
        code.ShouldBe(0);
        warned.ShouldContain("clear.zip holds the particulars of 1 of 4 entries in clear: whoever has it reads them.");
        Read(folder["clear.zip"]).Keys.Where(name => name.StartsWith("particulars/", StringComparison.Ordinal)).Select(Path.GetExtension).ShouldBe([".json", ".part"]);
        (await _coord.RunAsync("dossier", "verify", folder["clear.zip"], "--root", Root)).Printed.ShouldContain($"Beside TH 2, note: {Note}");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_file_that_is_there_is_overwritten_only_by_force_and_nothing_is_left_half_written()
    {
        using var folder = new Folder();
        var id = await PlayAsync(_coord);
        folder.Write("mine", "mine");
        foreach (var command in (string[][])[["export", id], ["letter", id, id]])
        {
            var (code, _, said) = await _coord.RunAsync(["dossier", .. command, "-o", folder["mine"]]);
            (code, said).ShouldBe((2, $"{folder["mine"]} exists: name another file, or overwrite it with --force.\n"));
            File.ReadAllText(folder["mine"]).ShouldBe("mine");
        }
        await _coord.JsonAsync("dossier", "export", id, "-o", folder["mine"], "--force");
        Read(folder["mine"]).ShouldContainKey("bundle.json");
        var (nowhere, _, why) = await _coord.RunAsync("dossier", "export", id, "-o", folder["no/such/folder.zip"]);
        nowhere.ShouldBe(2);
        why.ShouldContain("does not exist: make it, or name a file elsewhere");
        Directory.GetFiles(Path.GetDirectoryName(folder["mine"])!).ShouldBe([folder["mine"]]);

        // A link stays one, and a device is no file: as root it would be gone.
        File.CreateSymbolicLink(folder["link"], folder["mine"]);
        File.CreateSymbolicLink(folder["null"], "/dev/null");
        await _coord.JsonAsync("dossier", "letter", id, id, "-o", folder["link"], "--force");
        File.ReadAllText(folder["mine"]).ShouldStartWith("<!doctype html>");
        File.ResolveLinkTarget(folder["link"], returnFinalTarget: true)!.FullName.ShouldBe(folder["mine"]);
        foreach (var device in (string[])["/dev/null", folder["null"]])
            (await _coord.RunAsync("dossier", "export", id, "-o", device, "--force")).ShouldBe((2, "", $"{device} is in /dev, where devices are: name a file elsewhere.\n"));
    }

    [Theory(Timeout = 120_000)]
    [InlineData("verify /does/not/exist --root {0}", "/does/not/exist cannot be read")]
    [InlineData("verify {0} --root /does/not/exist", "/does/not/exist cannot be read")]
    [InlineData("verify {0} --root {1}", "holds no key of EC P-256 in PEM: the public key of the trust list's root is expected.")]
    [InlineData("verify {0}", "--root")]
    [InlineData("verify {0} --root {0} --check 12345", "12345 is no check code")]
    [InlineData("verify / --root {0}", "/ is a folder")]
    [InlineData("export 00 -o /tmp/never.zip", "64 hexadecimal digits")]
    [InlineData("export 00", "--output")]
    public async Task A_command_line_without_what_it_needs_ends_with_2(string line, string says)
    {
        using var folder = new Folder();
        var words = string.Format(line, Root, folder.Write("empty.pem", "")).Split(' ');
        var (code, printed, said) = await _coord.RunAsync(["dossier", .. words]);
        (code, printed).ShouldBe((2, ""));
        said.ShouldContain(says);
        said.ShouldNotContain("   at ");
    }

    /// <summary>TH 1 opened, LA 1 acknowledged, LA 2 taken up, TH 2 information requested with a note; Lao PDR has it all.</summary>
    static async Task<string> PlayAsync(Coord coord)
    {
        using var folder = new Folder();
        var id = await coord.OpenAsync();
        await coord.UntilAsync("LA", id, "Sent");
        await coord.JsonAsync("referral", "acknowledge", id, "--node", "LA");
        await coord.JsonAsync("referral", "take-up", id, "--node", "LA");
        await coord.UntilAsync("TH", id, "TakenUp");
        await coord.JsonAsync("referral", "request-information", id, "--note", folder.Write("note", Note));
        await coord.UntilAsync("LA", id, referral => referral.GetProperty("questions").GetArrayLength() == 1);
        return id;
    }

    static SortedDictionary<string, byte[]> Read(string zip)
    {
        using var archive = ZipFile.OpenRead(zip);
        return new(archive.Entries.ToDictionary(file => file.FullName, file =>
        {
            using var content = file.Open();
            using var read = new MemoryStream();
            content.CopyTo(read);
            return read.ToArray();
        }), StringComparer.Ordinal);
    }

    static void Write(string zip, IReadOnlyDictionary<string, byte[]> files)
    {
        using var stream = File.Create(zip);
        using var archive = new ZipArchive(stream, ZipArchiveMode.Create);
        foreach (var (name, bytes) in files)
        {
            using var into = archive.CreateEntry(name).Open();
            into.Write(bytes);
        }
    }

    static ByteString Bytes(string hex) => ByteString.CopyFrom(Convert.FromHexString(hex));
}
