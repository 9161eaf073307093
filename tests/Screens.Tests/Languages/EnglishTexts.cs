using System.Text;
using System.Text.RegularExpressions;
using Coordination.Hosting.Referrals;
using Coordination.Local;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Coordination.Screens.Tests.Languages;

/// <summary>Every text that a console can show, in English, found where it is written: what the catalogues have to hold.</summary>
static partial class EnglishTexts
{
    /// <summary>Whose sentences a page repeats: refusals, and what becomes of entries.</summary>
    static readonly string[] Doors = ["services/Domain", "services/CountryNode/Desks", "services/CountryNode/Doors", "services/Hosting/Dossiers/FieldReader.cs", "services/Hosting/Dossiers/DossierWire.cs", "services/Hosting/Evidence/AccessChain.cs", "services/Hosting/Referrals/AttachmentWire.cs", "services/Hosting/Referrals/CaseFileWire.cs", "services/Hosting/Referrals/ParticularsWire.cs", "services/Hosting/Referrals/ReferralWire.cs", "services/Hosting/Referrals/OpeningTable.cs", "services/Hosting/Requests/Fields.cs"];

    static readonly string[] Pages = ["services/Screens", "services/CountryNode/Pages"];

    /// <summary>In the order of the source, each once.</summary>
    public static IReadOnlyList<string> All() =>
    [
        .. Pages.SelectMany(folder => Files(folder, "*.razor")).SelectMany(InRazor)
            .Concat(Pages.SelectMany(folder => Files(folder, "*.cs")).SelectMany(InPages))
            .Concat(Htcds.Exploitation.Concat(Htcds.MeansOfControl).Select(Htcds.LabelOf))
            .Concat(SpokenLanguages.All.Select(language => language.Name))
            .Concat(Doors.SelectMany(folder => Files(folder, "*.cs")).SelectMany(InDoors))
            // Where nothing but a sign stands between what goes in, there is nothing to translate.
            .Where(text => HasLetters().IsMatch(text))
            .Distinct(StringComparer.Ordinal),
    ];

    static IEnumerable<string> Files(string place, string pattern)
    {
        var path = Path.Combine(Checkout.Root, place);
        return File.Exists(path)
            ? [path]
            : Directory.EnumerateFiles(path, pattern, SearchOption.AllDirectories).Where(file => !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/node_modules/", StringComparison.Ordinal)).Order(StringComparer.Ordinal);
    }

    static IEnumerable<string> InRazor(string file) => AskedFor().Matches(File.ReadAllText(file)).Select(match => Regex.Unescape(match.Groups["text"].Value));

    /// <summary>What is asked of the catalogue by name, and what the vocabulary calls things.</summary>
    static IEnumerable<string> InPages(string file) =>
        from literal in CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes().OfType<LiteralExpressionSyntax>()
        where literal.IsKind(SyntaxKind.StringLiteralExpression) && (IsAskedFor(literal) || (IsListed(literal, file) && !IsKey(literal) && !IsCode().IsMatch(literal.Token.ValueText)))
        select literal.Token.ValueText;

    static bool IsAskedFor(LiteralExpressionSyntax literal) =>
        literal.Parent is ArgumentSyntax { Parent: BracketedArgumentListSyntax { Parent: ElementAccessExpressionSyntax asked } arguments } && arguments.Arguments[0].Expression == literal
        && asked.Expression.ToString() is "words" or "Words" or "screen.Words" or "this";

    static bool IsKey(LiteralExpressionSyntax literal) => literal.Parent is ArgumentSyntax { Parent: BracketedArgumentListSyntax { Parent: ImplicitElementAccessSyntax } };

    static bool IsListed(LiteralExpressionSyntax literal, string file) => Path.GetFileName(file) switch
    {
        "Vocabulary.cs" => literal.Ancestors().OfType<InitializerExpressionSyntax>().Any() || literal.Ancestors().OfType<CollectionExpressionSyntax>().Any(),
        "Words.cs" => literal.Ancestors().OfType<CollectionExpressionSyntax>().Any(),
        _ => false,
    };

    /// <summary>Sentences that say why not, with <c>{0}</c> for what goes into them.</summary>
    static IEnumerable<string> InDoors(string file)
    {
        foreach (var node in CSharpSyntaxTree.ParseText(File.ReadAllText(file)).GetRoot().DescendantNodes())
        {
            if (node.Ancestors().Any(above => above is AttributeSyntax)) continue;
            var text = node switch
            {
                LiteralExpressionSyntax literal when literal.IsKind(SyntaxKind.StringLiteralExpression) => literal.Token.ValueText,
                InterpolatedStringExpressionSyntax made => Made(made),
                _ => "",
            };
            if (IsSentence().IsMatch(text)) yield return text;
        }
    }

    static string Made(InterpolatedStringExpressionSyntax made)
    {
        var (text, places) = (new StringBuilder(), 0);
        foreach (var part in made.Contents) text.Append(part is InterpolatedStringTextSyntax said ? said.TextToken.ValueText : $"{{{places++}}}");
        return text.ToString();
    }

    [GeneratedRegex("""[Ww]ords\["(?<text>(?:[^"\\]|\\.)*)["]""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex AskedFor();

    [GeneratedRegex("[a-zA-Z]", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HasLetters();

    /// <summary>As in <c>NOT_VERIFIED</c>.</summary>
    [GeneratedRegex("^[A-Z0-9_]*$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex IsCode();

    /// <summary>Two words or more, and more than a name.</summary>
    [GeneratedRegex("^(?!coord/)(?=.{13,})(?=.*[a-z]{3}).* .*$", RegexOptions.ExplicitCapture | RegexOptions.Singleline, 1000)]
    private static partial Regex IsSentence();
}
