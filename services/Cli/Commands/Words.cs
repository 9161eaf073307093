using System.Text;

namespace Coordination.Cli.Commands;

/// <summary>Names of the protos in the spellings that a command line and a terminal use.</summary>
static class Words
{
    /// <summary><c>reply_by</c> and <c>TakeUp</c> become <c>reply-by</c> and <c>take-up</c>.</summary>
    public static string Kebab(string name) => Split(name, '-').ToLowerInvariant();

    /// <summary><c>ReferralType</c> becomes <c>REFERRAL_TYPE</c>.</summary>
    public static string UpperSnake(string name) => Split(name, '_').ToUpperInvariant();

    /// <summary><c>NO_CAPACITY</c> becomes <c>NoCapacity</c>.</summary>
    public static string Pascal(string name) =>
        string.Concat(name.Split('_').Select(word => word.Length == 0 ? "" : $"{char.ToUpperInvariant(word[0])}{word[1..].ToLowerInvariant()}"));

    static string Split(string name, char with)
    {
        var split = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            if (name[i] is '_' or '-') split.Append(with);
            else
            {
                if (i > 0 && char.IsUpper(name[i]) && !char.IsUpper(name[i - 1]) && name[i - 1] != '_') split.Append(with);
                split.Append(name[i]);
            }
        }
        return split.ToString();
    }
}
