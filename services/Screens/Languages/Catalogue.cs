using System.Collections.Frozen;
using System.Text;

namespace Coordination.Screens.Languages;

/// <summary>The translations of one language, as gettext keeps them: <c>Languages/th.po</c>, which translators' own programs read and write.</summary>
/// <param name="Texts">By the English text.</param>
public sealed record Catalogue(FrozenDictionary<string, Translation> Texts)
{
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
