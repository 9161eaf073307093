namespace Coordination.Domain.Tests;

/// <summary>The tables beside the tests, written by hand from the protocol.</summary>
static class Tables
{
    /// <summary>The rows below the head.</summary>
    public static IReadOnlyList<string[]> Rows(string file) => [.. Lines(file).Skip(1)];

    public static string[] Head(string file) => Lines(file).First();

    static IEnumerable<string[]> Lines(string file)
    {
        using var reader = new StreamReader(typeof(Tables).Assembly.GetManifestResourceStream(file) ?? throw new FileNotFoundException(file));
        while (reader.ReadLine() is { } line)
            yield return line.Split('\t');
    }
}
