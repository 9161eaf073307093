using System.IO.Compression;
using System.Text;
using Coordination.Contracts.Peer.V1;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Evidence;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Acknowledged = Coordination.Domain.Referrals.Acknowledged;
using Cancelled = Coordination.Domain.Referrals.Cancelled;
using InformationRequested = Coordination.Domain.Referrals.InformationRequested;
using Verdict = Coordination.Domain.Dossiers.Verdict;
using WireEntry = Coordination.Contracts.Dossier.V1.SignedEntry;

namespace Coordination.CountryNode.Tests.Evidence;

/// <summary>What a bundle shows, and that whatever was done to it is called what it is.</summary>
public sealed class VerificationTests : IDisposable
{
    readonly Exported _exported = new();

    static readonly string[] Names =
        ["entries/0001-TH-1.entry", "entries/0002-LA-1.entry", "entries/0003-LA-2.entry", "entries/0004-TH-2.entry", "entries/0005-LA-3.entry"];

    [Fact]
    public void A_bundle_that_nobody_touched_is_what_the_countries_signed()
    {
        var findings = _exported.ShouldBeSound();
        findings.Dossier.State.ShouldNotBeNull().State.ShouldBe(ReferralState.TakenUp);
        findings.Dossier.Entries.Select(judged => Verification.NameOf(judged.Entry)).ShouldBe(["TH 1", "LA 1", "LA 2", "TH 2", "LA 3"]);
        // A receipt goes for the chain up to its entry.
        findings.HeldSince(findings.Dossier.Entries[1].Entry).Select(receipt => receipt.Holder.ToString()).ShouldBe(["TH"]);
        findings.HeldSince(findings.Dossier.Entries[4].Entry).ShouldBeEmpty();
        _exported.Files.Keys.ShouldBe(
        [
            "bundle.json", .. Names, "receipts/0001-LA-TH-1.receipt", "receipts/0002-TH-LA-2.receipt", "receipts/0003-LA-TH-2.receipt", "trust/1.list",
        ]);
    }

    [Fact]
    public void A_changed_byte_of_what_was_signed_is_a_signature_that_is_not_its_authors()
    {
        var signed = WireEntry.Parser.ParseFrom(_exported.Files[Names[3]]);
        var bytes = signed.Entry.ToByteArray();
        // The last digit of the day on which it happened.
        bytes[bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes($"{_exported.Entries[3].Entry.HappenedOn:yyyy-MM-dd}")) + 9] ^= 1;
        signed.Entry = ByteString.CopyFrom(bytes);
        _exported.Files[Names[3]] = signed.ToByteArray();
        _exported.ShouldBe(
            FlawCode.BadSignature,
            $"The signature under TH 2 ({Names[3]}) is not of key {_exported.Thailand.Key.Id}: something in it was changed, or somebody else signed it.");
    }

    [Fact]
    public void No_byte_of_an_entry_a_receipt_or_a_trust_list_can_be_changed_unnoticed()
    {
        FlawCode[] named = [FlawCode.Unreadable, FlawCode.BadSignature, FlawCode.KeyUnknown, FlawCode.Untrusted];
        foreach (var (name, whole) in _exported.Files.Where(file => file.Key.Contains('/', StringComparison.Ordinal)).ToList())
        {
            for (var place = 0; place < whole.Length; place += 11)
            {
                var changed = whole.ToArray();
                changed[place] ^= 0x10;
                _exported.Files[name] = changed;
                var verified = _exported.Verify();
                var flaw = verified.ShouldBeOfType<Verified.Unsound>($"{name}, byte {place}").Flaw;
                named.ShouldContain(flaw.Code, flaw.Text);
                flaw.Text.ShouldContain(name);
            }
            _exported.Files[name] = whole;
        }
    }

    [Fact]
    public void A_zip_with_a_changed_byte_is_named_for_it_or_shows_the_same()
    {
        var sound = Shown(_exported.ShouldBeSound());
        var zip = _exported.Zip();
        for (var place = 0; place < zip.Length; place += 17)
        {
            var changed = zip.ToArray();
            changed[place] ^= 0x21;
            if (Exported.Verify(changed, _exported.Root) is Verified.Sound { Findings: var findings })
                Shown(findings).ShouldBe(sound, $"byte {place}");
        }

        static IEnumerable<(EntryHash, Verdict)> Shown(Findings findings) => findings.Dossier.Entries.Select(judged => (judged.Entry.Hash, judged.Verdict));
    }

    [Theory]
    [InlineData(0, "The opening of dossier {0} is missing: nobody can say who takes part in it.")]
    [InlineData(1, "LA 1 is missing: LA 2 follows it.")]
    [InlineData(2, "LA 2 is missing: LA 3 follows it.")]
    [InlineData(3, "TH 2 is missing: LA 3 has seen it.")]
    [InlineData(4, "bundle.json speaks of 5 entries, and the bundle holds 4: the last of a chain may be missing.")]
    public void An_entry_that_was_left_out_is_named_by_what_speaks_of_it(int place, string says)
    {
        _exported.Files.Remove(Names[place]);
        _exported.ShouldBe(FlawCode.EntryMissing, says.Replace("{0}", _exported.Entries[0].Entry.Dossier.Short, StringComparison.Ordinal));
    }

    [Fact]
    public void The_end_of_a_chain_that_was_left_out_is_named_by_its_receipt()
    {
        _exported.Receipts.Add(_exported.Thailand.Receipt(_exported.Entries[4].Entry, Exported.Now));
        _exported.Export();
        _exported.Files.Remove(Names[4]);
        _exported.ShouldBe(FlawCode.EntryMissing, "LA 3 is missing: TH gave a receipt for it.");
    }

    [Fact]
    public void Two_entries_that_were_swapped_are_both_named()
    {
        (_exported.Files[Names[1]], _exported.Files[Names[3]]) = (_exported.Files[Names[3]], _exported.Files[Names[1]]);
        _exported.ShouldBe(FlawCode.Misplaced, $"LA 1 and TH 2 are swapped: {Names[1]} holds TH 2, and {Names[3]} holds LA 1.");
    }

    [Fact]
    public void An_entry_under_another_name_or_before_what_it_descends_from_is_out_of_place()
    {
        _exported.Files.Remove(Names[4], out var last);
        _exported.Files["entries/0005-LA-4.entry"] = last!;
        _exported.ShouldBe(FlawCode.Misplaced, "entries/0005-LA-4.entry holds LA 3, and not what its name says.");
        _exported.Files.Remove("entries/0005-LA-4.entry");
        _exported.Files["entries/0002-LA-3.entry"] = last!;
        _exported.ShouldBe(FlawCode.Misplaced, $"LA 2 and LA 3 are out of order: {Names[2]} comes after entries/0002-LA-3.entry, which descends from it.");
    }

    [Fact]
    public void An_entry_that_is_there_twice_is_named()
    {
        _exported.Files["entries/0006-LA-3.entry"] = _exported.Files[Names[4]];
        _exported.ShouldBe(FlawCode.Twice, $"{Names[4]} and entries/0006-LA-3.entry hold one entry: LA 3.");
    }

    [Fact]
    public void An_entry_of_another_dossier_is_named()
    {
        var other = _exported.Thailand.Open("LA");
        _exported.Files["entries/0006-TH-1.entry"] = other.ToWire().ToByteArray();
        _exported.ShouldBe(
            FlawCode.OtherDossier, $"entries/0006-TH-1.entry holds an entry of another dossier: TH 1 of {other.Entry.Dossier.Short}, not of {_exported.Entries[0].Entry.Dossier.Short}.");
    }

    [Fact]
    public void An_entry_whose_key_no_list_names_is_named()
    {
        using var thief = DevelopmentAuthority.NewKey();
        var stolen = new Hosting.Dossiers.Pen(_exported.Thailand.Node, KeyPool.Of("TH-stolen", thief)).Continue(_exported.Entries[3], new Cancelled(), _exported.Entries[4]);
        _exported.Files["entries/0006-TH-3.entry"] = stolen.ToWire().ToByteArray();
        _exported.ShouldBe(FlawCode.KeyUnknown, "No trust list of the bundle names a key of TH such as stands under TH 3 (entries/0006-TH-3.entry).");
    }

    [Fact]
    public void A_receipt_of_another_dossier_is_named()
    {
        var other = _exported.Thailand.Open("LA");
        _exported.Files["receipts/0001-LA-TH-1.receipt"] = _exported.Laos.Receipt(other.Entry, Exported.Now).ToWire().ToByteArray();
        _exported.ShouldBe(
            FlawCode.OtherDossier,
            $"The receipt of LA for TH 1 (receipts/0001-LA-TH-1.receipt) belongs to another dossier: {other.Entry.Dossier.Short}, not {_exported.Entries[0].Entry.Dossier.Short}.");
    }

    [Fact]
    public void A_receipt_under_a_signature_that_is_not_its_holders_is_named()
    {
        var receipt = _exported.Receipts[0].ToWire();
        receipt.Signature = _exported.Thailand.Receipt(_exported.Entries[0].Entry, Exported.Now).ToWire().Signature;
        _exported.Files["receipts/0001-LA-TH-1.receipt"] = receipt.ToByteArray();
        _exported.ShouldBe(
            FlawCode.BadSignature,
            $"The signature under the receipt of LA for TH 1 (receipts/0001-LA-TH-1.receipt) is not of key {_exported.Laos.Key.Id}: something in it was changed, or somebody else signed it.");
    }

    [Fact]
    public void A_receipt_that_names_another_entry_than_it_holds_the_hash_of_is_named()
    {
        var (first, second) = (_exported.Entries[0].Entry, _exported.Entries[3].Entry);
        _exported.Receipts[0] = _exported.Laos.Receipt(first with { Hash = second.Hash }, Exported.Now);
        _exported.Export();
        _exported.ShouldBe(FlawCode.ReceiptsDiffer, "The receipt of LA for TH 1 (receipts/0001-LA-TH-1.receipt) holds the hash of TH 2.");
    }

    [Fact]
    public void A_receipt_that_is_there_twice_or_was_left_out_is_named()
    {
        _exported.Files["receipts/0009-LA-TH-1.receipt"] = _exported.Files["receipts/0001-LA-TH-1.receipt"];
        _exported.ShouldBe(FlawCode.Twice, "The receipt of LA for TH 1 (receipts/0009-LA-TH-1.receipt) is there twice.");
        _exported.Files.Remove("receipts/0009-LA-TH-1.receipt");
        _exported.Files.Remove("receipts/0001-LA-TH-1.receipt");
        _exported.ShouldBe(FlawCode.ReceiptsDiffer, "bundle.json speaks of 3 receipts, and the bundle holds 2.");
    }

    [Fact]
    public void A_revoked_key_is_named_with_the_first_entry_beyond_those_that_stand_and_the_rest_is_shown()
    {
        Revoke(upTo: _exported.Entries[1]);
        _exported.Export();
        var unsound = _exported.Verify().ShouldBeOfType<Verified.Unsound>();
        unsound.Flaw.ShouldBe(new Flaw(FlawCode.KeyRevoked, $"LA 2 counts for nothing: its key {_exported.Laos.Key.Id} was revoked, and it lies beyond the entries that stand under it."));
        unsound.Findings.ShouldNotBeNull().Dossier.State.ShouldNotBeNull().State.ShouldBe(ReferralState.Received);
    }

    [Fact]
    public void A_key_that_was_revoked_since_is_named_by_a_newer_list()
    {
        Revoke(upTo: _exported.Entries[1]);
        _exported.ShouldBeSound();
        _exported.Verify(_exported.Authority.Sign(_exported.List, "TH", "VN").ToByteArray()).ShouldBeOfType<Verified.Unsound>().Flaw.Code.ShouldBe(FlawCode.KeyRevoked);
    }

    [Fact]
    public void What_stands_under_a_revoked_key_is_sound()
    {
        Revoke(upTo: _exported.Entries[4]);
        _exported.Export();
        _exported.ShouldBeSound();
    }

    [Theory]
    [InlineData(-60, -31, -32, true)]
    [InlineData(-60, -31, null, false)]
    [InlineData(-60, -29, null, true)]
    [InlineData(-60, -31, 0, false)]
    [InlineData(1, null, null, false)]
    public void A_key_was_in_use_when_what_it_signed_was_first_held_elsewhere(int from, int? until, int? received, bool sound)
    {
        var key = KeyOf("TH");
        key.ValidFrom = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(from));
        key.ValidUntil = until is { } end ? Timestamp.FromDateTimeOffset(Exported.Now.AddDays(end)) : null;
        KeyOf("LA").ValidFrom = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(-60));
        _exported.Receipts.Clear();
        if (received is { } day)
            _exported.Receipts.AddRange([_exported.Laos.Receipt(_exported.Entries[0].Entry, Exported.Now.AddDays(day)), _exported.Laos.Receipt(_exported.Entries[3].Entry, Exported.Now.AddDays(day))]);
        _exported.Export();
        if (sound)
        {
            _exported.ShouldBeSound();
            return;
        }
        var unsound = _exported.Verify().ShouldBeOfType<Verified.Unsound>();
        unsound.Flaw.Code.ShouldBe(FlawCode.KeyNotInUse);
        unsound.Flaw.Text.ShouldMatch($"^TH 1 is of .* UTC, when its key {_exported.Thailand.Key.Id} was not in use\\.$");
        unsound.Findings.ShouldNotBeNull();
    }

    [Fact]
    public void Nobody_signs_for_another_country_and_whoever_takes_no_part_gives_no_receipt()
    {
        var draft = _exported.Thailand.Continue(_exported.Entries[3], new Cancelled(), _exported.Entries[4]).Entry;
        _exported.Add(_exported.Laos.Sign(draft));
        _exported.Export();
        _exported.ShouldBe(FlawCode.KeyUnknown, "No trust list of the bundle names a key of TH such as stands under TH 3 (entries/0006-TH-3.entry).");

        _exported.Entries.RemoveAt(5);
        _exported.Receipts.Add(_exported.PenOf("VN").Receipt(_exported.Entries[0].Entry, Exported.Now));
        _exported.Export();
        _exported.ShouldBe(FlawCode.ReceiptsDiffer, "The receipt of VN for TH 1 (receipts/0004-VN-TH-1.receipt) is of no use: VN takes no part in the dossier.");
    }

    [Fact]
    public void A_receipt_under_a_key_that_was_not_in_use_is_named()
    {
        KeyOf("LA").ValidFrom = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(-10));
        _exported.Receipts[0] = _exported.Laos.Receipt(_exported.Entries[0].Entry, Exported.Now.AddDays(-20));
        _exported.Export();
        var flaw = _exported.Verify().ShouldBeOfType<Verified.Unsound>().Flaw;
        flaw.Code.ShouldBe(FlawCode.KeyNotInUse);
        flaw.Text.ShouldMatch($"^The receipt of LA for TH 1 is of .* UTC, when its key {_exported.Laos.Key.Id} was not in use\\.$");
    }

    [Theory]
    [InlineData("TH", false)]
    [InlineData("LA", true)]
    public void Neither_the_author_itself_nor_a_thief_rescues_what_a_retired_key_signed(string rescuer, bool isThief)
    {
        KeyOf("TH").ValidFrom = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(-100));
        KeyOf("TH").ValidUntil = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(-60));
        KeyOf("LA").ValidFrom = Timestamp.FromDateTimeOffset(Exported.Now.AddDays(-100));
        if (isThief) Revoke(upTo: _exported.Entries[4]);
        _exported.Receipts.Clear();
        _exported.Receipts.AddRange(((int[])[0, 3]).Select(place => _exported.PenOf(rescuer).Receipt(_exported.Entries[place].Entry, Exported.Now.AddDays(-61))));
        _exported.Export();
        // Two countries whose keys stand.
        _exported.Files["trust/1.list"] = _exported.Authority.Sign(_exported.List, "VN", "KH").ToByteArray();
        var flaw = _exported.Verify().ShouldBeOfType<Verified.Unsound>().Flaw;
        flaw.Code.ShouldBe(FlawCode.KeyNotInUse);
        flaw.Text.ShouldStartWith("TH 1 is of ");
    }

    [Fact]
    public void Whoever_leaves_out_what_it_gave_a_receipt_for_is_shown_to_do_so()
    {
        _exported.Entries.RemoveAt(4);
        _exported.Receipts[2] = _exported.Laos.Receipt(_exported.Entries[3].Entry, Exported.Now.AddHours(-1));
        var silent = _exported.Add(_exported.Laos.Continue(_exported.Entries[2], new PreparationReported(PreparationItem.Escort, PreparationStatus.Asked), _exported.Entries[0]));
        _exported.Export();
        _exported.ShouldBeSound().LeavesOut.ShouldContain(silent.Entry.Hash);
    }

    [Fact]
    public void A_bundle_that_says_it_is_older_than_what_it_holds_is_named()
    {
        _exported.Files["bundle.json"] = Encoding.UTF8.GetBytes(System.Text.RegularExpressions.Regex.Replace(
            Encoding.UTF8.GetString(_exported.Files["bundle.json"]), "\"heldAt\": ?\"[^\"]*\"", "\"heldAt\":\"2020-01-01T00:00:00Z\"", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1)));
        var flaw = _exported.Verify().ShouldBeOfType<Verified.Unsound>().Flaw;
        flaw.Code.ShouldBe(FlawCode.ReceiptsDiffer);
        flaw.Text.ShouldStartWith("bundle.json says that TH held all of it on 2020-01-01 00:00 UTC, and TH received LA 2 on ");
    }

    [Fact]
    public void The_clocks_of_a_nodes_replicas_may_differ_a_little()
    {
        _exported.Receipts[1] = _exported.Thailand.Receipt(_exported.Entries[2].Entry, Exported.Now.AddMinutes(4));
        _exported.Export();
        _exported.ShouldBeSound();
    }

    [Fact]
    public void A_bundle_of_a_node_that_takes_no_part_is_none()
    {
        _exported.Files["bundle.json"] = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(_exported.Files["bundle.json"]).Replace("\"TH\"", "\"VN\"", StringComparison.Ordinal));
        _exported.ShouldBe(FlawCode.NoBundle, "bundle.json says that VN held all of it, which takes no part in the dossier.");
    }

    [Fact]
    public void A_fork_a_void_decision_and_a_strangers_entry_are_part_of_what_happened()
    {
        var (opening, takenUp, asked) = (_exported.Entries[0], _exported.Entries[2], _exported.Entries[3]);
        var fork = _exported.Thailand.Continue(opening, new Cancelled(), takenUp);
        var stranger = _exported.PenOf("VN").Continue(_exported.PenOf("VN").Begin(new Acknowledged(), opening), new InformationRequested(), opening);
        // As a node hands them out: in the order in which they count.
        var signed = _exported.Entries.Concat([fork, stranger]).ToDictionary(one => one.Entry.Hash);
        var order = Dossier<Domain.Referrals.Referral>.Fold(opening.Entry.Dossier, [.. signed.Values.Select(one => one.Entry)], new HashSet<EntryHash>()).Entries;
        _exported.Entries.Clear();
        _exported.Entries.AddRange(order.Select(judged => signed[judged.Entry.Hash]));
        _exported.Export();

        var findings = _exported.ShouldBeSound();
        var dossier = findings.Dossier;
        // Laos gave a receipt for the one TH 2, and none for the other.
        findings.HeldSince(_exported.Entries.Single(one => one.Entry.Hash == asked.Entry.Hash).Entry).Select(receipt => receipt.Holder).ShouldBe([_exported.Laos.Node]);
        findings.HeldSince(fork.Entry).ShouldBeEmpty();
        dossier.VerdictOn(fork.Entry.Hash).ShouldBeOfType<Verdict.Void>().Reason.Code.ShouldBe(ReasonCode.Forked);
        dossier.VerdictOn(stranger.Entry.Hash).ShouldBeOfType<Verdict.Void>().Reason.Code.ShouldBe(ReasonCode.ForeignAuthor);
    }

    [Fact]
    public void Particulars_are_what_the_entry_names_or_named_for_what_they_are()
    {
        var entry = _exported.ExportWithParticulars("Nobody in particular.", new InformationRequested());
        var (part, text) = (Exported.NameOf(entry.Entry.Hash, "part"), Exported.NameOf(entry.Entry.Hash, "json"));
        _exported.ShouldBeSound().Particulars.Single().Says.Note.ShouldBe("Nobody in particular.");

        var (wholePart, wholeText) = (_exported.Files[part], _exported.Files[text]);
        _exported.Files[part] = [.. wholePart.SkipLast(1), (byte)(wholePart[^1] ^ 1)];
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"{part} is not what TH 3 names as its particulars.");
        _exported.Files[part] = wholePart;

        _exported.Files[text] = Encoding.UTF8.GetBytes("""{ "note": "Somebody." }""");
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"The particulars of TH 3 are shown otherwise than {part} holds them.");
        _exported.Files[text] = Encoding.UTF8.GetBytes("""{ "note": "Somebody.", "note": "Nobody in particular." }""");
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"The particulars of TH 3 are shown otherwise than {part} holds them.");
        var twin = text.Replace("/", "//", StringComparison.Ordinal);
        _exported.Files[twin] = wholeText;
        _exported.ShouldBe(FlawCode.NoBundle, $"The bundle holds {twin[..80]}, which is no part of a bundle.");
        _exported.Files.Remove(twin);
        _exported.Files[text] = Encoding.UTF8.GetBytes("no JSON");
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"The particulars of TH 3 are shown otherwise than {part} holds them.");
        _exported.Files.Remove(text);
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"The particulars of TH 3 are shown otherwise than {part} holds them.");
        _exported.Files[text] = wholeText;

        _exported.Files.Remove(part);
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"{text} stands without the part by which it could be checked.");
        _exported.Files.Remove(text);
        _exported.ShouldBeSound().Particulars.ShouldBeEmpty();

        var elsewhere = Exported.NameOf(_exported.Entries[0].Entry.Hash, "part");
        _exported.Files[elsewhere] = wholePart;
        _exported.ShouldBe(FlawCode.ParticularsDiffer, $"{elsewhere} is not what TH 1 names as its particulars.");
        _exported.Files.Remove(elsewhere);
        _exported.Files["particulars/00.part"] = wholePart;
        _exported.ShouldBe(FlawCode.ParticularsDiffer, "particulars/00.part is of no entry of this dossier.");
    }

    [Fact]
    public void The_root_of_another_authority_signs_nothing_here()
    {
        using var other = DevelopmentAuthority.Create(["TH", "LA"]);
        Exported.Verify(_exported.Zip(), KeyPool.Of("root", other.Root)).ShouldBeOfType<Verified.Unsound>().Flaw
            .ShouldBe(new Flaw(FlawCode.Untrusted, "trust/1.list does not count under this root: The trust list lacks the root's signature."));
    }

    [Theory]
    [InlineData("bundle.json", null, FlawCode.NoBundle, "The file is no bundle: it lacks bundle.json.")]
    [InlineData("bundle.json", "{", FlawCode.NoBundle, "bundle.json cannot be read.")]
    [InlineData("bundle.json", "null", FlawCode.NoBundle, "bundle.json cannot be read.")]
    [InlineData("bundle.json", """{"format":1,"dossier":"00","node":"TH"}""", FlawCode.NoBundle, "bundle.json cannot be read.")]
    [InlineData("bundle.json", """{"format":1,"dossier":"0000000000000000000000000000000000000000000000000000000000000000","node":"\u001b[2J"}""", FlawCode.NoBundle, "bundle.json cannot be read.")]
    [InlineData("bundle.json", """{"format":2,"dossier":"0000000000000000000000000000000000000000000000000000000000000000","node":"TH"}""", FlawCode.NoBundle, "The bundle is of format 2, and this program reads format 1 alone.")]
    [InlineData("bundle.json", """{"format":1,"dossier":"0000000000000000000000000000000000000000000000000000000000000000","node":"TH"}""", FlawCode.OtherDossier, "bundle.json names dossier 00000000, and the entries are of {0}.")]
    [InlineData("trust/1.list", null, FlawCode.NoBundle, "The bundle holds no trust list.")]
    [InlineData("virus.exe", "", FlawCode.NoBundle, "The bundle holds virus.exe, which is no part of a bundle.")]
    [InlineData("entries/\u001b[2J.entry", "", FlawCode.NoBundle, "The bundle holds entries/?[2J.entry, which is no part of a bundle.")]
    [InlineData("entries/../../1.entry", "", FlawCode.NoBundle, "The bundle holds entries/../../1.entry, which is no part of a bundle.")]
    [InlineData("particulars//00.json", "{}", FlawCode.NoBundle, "The bundle holds particulars//00.json, which is no part of a bundle.")]
    [InlineData("entries/0009-TH-9.entry", "x", FlawCode.Unreadable, "entries/0009-TH-9.entry holds no entry that can be read.")]
    [InlineData("receipts/0009-TH-TH-9.receipt", "", FlawCode.Unreadable, "receipts/0009-TH-TH-9.receipt holds no receipt that can be read.")]
    public void A_file_that_does_not_belong_or_is_not_there_is_named(string name, string? content, FlawCode code, string says)
    {
        if (content is null) _exported.Files.Remove(name);
        else _exported.Files[name] = Encoding.UTF8.GetBytes(content);
        _exported.ShouldBe(code, says.Replace("{0}", _exported.Entries[0].Entry.Dossier.Short, StringComparison.Ordinal));
    }

    [Fact]
    public void A_bundle_without_entries_shows_nothing()
    {
        foreach (var name in Names) _exported.Files.Remove(name);
        _exported.ShouldBe(FlawCode.NoBundle, "The bundle holds no entry.");
    }

    [Fact]
    public void What_is_no_zip_is_said_to_be_none()
    {
        foreach (var file in new[] { [], "PK"u8.ToArray(), Encoding.UTF8.GetBytes(new string('x', 10_000)), _exported.Zip()[..^30], _exported.Zip()[30..] })
            Exported.Verify(file, _exported.Root).ShouldBeOfType<Verified.Unsound>().Flaw.Code.ShouldBe(FlawCode.NoBundle);
    }

    [Fact]
    public void A_name_that_is_there_twice_is_refused_be_it_with_the_same_content()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("bundle.json");
            archive.CreateEntry("bundle.json");
        }
        Exported.Verify(zip.ToArray(), _exported.Root).ShouldBeOfType<Verified.Unsound>().Flaw.ShouldBe(new Flaw(FlawCode.Twice, "The bundle holds bundle.json twice."));
    }

    [Fact]
    public void What_swells_when_it_is_read_is_read_no_further_than_a_bundle_goes()
    {
        _exported.Files["entries/0009-TH-9.entry"] = new byte[Bundle.MostBytes];
        var zip = _exported.Zip();
        zip.Length.ShouldBeLessThan(Bundle.MostBytes / 100);
        Exported.Verify(zip, _exported.Root).ShouldBeOfType<Verified.Unsound>().Flaw
            .ShouldBe(new Flaw(FlawCode.TooLarge, $"With entries/0009-TH-9.entry the bundle comes to more than {Bundle.MostBytes} bytes."));
    }

    [Fact]
    public void A_file_larger_than_any_bundle_and_one_with_too_many_files_are_not_read()
    {
        Exported.Verify(new byte[Bundle.MostBytes + 1], _exported.Root).ShouldBeOfType<Verified.Unsound>().Flaw.Code.ShouldBe(FlawCode.TooLarge);
        for (var place = 0; place <= Bundle.MostFiles; place++) _exported.Files[$"entries/{place}.entry"] = [];
        _exported.ShouldBe(FlawCode.TooLarge, $"The bundle holds more than {Bundle.MostFiles} files.");
    }

    public void Dispose() => _exported.Dispose();

    SigningKey KeyOf(string node) => _exported.List.Nodes.Single(one => one.Id == node).SigningKeys.Single();

    void Revoke(Hosting.Dossiers.SignedEntry upTo)
    {
        _exported.List.Version++;
        KeyOf("LA").Revocation = new Revocation { Heads = { new StandingHead { DossierId = upTo.Id(), Hash = ByteString.CopyFrom(upTo.Entry.Hash.ToArray()) } } };
    }
}
