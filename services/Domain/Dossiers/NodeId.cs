using System.Diagnostics.CodeAnalysis;

namespace Coordination.Domain.Dossiers;

/// <summary>One country's installation, by its ISO 3166 alpha-2 code, or <c>SEC</c> for the regional secretariat.</summary>
public readonly record struct NodeId : IComparable<NodeId>
{
    const string Secretariat = "SEC";

    static readonly string[] Known = ["CN", "KH", "LA", "MM", Secretariat, "TH", "VN"];

    /// <summary>The six countries, by their codes.</summary>
    public static IEnumerable<NodeId> Countries { get; } = [.. Known.Where(code => code != Secretariat).Select(code => new NodeId(code))];

    readonly string? _code;

    NodeId(string code) => _code = code;

    /// <summary>Reads a code of one of the six countries or of the secretariat, in capitals.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out NodeId node)
    {
        var known = text is not null && Array.IndexOf(Known, text) >= 0;
        node = known ? new NodeId(text!) : default;
        return known;
    }

    /// <inheritdoc cref="TryParse"/>
    /// <exception cref="FormatException">The text is no such code.</exception>
    public static NodeId Parse(string text) =>
        TryParse(text, out var node) ? node : throw new FormatException($"Not a node: one of {string.Join(", ", Known)} is needed.");

    /// <summary>Whether it is one of the six countries, not the secretariat.</summary>
    public bool IsCountry => _code is not (null or Secretariat);

    public int CompareTo(NodeId other) => string.CompareOrdinal(_code, other._code);

    /// <summary>The code.</summary>
    public override string ToString() => _code ?? throw new InvalidOperationException("A node without a code.");
}
