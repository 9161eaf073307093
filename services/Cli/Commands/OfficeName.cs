using Coordination.Contracts.Directory.V1;
using Coordination.Hosting.Requests;

namespace Coordination.Cli.Commands;

/// <summary>Offices as people write them: <c>focal-point@ahtd</c>.</summary>
static class OfficeName
{
    public static string Of(Office office) => $"{Spelling.Kebab(office.Role.ToString())}@{office.Unit}";

    /// <exception cref="UsageException">It is none.</exception>
    public static Office Parse(string text)
    {
        var at = text.IndexOf('@', StringComparison.Ordinal);
        var role = at > 0 ? Enum.GetValues<Role>().FirstOrDefault(known => known != default && Spelling.Kebab(known.ToString()) == text[..at]) : default;
        return role != default && at < text.Length - 1
            ? new Office { Role = role, Unit = text[(at + 1)..] }
            : throw new UsageException($"{text} is no office: role@unit is expected, such as focal-point@ahtd.");
    }
}
