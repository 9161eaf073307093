using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Commands;

/// <summary>Files that the command line names; <c>-</c> is standard input.</summary>
static class Files
{
    static bool _inputIsRead;

    /// <summary>A file as a sentence names it.</summary>
    public static string Name(string file) => file == "-" ? "Standard input" : file;

    /// <exception cref="UsageException">It cannot be read, or is standard input, which was read already.</exception>
    public static byte[] Read(string file)
    {
        try
        {
            if (file != "-") return File.ReadAllBytes(file);
            // A second reader would find nothing, and take that for what was said.
            if (_inputIsRead) throw new UsageException("Standard input is named twice: name a file for one of the two.");
            _inputIsRead = true;
            using var all = new MemoryStream();
            using var input = Console.OpenStandardInput();
            input.CopyTo(all);
            return all.ToArray();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Name(file)} cannot be read: {unreadable.Message}");
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
            throw new UsageException($"{Name(file)} is no text in UTF-8.");
        }
    }

    /// <summary>JSON in which no object says anything twice.</summary>
    /// <exception cref="UsageException">It cannot be read, or is none.</exception>
    public static JsonNode? ReadJson(string file)
    {
        try
        {
            var json = JsonNode.Parse(ReadText(file), documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            _ = json?.ToJsonString();
            return json;
        }
        catch (InvalidOperationException)
        {
            // Texts are not looked at before they are used.
            throw new UsageException($"{Name(file)} is no JSON: a text in it holds half of a character.");
        }
        catch (JsonException wrong)
        {
            throw new UsageException($"{Name(file)} is no JSON: {(wrong.LineNumber is { } line ? $"see line {line + 1}." : wrong.Message)}");
        }
    }

    /// <summary>One message, as the protos' JSON.</summary>
    /// <exception cref="UsageException">It cannot be read, or is none.</exception>
    public static IMessage ReadMessage(string file, MessageDescriptor message) => ReadJson(file) is JsonObject json
        ? Calling.Parse(json, message, Name(file))
        : throw new UsageException($"{Name(file)} holds no JSON object: write {message.FullName} of the protos as one.");
}
