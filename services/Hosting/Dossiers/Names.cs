using System.Text.Json;
using Coordination.Domain.Dossiers;

namespace Coordination.Hosting.Dossiers;

/// <summary>Reasons as programs of other countries read them.</summary>
public static class Names
{
    /// <summary>UPPER_SNAKE_CASE: <c>NOT_OPEN</c>.</summary>
    public static string Of(ReasonCode code) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(code.ToString());
}
