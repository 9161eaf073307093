using System.Diagnostics.CodeAnalysis;

namespace Coordination.Domain.Dossiers;

/// <summary>A place that both countries' directories know by a code: a border checkpoint, a bridge, an airport. Never an address.</summary>
public sealed record PlaceCode
{
    /// <summary>Characters of one part, at most: as in UN/LOCODE, and too few for a name.</summary>
    public const int PartLength = 3;

    readonly string _code;

    /// <summary>In which it lies.</summary>
    public NodeId Country => NodeId.Parse(_code[.._code.IndexOf('-', StringComparison.Ordinal)]);

    PlaceCode(string code) => _code = code;

    /// <summary>Reads a country and one or two parts of 1 to 3 capital letters and digits, with hyphens between: <c>LA-VTE-FB1</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, [NotNullWhen(true)] out PlaceCode? place)
    {
        var wellFormed = text?.Split('-') is [var country, .. { Length: 1 or 2 } parts]
            && NodeId.TryParse(country, out var node) && node.IsCountry
            && parts.All(part => part.Length is > 0 and <= PartLength && part.All(c => char.IsAsciiLetterUpper(c) || char.IsAsciiDigit(c)));
        place = wellFormed ? new PlaceCode(text!) : null;
        return wellFormed;
    }

    /// <summary>A country, and nothing narrower.</summary>
    internal static PlaceCode Anywhere(NodeId country) => new($"{country}-ANY");

    /// <summary>The code.</summary>
    public override string ToString() => _code;
}
