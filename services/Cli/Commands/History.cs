using System.Text.Json.Nodes;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Cli.Commands;

/// <summary>What a bundle shows, as a person would tell it.</summary>
static class History
{
    /// <summary>Before the further lines of a text, which would else look like the history's own.</summary>
    const string Inside = "    | ";

    /// <summary>Where it comes from, a line for each entry, and where it stands.</summary>
    public static IEnumerable<string> Lines(Findings findings, bool sound)
    {
        var (label, dossier) = (findings.Label, findings.Dossier);
        if (sound) yield return "Everything in the bundle is what the countries signed, unchanged, and nothing that it speaks of is missing.";
        yield return $"Dossier {dossier.Id.Short}: {findings.Signed.Count} entries and {findings.Receipts.Length} receipts; keys as of trust list {findings.TrustList.Version}.";
        yield return $"As it says of itself, which nobody signed, {label.Node} held all of it on {At(label.HeldAt)}. What was written since, or left out together with its receipts, shows in the bundle of another country alone.";
        yield return "";
        foreach (var judged in dossier.Entries) yield return $"{Verification.NameOf(judged.Entry)}  {Line(findings, judged.Entry)}";
        yield return "";
        foreach (var (entry, says) in findings.Particulars)
            foreach (var (name, words) in Plain.Said(says)) yield return $"Beside {Verification.NameOf(entry)}, {Words.Apart(name)}: {words.Replace("\n", $"\n{Inside}", StringComparison.Ordinal)}";
        yield return dossier switch
        {
            { UpgradeNeeded: true } => "Only a newer program knows where it stands.",
            { State: { } referral } => $"The referral stands at {Words.Apart(referral.State.ToString())}.",
            _ => "The opening is void: nothing follows from it.",
        };
    }

    /// <summary>One entry: the day, who, what, what became of it, and who holds it.</summary>
    public static string Line(Findings findings, Entry entry)
    {
        var wire = Read(findings, entry);
        var line = $"{wire.HappenedOn}  {Telling.Who(wire)}: {Telling.Says(wire)}";
        if (entry.Answers is { } answered) line += $", in answer to {(findings.Signed.TryGetValue(answered, out var other) ? Verification.NameOf(other.Entry) : "something that is not here")}";
        line += ". ";
        line += findings.Dossier.VerdictOn(entry.Hash) switch
        {
            Verdict.Void voided => $"Void: {voided.Reason.Text} ",
            Verdict.Recorded recorded => $"Recorded although it does not fit: {recorded.Reason.Text} ",
            Verdict.UpgradeNeeded => "Not judged: only a newer program understands this, or something before it. ",
            _ => "",
        };
        if (findings.LeavesOut.Contains(entry.Hash)) line += "It leaves out what its author had given a receipt for. ";
        foreach (var receipt in findings.HeldSince(entry).Where(receipt => receipt.Holder != entry.Author)) line += $"Held by {receipt.Holder} since {At(receipt.ReceivedAt)}. ";
        return line.TrimEnd();
    }

    /// <summary>The same for programs.</summary>
    public static JsonObject Json(Findings findings) => new()
    {
        ["dossierId"] = findings.Dossier.Id.ToString(),
        ["node"] = findings.Label.Node,
        ["heldAt"] = findings.Label.HeldAt,
        ["trustList"] = findings.TrustList.Version,
        ["state"] = findings.Dossier.State?.State.ToString(),
        ["entries"] = new JsonArray([.. findings.Dossier.Entries.Select(judged => new JsonObject
        {
            ["author"] = judged.Entry.Author.ToString(),
            ["seq"] = judged.Entry.Seq,
            ["hash"] = judged.Entry.Hash.ToString(),
            ["keyId"] = findings.Signed[judged.Entry.Hash].KeyId,
            ["checkCode"] = CheckCode.Of(judged.Entry.Hash).ToString(),
            ["verdict"] = judged.Verdict.GetType().Name,
            ["told"] = Line(findings, judged.Entry),
            ["receipts"] = new JsonObject(findings.HeldSince(judged.Entry).Select(receipt => KeyValuePair.Create(receipt.Holder.ToString(), (JsonNode?)JsonValue.Create(receipt.ReceivedAt)))),
        })]),
        ["particulars"] = new JsonObject(findings.Particulars.Select(beside => KeyValuePair.Create(beside.Entry.Hash.ToString(), (JsonNode?)Plain.Of(beside.Says)))),
    };

    static Wire.Entry Read(Findings findings, Entry entry) => Wire.Entry.Parser.ParseFrom(findings.Signed[entry.Hash].Bytes.Span);

    static string At(DateTimeOffset at) => Printing.At(Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(at));
}
