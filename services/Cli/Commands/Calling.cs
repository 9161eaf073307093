using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Rpc;
using Grpc.Core;
using Spectre.Console;

namespace Coordination.Cli.Commands;

/// <summary>What every command does around its call.</summary>
static class Calling
{
    const string DetailsKey = "grpc-status-details-bin";

    static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly Option<string?> CommandId = new("--command-id") { Description = "Made once per command, so that the same command can be tried again safely. Default: a new one." };

    public static string CommandIdOf(ParseResult parsed) => parsed.GetValue(CommandId) ?? Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>Connects, calls, prints, and turns every failure into a sentence and an exit code.</summary>
    /// <param name="command">The command.</param>
    /// <param name="call">Says what to print: an object for --json, a table for people. Gets the command id, whether it writes or not.</param>
    public static void SetCall(this System.CommandLine.Command command, Func<ParseResult, Connection, string, CancellationToken, Task<Output>> call) =>
        command.SetAction(async (parsed, cancellation) =>
        {
            var commandId = CommandIdOf(parsed);
            try
            {
                using var connection = parsed.Connect();
                var output = await call(parsed, connection, commandId, cancellation);
                if (parsed.WantsJson()) Console.WriteLine(JsonSerializer.Serialize(output.Json, Json));
                else AnsiConsole.Write(output.Table);
                return ExitCode.Done;
            }
            catch (UsageException wrong)
            {
                Console.Error.WriteLine(wrong.Message);
                return ExitCode.Usage;
            }
            catch (RpcException failed)
            {
                Console.Error.WriteLine($"{failed.StatusCode} {ReasonOf(failed)}: {failed.Status.Detail}");
                if (failed.StatusCode is not (StatusCode.Unavailable or StatusCode.DeadlineExceeded)) return ExitCode.Refused;
                if (command.Options.Contains(CommandId)) Console.Error.WriteLine($"To try the same command again: --command-id {commandId}");
                return ExitCode.Unavailable;
            }
        });

    /// <summary>Reads a dossier's id.</summary>
    /// <exception cref="UsageException">It is not 64 hexadecimal digits.</exception>
    public static Google.Protobuf.ByteString DossierId(string text)
    {
        if (text.Length != 64 || !text.All(char.IsAsciiHexDigit)) throw new UsageException("A dossier's id has 64 hexadecimal digits, as coord prints it.");
        return Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString(text));
    }

    static string ReasonOf(RpcException failed)
    {
        if (failed.Trailers.FirstOrDefault(entry => entry.Key == DetailsKey) is not { } details) return "";
        var status = Google.Rpc.Status.Parser.ParseFrom(details.ValueBytes);
        // Called "reason" in today's google.rpc.ErrorInfo; this package has the field's first name.
        return status.Details.Where(detail => detail.Is(ErrorInfo.Descriptor)).Select(detail => detail.Unpack<ErrorInfo>().Type).FirstOrDefault("");
    }
}

/// <summary>What a command prints.</summary>
/// <param name="Json">For machines.</param>
/// <param name="Table">For people.</param>
sealed record Output(object Json, Table Table);
