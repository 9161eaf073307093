using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Requests;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Grpc.Core;

namespace Coordination.Cli.Commands;

/// <summary>What every command does around its call.</summary>
static class Calling
{
    const string DetailsKey = "grpc-status-details-bin";

    /// <summary>Of a dossier's id, and of an entry's hash.</summary>
    const int IdDigits = 64, FewestDigits = 8;

    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly Option<string?> CommandId = new("--command-id") { Description = "Made once per command, so that the same command can be tried again safely. Default: a new one.", HelpName = "id" };

    /// <summary>Connects, calls, prints, and turns every failure into a sentence and an exit code.</summary>
    /// <param name="command">The command.</param>
    /// <param name="call">Says what to print: an object for --json, a table for people. Gets the command id, whether it writes or not.</param>
    public static void SetCall(this Command command, Func<ParseResult, Connection, string, CancellationToken, Task<Output>> call) =>
        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var output = await call(parsed, connection, commandId, cancellationToken);
            output.Print(parsed.WantsJson());
            return ExitCode.Done;
        });

    /// <summary>The same for a command that prints by itself.</summary>
    public static void SetCall(this Command command, Func<ParseResult, Connection, string, CancellationToken, Task<int>> call) =>
        command.SetCalls(async (parsed, commandId, cancellationToken) =>
        {
            using var connection = parsed.Connect();
            return await call(parsed, connection, commandId, cancellationToken);
        });

    /// <summary>The same for a command that connects by itself, to more than one node.</summary>
    public static void SetCalls(this Command command, Func<ParseResult, string, CancellationToken, Task<int>> calls) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var commandId = parsed.GetValue(CommandId) ?? NewCommandId();
            try
            {
                return await calls(parsed, commandId, cancellationToken);
            }
            catch (UsageException wrong)
            {
                return wrong.Tell();
            }
            catch (Exception given) when (given is RpcException or OperationCanceledException && cancellationToken.IsCancellationRequested)
            {
                return command.Unknown(commandId, "Given up before the node answered.");
            }
            catch (UnprintableException lost)
            {
                return command.Unknown(commandId, lost.Message);
            }
            catch (RpcException failed)
            {
                Console.Error.WriteLine(Sentence(failed, command.OptionOf));
                if (!MayBeTriedAgain(failed)) return ExitCode.Refused;
                return command.Unknown(commandId);
            }
        });

    /// <summary>Ends a command of which its caller does not know what it did, and says how to try it again where it writes.</summary>
    static int Unknown(this Command command, string commandId, string? why = null)
    {
        if (why is not null) Console.Error.WriteLine(why);
        if (command.Options.Contains(CommandId)) Console.Error.WriteLine($"To try the same command again: --command-id {commandId}");
        return ExitCode.Unavailable;
    }

    /// <summary>For a command that asks no node: turns a wrong command line into a sentence and an exit code.</summary>
    public static void SetWork(this Command command, Func<ParseResult, int> work) =>
        command.SetAction(parsed =>
        {
            try
            {
                return work(parsed);
            }
            catch (UsageException wrong)
            {
                return wrong.Tell();
            }
        });

    /// <summary>Says what is wrong with the command line, or with a file that it names and somebody else may have written.</summary>
    static int Tell(this UsageException wrong)
    {
        Console.Error.WriteLine(Words.InOneLine(wrong.Message));
        return ExitCode.Usage;
    }

    public static string NewCommandId() => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));

    /// <summary>A refusal in one line: status, reason where there is one, and what the node says to do.</summary>
    public static string Sentence(RpcException failed) =>
        $"{failed.StatusCode}{(ReasonOf(failed) is { Length: > 0 } reason ? $" {reason}" : "")}: {Words.InOneLine(failed.Status.Detail)}";

    /// <summary>The same, with the names that its reader knows in place of the fields at fault.</summary>
    /// <param name="failed">The refusal.</param>
    /// <param name="called">What a field is called, by what <see cref="Fields"/> call it; null where it is given in another way.</param>
    public static string Sentence(RpcException failed, Func<string, string?> called)
    {
        var says = Sentence(failed);
        foreach (var violation in DetailsOf<BadRequest>(failed).SelectMany(request => request.FieldViolations))
        {
            var inner = violation.Field.Split('.', 2)[^1];
            // With what is said of it: the word alone may stand in a sentence about something else.
            if (called(Spelling.Kebab(inner.Replace('.', '_'))) is { } name)
                says = says.Replace($"{violation.Field} {violation.Description}", $"{name} {violation.Description}", StringComparison.Ordinal);
        }
        return says;
    }

    /// <summary>The option of a command that gives a field; null where it is given in another way.</summary>
    static string? OptionOf(this Command command, string field) => command.Options.FirstOrDefault(option => option.Name == $"--{field}")?.Name;

    public static bool MayBeTriedAgain(RpcException failed) => failed.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded;

    public static Argument<string> DossierIdArgument() => new("id") { Description = $"The dossier's id as coord prints it, or its first {FewestDigits} digits or more." };

    /// <summary>The dossier whose id is this, or begins so.</summary>
    /// <exception cref="UsageException">None at the node does, or several do, or it is no such id.</exception>
    public static async Task<ByteString> FindDossierAsync(this Connection connection, string id, CancellationToken cancellationToken)
    {
        if (id.Length is < FewestDigits or > IdDigits || !id.All(char.IsAsciiHexDigit))
            throw new UsageException($"A dossier's id has {IdDigits} hexadecimal digits, as coord prints it; its first {FewestDigits} or more will do.");
        if (id.Length == IdDigits) return ByteString.CopyFrom(Convert.FromHexString(id));
        var found = await new ReferralService.ReferralServiceClient(connection.Channel).ListAsync(new() { IdBegins = id.ToLowerInvariant(), PageSize = 2 }, connection.Options(cancellationToken));
        return found.Referrals.Count switch
        {
            1 => found.Referrals[0].DossierId,
            0 => throw new UsageException($"No dossier at {connection.Node} begins with {id}: coord referral list lists them."),
            _ => throw new UsageException($"Several dossiers at {connection.Node} begin with {id}: give more digits."),
        };
    }

    /// <summary>Reads a message from its JSON.</summary>
    /// <param name="json">As the protos' JSON.</param>
    /// <param name="message">What it is.</param>
    /// <param name="where">Where the JSON stands, as the first words of a sentence.</param>
    /// <exception cref="UsageException">It is none; the message says what is wrong with it, and what to do.</exception>
    public static IMessage Parse(JsonObject json, MessageDescriptor message, string where = "The command line")
    {
        try
        {
            return JsonParser.Default.Parse(json.ToJsonString(), message);
        }
        catch (Exception wrong) when (wrong is InvalidProtocolBufferException or InvalidJsonException)
        {
            throw new UsageException($"{where} does not fit {message.FullName} of the protos, and has to be corrected: {wrong.Message.TrimEnd('.')}.");
        }
    }

    /// <summary>One call of any unary method.</summary>
    public static async Task<IMessage> CallAsync(this Connection connection, MethodDescriptor method, IMessage request, CancellationToken cancellationToken)
    {
        var called = new Method<IMessage, IMessage>(
            MethodType.Unary, method.Service.FullName, method.Name,
            Marshallers.Create<IMessage>(message => message.ToByteArray(), _ => throw new NotSupportedException("A client reads no requests.")),
            Marshallers.Create<IMessage>(_ => throw new NotSupportedException("A client writes no answers."), bytes => method.OutputType.Parser.ParseFrom(bytes)));
        using var call = connection.Channel.CreateCallInvoker().AsyncUnaryCall(called, host: null, connection.Options(cancellationToken), request);
        return await call.ResponseAsync;
    }

    /// <summary>The entry of a dossier whose hash begins like this.</summary>
    /// <exception cref="UsageException">None does, or several do.</exception>
    public static async Task<ByteString> FindEntryAsync(this Connection connection, ByteString dossier, string hash, CancellationToken cancellationToken)
    {
        if (hash.Length is < FewestDigits or > IdDigits || !hash.All(char.IsAsciiHexDigit)) throw new UsageException($"An entry is named by its hash as coord prints it, or by its first {FewestDigits} digits or more.");
        var history = await new DossierService.DossierServiceClient(connection.Channel).HistoryAsync(new() { DossierId = dossier }, connection.Options(cancellationToken));
        var found = history.Entries.Where(entry => Printing.Hex(entry.Hash).StartsWith(hash, StringComparison.OrdinalIgnoreCase)).ToList();
        return found.Count switch
        {
            1 => found[0].Hash,
            0 => throw new UsageException($"No entry of this dossier begins with {hash}: coord dossier show lists them."),
            _ => throw new UsageException($"{found.Count} entries of this dossier begin with {hash}: give more digits."),
        };
    }

    /// <summary>The reason of a refusal, as the protos name it; empty where there is none.</summary>
    /// <remarks>Called "reason" in today's google.rpc.ErrorInfo; this package has the field's first name.</remarks>
    public static string ReasonOf(RpcException failed) => DetailsOf<ErrorInfo>(failed).Select(info => info.Type).FirstOrDefault("");

    /// <summary>None where they cannot be read: the status and its words stand without them.</summary>
    static IReadOnlyList<T> DetailsOf<T>(RpcException failed) where T : class, IMessage<T>, new()
    {
        if (failed.Trailers.FirstOrDefault(entry => entry.Key == DetailsKey) is not { } details) return [];
        try
        {
            return [.. Google.Rpc.Status.Parser.ParseFrom(details.ValueBytes).Details.Select(detail => detail.TryUnpack<T>(out var found) ? found : null).OfType<T>()];
        }
        catch (InvalidProtocolBufferException)
        {
            return [];
        }
    }
}
