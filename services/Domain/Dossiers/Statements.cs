namespace Coordination.Domain.Dossiers;

/// <summary>A writer's word on a contradiction, an ended contact or a void entry of its own. Its entry answers that one.</summary>
public sealed record Resolved(Resolution Resolution) : Decision;

/// <summary>What an office says of its own side of a contradiction.</summary>
public enum Resolution
{
    Stands = 1,
    Retracted,
}

/// <summary>Replaces the content of an own happening in its old place, or retracts it. Its entry answers that one.</summary>
/// <remarks>Decisions are not corrected but followed by another; a withdrawal of consent is never taken back so.</remarks>
/// <param name="Replacement">The same statement, said right, on the day that the correction names; null retracts.</param>
public sealed record Corrected(Happening? Replacement) : Happening;

/// <summary>The matter goes on by letter as well; the entry names the channel and holds the letter's digest.</summary>
public sealed record ContinuedOnPaper : Happening;

/// <summary>Which office of the author's country has it from now on; starts that office's own clocks at home.</summary>
public sealed record UnitAssigned(Office Office) : Happening;
