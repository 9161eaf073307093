using Microsoft.AspNetCore.Identity;

namespace Coordination.CountryNode.Accounts;

/// <summary>Somebody who works at this node's console. Known at home only: entries name offices.</summary>
public sealed class Person : IdentityUser
{
    /// <summary>In which the console speaks to the person: a BCP 47 tag; empty while none was chosen.</summary>
    public string Language { get; set; } = "";

    /// <summary>Which office invited the person last, and who of it: as <see cref="OfficeGrant.GrantedBy"/>; null before anybody did.</summary>
    public string? InvitedBy { get; set; }

    /// <summary>When that was.</summary>
    public DateTimeOffset? InvitedAt { get; set; }
}

/// <summary>That a person may act for an office, as an administrator granted it.</summary>
public sealed class OfficeGrant
{
    public long Id { get; init; }

    public required string PersonId { get; init; }

    /// <summary><c>role@unit</c>.</summary>
    public required string Office { get; init; }

    /// <summary>The first day, inclusive, in this country.</summary>
    public required DateOnly From { get; init; }

    /// <summary>The last day, inclusive.</summary>
    public required DateOnly Until { get; init; }

    /// <summary>Which office granted it, and who of it: <c>administrator@unit</c> and the person's id.</summary>
    public required string GrantedBy { get; init; }

    public required DateTimeOffset GrantedAt { get; init; }

    /// <summary>When it was ended before its last day; null where it was not.</summary>
    public DateTimeOffset? EndedAt { get; set; }

    /// <summary>As <see cref="GrantedBy"/>; null where it was not ended.</summary>
    public string? EndedBy { get; set; }

    /// <summary>Whether it counts on a day of this country.</summary>
    public bool IsInForce(DateOnly today) => EndedAt is null && From <= today && today <= Until;
}
