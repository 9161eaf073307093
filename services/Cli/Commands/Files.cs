using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Coordination.Cli.Commands;

/// <summary>Files that the command line names; <c>-</c> is standard input.</summary>
static class Files
{
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static byte[] Read(string file)
    {
        try
        {
            if (file != "-") return File.ReadAllBytes(file);
            using var all = new MemoryStream();
            using var input = Console.OpenStandardInput();
            input.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {unreadable.Message}");
        }
    }

    /// <summary>Text in UTF-8, without the line end at its end.</summary>
    /// <exception cref="UsageException">It cannot be read, or is no UTF-8.</exception>
    public static string ReadText(string file)
    {
        try
        {
            return new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true).GetString(Read(file)).TrimStart('\uFEFF').TrimEnd('\r', '\n');
        }
        catch (DecoderFallbackException)
        {
            throw new UsageException($"{file} is no text in UTF-8.");
        }
    }

    /// <summary>One JSON object.</summary>
    /// <exception cref="UsageException">It cannot be read, or is none.</exception>
    public static JsonObject ReadJson(string file)
    {
        try
        {
            return JsonNode.Parse(ReadText(file)) as JsonObject ?? throw new JsonException();
        }
        catch (JsonException wrong)
        {
            throw new UsageException(wrong.LineNumber is { } line ? $"{file} is no JSON object: see line {line + 1}." : $"{file} is no JSON object.");
        }
    }
}
