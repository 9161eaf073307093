using System.Diagnostics.CodeAnalysis;

namespace Coordination.Domain.Dossiers;

/// <summary>The part that an office plays inside a node.</summary>
public enum Role
{
    FocalPoint = 1,
    CentralAuthority,
    Prosecutor,
    Investigator,
    CaseWorker,
    Statistician,
    Approver,
    Auditor,
    Administrator,
}

/// <summary>Who acts inside a node: a role in a directory unit. Never a person: staff rotate, the office stays.</summary>
public sealed record Office
{
    /// <summary>Characters in a unit's code, at most.</summary>
    public const int UnitLength = 32;

    Office(Role role, string unit) => (Role, Unit) = (role, unit);

    public Role Role { get; }

    /// <summary>The directory unit's code: a letter, then letters, digits and hyphens, in lower case.</summary>
    public string Unit { get; }

    /// <summary>An office, if the unit's code is well formed.</summary>
    public static bool TryCreate(Role role, string unit, [NotNullWhen(true)] out Office? office)
    {
        var wellFormed = unit.Length is > 0 and <= UnitLength && char.IsAsciiLetterLower(unit[0])
            && unit.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');
        office = wellFormed ? new Office(role, unit) : null;
        return wellFormed;
    }

    /// <summary>Reads <c>role@unit</c>, such as <c>focal-point@datip</c>.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out Office? office)
    {
        office = null;
        if (text?.Split('@') is not [var role, var unit]) return false;
        foreach (var known in Enum.GetValues<Role>())
            if (NameOf(known) == role) return TryCreate(known, unit, out office);
        return false;
    }

    /// <summary><c>role@unit</c>.</summary>
    public override string ToString() => $"{NameOf(Role)}@{Unit}";

    /// <summary>A role as people read it, in tokens, settings and sentences: <c>focal-point</c>.</summary>
    public static string NameOf(Role role) => role switch
    {
        Role.FocalPoint => "focal-point",
        Role.CentralAuthority => "central-authority",
        Role.Prosecutor => "prosecutor",
        Role.Investigator => "investigator",
        Role.CaseWorker => "case-worker",
        Role.Statistician => "statistician",
        Role.Approver => "approver",
        Role.Auditor => "auditor",
        Role.Administrator => "administrator",
    };
}
