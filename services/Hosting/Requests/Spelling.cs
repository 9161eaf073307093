using System.Text.Json;

namespace Coordination.Hosting.Requests;

/// <summary>Names of the protos in the spellings that a command line and a table use.</summary>
public static class Spelling
{
    /// <summary><c>reply_by</c> and <c>TakeUp</c> become <c>reply-by</c> and <c>take-up</c>.</summary>
    public static string Kebab(string name) => JsonNamingPolicy.KebabCaseLower.ConvertName(name).Replace('_', '-');

    /// <summary><c>ReferralType</c> becomes <c>REFERRAL_TYPE</c>.</summary>
    public static string UpperSnake(string name) => JsonNamingPolicy.SnakeCaseUpper.ConvertName(name);

    /// <summary><c>NO_CAPACITY</c> becomes <c>NoCapacity</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(word => word.Length == 0 ? "" : $"{char.ToUpperInvariant(word[0])}{word[1..].ToLowerInvariant()}"));
}
