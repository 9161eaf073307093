using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Commands;

/// <summary>Files that the command line names; <c>-</c> is standard input.</summary>
static class Files
{
    /// <summary>Of every command that writes a file.</summary>
    public static readonly Option<bool> Force = new("--force") { Description = "Overwrite a file that is there." };

    static bool _inputIsRead;

    /// <summary>A file as a sentence names it.</summary>
    public static string Name(string file) => file == "-" ? "Standard input" : file;

    /// <exception cref="UsageException">It cannot be read, or is standard input, which was read already.</exception>
    public static byte[] Read(string file)
    {
        try
        {
            if (file != "-") return File.ReadAllBytes(NoFolder(file));
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

    /// <summary>A file that is read in any order.</summary>
    /// <exception cref="UsageException">It cannot be read so.</exception>
    public static FileStream Open(string file)
    {
        try
        {
            var opened = File.OpenRead(NoFolder(file));
            if (opened.CanSeek) return opened;
            opened.Dispose();
            throw new UsageException($"{file} is no file.");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be read: {unreadable.Message}");
        }
    }

    static string NoFolder(string file) => Directory.Exists(Named(file)) ? throw new UsageException($"{file} is a folder: name a file in it.") : file;

    /// <summary>Says no before any work is done, where <see cref="WriteAsync(string, bool, Func{Stream, Task})"/> would.</summary>
    /// <exception cref="UsageException">There is such a file already, or it is none.</exception>
    public static void MustBeFree(string file, bool force)
    {
        // Whoever is root would put a file in the place of a device.
        if (Target(Named(file)).StartsWith("/dev/", StringComparison.Ordinal)) throw new UsageException($"{file} is in /dev, where devices are: name a file elsewhere.");
        if (Path.GetDirectoryName(Path.GetFullPath(file)) is { } folder && !Directory.Exists(folder)) throw new UsageException($"{folder} does not exist: make it, or name a file elsewhere.");
        if (!force && Path.Exists(file)) throw new UsageException($"{file} exists: name another file, or overwrite it with --force.");
    }

    /// <summary>Writes a file that its owner alone reads, whole or not at all.</summary>
    /// <inheritdoc cref="WriteAsync(string, bool, Func{Stream, Task})"/>
    public static Task WriteAsync(string file, bool force, Action<Stream> write) => WriteAsync(file, force, stream =>
    {
        write(stream);
        return Task.CompletedTask;
    });

    /// <summary>The same for what comes bit by bit.</summary>
    /// <param name="file">Where.</param>
    /// <param name="force">Whether a file that is there may be overwritten.</param>
    /// <param name="write">What.</param>
    /// <exception cref="UsageException">It cannot be written there.</exception>
    public static async Task WriteAsync(string file, bool force, Func<Stream, Task> write)
    {
        var target = Target(file);
        var next = $"{target}.{Environment.ProcessId}.next";
        try
        {
            try
            {
                using (var stream = new FileStream(next, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
                {
                    await write(stream);
                    stream.Flush(flushToDisk: true);
                }
                File.Move(next, target, overwrite: force);
            }
            finally
            {
                File.Delete(next);
            }
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be written: {unwritable.Message}");
        }
    }

    /// <exception cref="UsageException">It names nothing.</exception>
    public static string Named(string file) => file.Length > 0 ? file : throw new UsageException("A file is named by nothing at all: give its name.");

    /// <summary>Where a file is once every link on the way is followed.</summary>
    static string Target(string file)
    {
        try
        {
            var way = Path.GetFullPath(file);
            var folder = Path.GetDirectoryName(way) is { } above ? Target(above) : null;
            var here = folder is null ? way : Path.Combine(folder, Path.GetFileName(way));
            return Path.Exists(here) && File.ResolveLinkTarget(here, returnFinalTarget: true) is { } elsewhere ? Target(elsewhere.FullName) : here;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{file} cannot be written: {unreadable.Message}");
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
