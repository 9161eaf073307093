using System.Collections.Frozen;
using System.Text;
using System.Text.RegularExpressions;

namespace Coordination.Screens.Languages;

/// <summary>The translations of one language, as gettext keeps them: <c>Languages/th.po</c>, which translators' own programs read and write.</summary>
/// <param name="Texts">By the English text.</param>
public sealed record Catalogue(FrozenDictionary<string, Translation> Texts)
{
    /// <summary>Texts into which something goes, as what is made of them is recognised: the longest first, which say most.</summary>
    public IReadOnlyList<(Regex Made, string Template)> Templates { get; } =
    [
        .. Texts.Keys.Where(text => Placeholder.IsMatch(text) && Placeholder.Replace(text, "").Count(char.IsLetter) >= LettersOfASentence).OrderByDescending(text => text.Length)
            .Select(text => (new Regex($"^{Placeholder.Replace(Regex.Escape(text), place => $"(?<n{place.Groups["place"].Value}>.+)")}$", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1)), text)),
    ];

    /// <summary>What has fewer of its own, such as "{0}, {1}", would be recognised in anything.</summary>
    const int LettersOfASentence = 6;

    /// <summary>As it stands in a text, and as <see cref="Regex.Escape"/> leaves it.</summary>
    static readonly Regex Placeholder = new(@"\\?\{(?<place>\d)\}", RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    static readonly Lazy<FrozenDictionary<Language, Catalogue>> Embedded = new(() => Language.All.Where(language => language != Language.English).ToFrozenDictionary(language => language, Read));

    /// <summary>The catalogue of a language; empty for English.</summary>
    public static Catalogue Of(Language language) => Embedded.Value.GetValueOrDefault(language) ?? new(FrozenDictionary<string, Translation>.Empty);

    static Catalogue Read(Language language)
    {
        using var resource = typeof(Catalogue).Assembly.GetManifestResourceStream($"{language.Tag}.po")
            ?? throw new InvalidOperationException($"There is no catalogue of {language.Tag}.");
        using var reader = new StreamReader(resource);
        return Parse(reader.ReadToEnd());
    }

    /// <summary>Reads a catalogue.</summary>
    /// <exception cref="FormatException">A line is none of a catalogue's, or a text stands there twice.</exception>
    public static Catalogue Parse(string po)
    {
        var texts = new Dictionary<string, Translation>(StringComparer.Ordinal);
        foreach (var entry in po.Replace("\r\n", "\n", StringComparison.Ordinal).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var (english, translated, isMachine) = (new StringBuilder(), new StringBuilder(), false);
            var current = english;
            foreach (var line in entry.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (line.StartsWith("#,", StringComparison.Ordinal)) isMachine = line.Contains("fuzzy", StringComparison.Ordinal);
                else if (line.StartsWith('#')) continue;
                else if (line.StartsWith("msgid ", StringComparison.Ordinal)) (current = english).Append(Unquoted(line["msgid ".Length..]));
                else if (line.StartsWith("msgstr ", StringComparison.Ordinal)) (current = translated).Append(Unquoted(line["msgstr ".Length..]));
                else current.Append(Unquoted(line));
            }
            // What says the same as the English text was not translated.
            if (translated.Equals(english)) translated.Clear();
            // The first entry is the file's own header.
            if (english.Length > 0 && !texts.TryAdd(english.ToString(), new(translated.ToString(), isMachine))) throw new FormatException($"\"{english}\" stands there twice.");
        }
        return new(texts.ToFrozenDictionary(StringComparer.Ordinal));
    }

    static string Unquoted(string quoted) => quoted is ['"', .. var inner, '"']
        ? inner.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\\"", "\"", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal)
        : throw new FormatException($"{quoted} is no text in quotes.");
}

/// <summary>A text in another language.</summary>
/// <param name="Text">Empty where it is missing.</param>
/// <param name="IsMachine">No native speaker has reviewed it: marked <c>fuzzy</c> in the file.</param>
public sealed record Translation(string Text, bool IsMachine);
