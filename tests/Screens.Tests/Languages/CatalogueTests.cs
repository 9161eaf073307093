using System.Text;
using System.Text.RegularExpressions;
using Coordination.Local;
using Coordination.Screens.Languages;

namespace Coordination.Screens.Tests.Languages;

/// <summary>What the consoles say in seven languages.</summary>
public sealed class CatalogueTests
{
    public static TheoryData<string> Languages => [.. Language.All.Where(language => language != Language.English).Select(language => language.Tag)];

    [Fact]
    public async Task The_report_shows_what_is_missing_what_a_machine_wrote_and_what_was_reviewed()
    {
        var texts = EnglishTexts.All();
        texts.Count.ShouldBeGreaterThan(500);
        if (Environment.GetEnvironmentVariable("COORDINATION_WRITE_CATALOGUES") is not null)
            foreach (var language in Languages) await WriteAsync(language.Data, texts);
        var report = new StringBuilder($"{"language",-10}{"texts",8}{"reviewed",10}{"machine",10}{"missing",10}\n");
        foreach (var language in Language.All.Where(language => language != Language.English))
        {
            var catalogue = await ReadAsync(language.Tag);
            var known = texts.Select(text => catalogue.Texts.GetValueOrDefault(text)).ToList();
            var (missing, machine) = (known.Count(translation => translation is not { Text.Length: > 0 }), known.Count(translation => translation is { IsMachine: true, Text.Length: > 0 }));
            report.Append($"{language.Tag,-10}{texts.Count,8}{texts.Count - missing - machine,10}{machine,10}{missing,10}\n");
        }
        TestContext.Current.SendDiagnosticMessage(report.ToString());
        if (Environment.GetEnvironmentVariable("COORDINATION_CATALOGUE_REPORT") is { Length: > 0 } file) await File.WriteAllTextAsync(file, report.ToString(), TestContext.Current.CancellationToken);
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task A_catalogue_holds_every_text_of_the_consoles_and_no_other(string language)
    {
        var (catalogue, texts) = (await ReadAsync(language), EnglishTexts.All());
        texts.Except(catalogue.Texts.Keys).ShouldBeEmpty("run infra/languages --write");
        catalogue.Texts.Keys.Except(texts).ShouldBeEmpty("run infra/languages --write");
    }

    [Theory]
    [MemberData(nameof(Languages))]
    public async Task A_translation_says_all_that_goes_into_the_text_and_is_not_the_English_one(string language)
    {
        foreach (var (english, translation) in (await ReadAsync(language)).Texts)
        {
            if (translation.Text.Length == 0) continue;
            Places(translation.Text).ShouldBe(Places(english), english);
            translation.Text.ShouldNotBe(english);
        }

        static string Places(string text) => string.Concat(Regex.Matches(text, @"\{\w+\}", RegexOptions.None, TimeSpan.FromSeconds(1)).Select(match => match.Value).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_text_equal_to_the_English_one_counts_as_missing() =>
        Catalogue.Parse("msgid \"Today\"\nmsgstr \"Today\"\n").Texts["Today"].Text.ShouldBe("");

    [Fact]
    public void A_translation_that_nobody_reviewed_is_marked_as_such_in_the_file() =>
        Catalogue.Parse("#, fuzzy\nmsgid \"Today\"\nmsgstr \"วันนี้\"\n").Texts["Today"].ShouldBe(new Translation("วันนี้", IsMachine: true));

    [Fact]
    public void A_text_that_stands_twice_is_refused() =>
        Should.Throw<FormatException>(() => Catalogue.Parse("msgid \"a\"\nmsgstr \"\"\n\nmsgid \"a\"\nmsgstr \"\"\n")).Message.ShouldContain("twice");

    [Fact]
    public void A_sentence_that_was_put_together_elsewhere_is_told_in_the_language_of_the_page()
    {
        var words = new Words(Language.All[1], Catalogue.Parse("msgid \"{0} is not open while the referral is {1}.\"\nmsgstr \"{1} – {0} ไม่เปิด\"\n"));
        words.Sentence("TakenUp is not open while the referral is Sent.", within => within.ToLowerInvariant()).ShouldBe("sent – takenup ไม่เปิด");
        words.Sentence("Something else.").ShouldBe("Something else.");
    }

    [Fact]
    public void A_day_is_written_with_the_Buddhist_era_where_the_country_writes_so()
    {
        new Words(Language.Of("th")!, Catalogue.Parse("")).Day(new(2027, 1, 15)).ShouldContain("2570");
        new Words(Language.Of("lo")!, Catalogue.Parse("")).Day(new(2027, 1, 15)).ShouldBe("15 January 2027");
        new Words(Language.Of("zh")!, Catalogue.Parse("msgid \"January\"\nmsgstr \"1月\"\n")).Day(new(2027, 1, 15)).ShouldBe("2027年1月15日");
    }

    static string FileOf(string language) => Path.Combine(Checkout.Root, "services", "Screens", "Languages", $"{language}.po");

    static async Task<Catalogue> ReadAsync(string language) => Catalogue.Parse(await File.ReadAllTextAsync(FileOf(language), TestContext.Current.CancellationToken));

    /// <summary>Adds what is new, drops what is gone, and keeps every translation.</summary>
    static async Task WriteAsync(string language, IReadOnlyList<string> texts)
    {
        var catalogue = await ReadAsync(language);
        var po = new StringBuilder($"msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=UTF-8\\nLanguage: {language}\\n\"\n");
        foreach (var text in texts)
        {
            var translation = catalogue.Texts.GetValueOrDefault(text) ?? new("", IsMachine: false);
            po.Append(translation.IsMachine && translation.Text.Length > 0 ? "\n#, fuzzy\n" : "\n").Append($"msgid {Quoted(text)}\nmsgstr {Quoted(translation.Text)}\n");
        }
        await File.WriteAllTextAsync(FileOf(language), po.ToString(), TestContext.Current.CancellationToken);

        static string Quoted(string text) => $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"";
    }
}
