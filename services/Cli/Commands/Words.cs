using System.Text.Json;
using Coordination.Hosting.Dossiers;

namespace Coordination.Cli.Commands;

/// <summary>Names of the protos in the spellings that a command line and a terminal use.</summary>
static class Words
{
    /// <summary><c>ReturnPlanned</c> and <c>travel_on</c> become <c>return planned</c> and <c>travel on</c>.</summary>
    public static string Apart(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name).Replace('_', ' ');

    /// <summary>A sentence begins with a capital.</summary>
    public static string Capital(string text) => text.Length == 0 ? "" : $"{char.ToUpperInvariant(text[0])}{text[1..]}";

    /// <summary>Text that somebody else wrote, as a terminal can show it: whoever wrote it need not have kept the rules for text, and what would do something to a reader's screen is a question mark.</summary>
    public static string Visible(string text) => string.Concat(text.EnumerateRunes().Select(letter => FieldReader.IsHidden(letter) ? "?" : letter.ToString()));

    /// <summary>The same for a line among others, which cannot begin one of its own.</summary>
    public static string InOneLine(string text) => Visible(text).Replace('\n', '?').Replace('\t', '?');

    /// <summary><c>LA</c> becomes <c>Lao PDR</c>.</summary>
    public static string Country(string node) => node switch
    {
        "CN" => "China",
        "KH" => "Cambodia",
        "LA" => "Lao PDR",
        "MM" => "Myanmar",
        "SEC" => "the regional secretariat",
        "TH" => "Thailand",
        "VN" => "Viet Nam",
        _ => node,
    };
}
