using System.Text;
using System.Text.Encodings.Web;
using System.Text.Unicode;
using Coordination.Contracts.Dossier.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Evidence;
using Entry = Coordination.Contracts.Dossier.V1.Entry;
using Verdict = Coordination.Contracts.Dossier.V1.Verdict;

namespace Coordination.Cli.Commands;

/// <summary>One entry as a page to be printed: A4, complete in itself, without script.</summary>
/// <param name="history">Of the dossier.</param>
/// <param name="kept">The entry.</param>
/// <param name="ours">The office's own reference; null leaves a line free.</param>
/// <param name="theirs">The reader's; null leaves a line free.</param>
sealed class LetterPage(HistoryResponse history, HistoryEntry kept, string? ours, string? theirs)
{
    /// <summary>Every script of the region is written as it is read.</summary>
    static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    readonly Entry _entry = Entry.Parser.ParseFrom(kept.Entry);

    public CheckCode CheckCode { get; } = CheckCode.Of(EntryHash.Read(kept.Hash.Span));

    public string ToHtml()
    {
        var facts = Rows(Telling.Facts(_entry).Select(fact => (Words.Capital(fact.Name), fact.Value)));
        return $$"""
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>{{Encoded($"{Name}, dossier {Short}")}}</title>
            <style>
            @page { size: A4; margin: 25mm 20mm; }
            body { font: 11pt/1.5 "Noto Sans", "Noto Sans Thai", "Noto Sans Lao", "Noto Sans Khmer", "Noto Sans Myanmar", "Noto Sans CJK SC", sans-serif; color: #000; background: #fff; max-width: 170mm; margin: 0 auto; }
            h1 { font-size: 15pt; margin: 10mm 0 4mm; }
            table { width: 100%; border-collapse: collapse; margin: 0 0 6mm; }
            th, td { text-align: left; vertical-align: top; padding: 1mm 0; border-bottom: 0.2mm solid #999; overflow-wrap: anywhere; }
            th { width: 45mm; font-weight: 600; padding-right: 4mm; }
            tr, footer { break-inside: avoid; }
            .code { font: 600 14pt/1.5 "Noto Sans Mono", monospace; letter-spacing: 0.05em; overflow-wrap: normal; }
            .stamp { margin-top: 25mm; border-top: 0.2mm solid #000; width: 80mm; padding-top: 1mm; }
            footer { margin-top: 10mm; font-size: 9pt; }
            </style>
            </head>
            <body>
            <p>Printed from Coordination, the official channel on which the countries of the Greater Mekong Sub-region help people who were trafficked across their borders.</p>
            <table>{{Rows([("Our reference", ours ?? ""), ("Your reference", theirs ?? ""), ("Dossier", Short), ("Entry", Name)])}}</table>
            <h1>{{Encoded(Telling.Statement(_entry))}}</h1>
            <table>{{Rows([("Date", _entry.HappenedOn), ("Office", Telling.Who(_entry)), .. Answered, ("What became of it", Became), .. Held])}}</table>
            <table>{{facts}}</table>
            <table>{{Rows([("Signed with key", kept.KeyId)])}}<tr><th>Check code</th><td class="code">{{CheckCode}}</td></tr></table>
            <p class="stamp">Signature and stamp of the office</p>
            <footer>This letter repeats what is recorded and signed in the system; the record counts. Whoever wants to be sure asks either country for the
            dossier's bundle and says <code>coord dossier verify bundle.zip --root root.pem --check {{CheckCode}}</code>: it names the entry to which the check code belongs, and what that says.</footer>
            </body>
            </html>

            """;
    }

    string Short => Printing.Hex(history.DossierId)[..8];

    string Name => NameOf(_entry);

    string Became => kept.Verdict switch
    {
        Verdict.Applied => "It stands.",
        Verdict.Recorded => $"Recorded although it does not fit: {kept.Explanation}",
        Verdict.Void => $"Void: {kept.Explanation}",
        _ => kept.Explanation,
    };

    /// <summary>The entry that it answers, if any.</summary>
    IEnumerable<(string, string)> Answered => history.Entries.Where(other => !_entry.Answers.IsEmpty && other.Hash == _entry.Answers)
        .Select(other => Entry.Parser.ParseFrom(other.Entry)).Select(other => ("In answer to", $"{NameOf(other)}: {Telling.Statement(other)}, {other.HappenedOn}"));

    /// <summary>Since when each other country holds it: a receipt goes for the chain up to its entry.</summary>
    IEnumerable<(string, string)> Held =>
        from other in history.Entries
        let entry = Entry.Parser.ParseFrom(other.Entry)
        where entry.Author == _entry.Author && entry.Seq >= _entry.Seq
        from receipt in other.Receipts
        where receipt.Holder != _entry.Author
        group receipt.ReceivedAt by receipt.Holder into held
        select ($"Held by {Words.Country(held.Key)}", $"since {Printing.At(held.MinBy(at => at.ToDateTimeOffset())!)}");

    static string NameOf(Entry entry) => $"{entry.Author} {entry.Seq}";

    static string Rows(IEnumerable<(string Name, string Value)> rows)
    {
        var html = new StringBuilder();
        foreach (var (name, value) in rows) html.Append("<tr><th>").Append(Encoded(name)).Append("</th><td>").Append(Encoded(value)).Append("</td></tr>");
        return html.ToString();
    }

    static string Encoded(string text) => Encoder.Encode(text);
}
