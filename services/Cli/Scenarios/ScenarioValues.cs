using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Coordination.Domain.Dossiers;

namespace Coordination.Cli.Scenarios;

/// <summary>What a scenario leaves open until it is played: texts that begin with @.</summary>
/// <remarks>
/// <c>@today+30</c>: a day, counted from today in the country that speaks. <c>@now-2h</c>: an instant, counted in hours.
/// <c>@token:NAME</c>: an opaque token, the same for the same name in one run. <c>@digest:TEXT</c>: the SHA-256 of a text.
/// </remarks>
sealed partial class ScenarioValues(DateTimeOffset now)
{
    const int TokenBytes = 16;

    readonly Dictionary<string, string> _tokens = new(StringComparer.Ordinal);

    /// <summary>The same JSON with every such text filled in.</summary>
    /// <param name="json">Of a request.</param>
    /// <param name="speaks">Whose days count.</param>
    /// <exception cref="UsageException">A text begins with @ and is none of them.</exception>
    public JsonNode Filled(JsonNode json, NodeId speaks) => json switch
    {
        JsonObject parts => new JsonObject(parts.Select(part => KeyValuePair.Create(part.Key, part.Value is null ? null : Filled(part.Value, speaks)))),
        JsonArray list => new JsonArray([.. list.Select(one => one is null ? null : Filled(one, speaks))]),
        JsonValue value when value.TryGetValue<string>(out var text) && text.StartsWith('@') => Value(text, speaks),
        _ => json.DeepClone(),
    };

    string Value(string text, NodeId speaks)
    {
        if (Day().Match(text) is { Success: true } day) return RegionalTime.Today(speaks, now).AddDays(Count(day)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        if (Instant().Match(text) is { Success: true } instant) return now.AddHours(Count(instant)).ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (text.Split(':', 2) is ["@token", { Length: > 0 } name])
            return _tokens.TryGetValue(name, out var token) ? token : _tokens[name] = Convert.ToBase64String(RandomNumberGenerator.GetBytes(TokenBytes));
        if (text.Split(':', 2) is ["@digest", var of]) return Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(of)));
        throw new UsageException($"{text} is none of @today+30, @now-2h, @token:NAME and @digest:TEXT.");
    }

    static int Count(Match match) => match.Groups["count"] is { Length: > 0 } count ? int.Parse(count.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"^@today(?<count>[+-][0-9]{1,4})?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Day();

    [GeneratedRegex(@"^@now((?<count>[+-][0-9]{1,4})h)?$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Instant();
}
