using System.Text.RegularExpressions;
using Coordination.Local;

namespace Coordination.Interop;

/// <summary><c>tests/shown.md</c> names, for each thing the system promises, what shows it; nothing it names may be missing.</summary>
public sealed partial class ShownTests
{
    static readonly string Tests = Path.Combine(Checkout.Root, "tests");

    [Fact]
    public void Every_row_names_a_test_or_a_command() =>
        Rows().Where(row => Names(row).Count == 0).ShouldBeEmpty();

    [Fact]
    public void Every_test_and_command_that_is_named_exists()
    {
        var sources = Directory.EnumerateFiles(Tests, "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal))
            .Select(File.ReadAllText).ToList();

        Rows().SelectMany(Names).Where(name => !IsCommand(name) && !IsTest(name, sources)).ShouldBeEmpty();
    }

    [Fact]
    public void Every_decision_has_its_number_for_a_title()
    {
        var files = Directory.EnumerateFiles(Path.Combine(Checkout.Root, "infra", "decisions"), "*.md").ToList();
        files.Count.ShouldBeGreaterThan(1);
        files.Where(file => !File.ReadLines(file).First().StartsWith($"# {Path.GetFileName(file)[..4]} ", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    /// <summary>The table's rows without its head.</summary>
    static IEnumerable<string> Rows() =>
        File.ReadLines(Path.Combine(Tests, "shown.md")).Where(line => line.StartsWith('|')).Skip(2);

    /// <summary>What stands in backticks in the last column.</summary>
    static List<string> Names(string row) =>
        [.. Backticked().Matches(row.TrimEnd('|', ' ').Split('|')[^1]).Select(m => m.Groups["name"].Value)];

    static bool IsCommand(string name) =>
        name.StartsWith("infra/", StringComparison.Ordinal) && File.Exists(Path.Combine(Checkout.Root, name.Split(' ')[0]));

    /// <summary>A method that is marked as a test, in a file that declares its class.</summary>
    static bool IsTest(string name, IReadOnlyList<string> sources) =>
        name.Split('.') is [var type, var method]
        && sources.Any(source =>
            Regex.IsMatch(source, $@"\bclass {Regex.Escape(type)}\b", RegexOptions.None, Limit)
            && Regex.IsMatch(source, $@"\[(Fact|Theory)\b[^\n]*\n(\s*\[[^\n]*\n)*\s*public [^\n(]*\b{Regex.Escape(method)}\(", RegexOptions.None, Limit));

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    [GeneratedRegex("`(?<name>[^`]+)`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Backticked();
}
