using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Cli.Commands;

/// <summary>
/// A command for every method that writes a statement: its name is the method's, its options are the statement's fields, its
/// help is what the protos say. So coord says what the API says, no more and no less.
/// </summary>
static class StatementCommands
{
    /// <summary>Fields of every request that are given in ways of their own.</summary>
    static readonly string[] About = ["command", "dossier_id", "particulars"];

    /// <summary>Of every method of a service that takes a command, in the order of the proto.</summary>
    public static IEnumerable<Command> Of(ServiceDescriptor service) =>
        service.Methods.Where(method => method.InputType.FindFieldByName("command") is not null).Select(Create);

    static Command Create(MethodDescriptor method)
    {
        var command = new Command(Words.Kebab(method.Name), ProtoComments.Of(method));
        var id = method.InputType.FindFieldByName("dossier_id") is null ? null : Calling.DossierIdArgument();
        if (id is not null) command.Arguments.Add(id);
        var to = method.InputType.FindFieldByName("opened") is null ? null : Opening.To;
        if (to is not null) command.Options.Add(to);
        var fields = FieldOptions.AddTo(command, method.InputType, About);
        var statement = StatedIn(method) is null ? null : new Option<string?>("--statement") { Description = "The statement as JSON, instead of its options or beside them: a file, or - for standard input.", HelpName = "file" };
        if (statement is not null) command.Options.Add(statement);
        var about = AboutOptions.AddTo(command);
        var particulars = ParticularsOptions.AddTo(command);
        command.Options.Add(Calling.CommandId);

        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var request = fields.Read(parsed);
            if (statement is not null && parsed.GetValue(statement) is { } file) Merge(request, StatedIn(method)!, Files.ReadJson(file));
            if (to is not null) Opening.Complete(request, connection.Node, parsed.GetValue(to));
            // A statement of which nothing was said is one all the same: what it lacks, the node names.
            if (StatedIn(method) is { } stated) request[stated] ??= new JsonObject();
            ByteString? dossier = id is null ? null : Calling.DossierId(parsed.GetValue(id)!);
            if (dossier is not null) request["dossier_id"] = dossier.ToBase64();
            request["command"] = await about.ReadAsync(parsed, connection, commandId, dossier, cancellationToken);
            if (particulars.Read(parsed) is { } beside) request["particulars"] = beside;
            return Printing.Written(await connection.CallAsync(method, Calling.Parse(request, method.InputType), cancellationToken));
        });
        return command;
    }

    /// <summary>The field of a request that holds the statement; null where the method's name says it all.</summary>
    static string? StatedIn(MethodDescriptor method) =>
        method.InputType.Fields.InDeclarationOrder().FirstOrDefault(field => field.FieldType is FieldType.Message && !About.Contains(field.Name))?.Name;

    /// <summary>What an option says stands before what the file says.</summary>
    static void Merge(JsonObject request, string stated, JsonObject file)
    {
        if (request[stated] is JsonObject said)
            foreach (var (name, value) in said.ToList()) file[name] = value?.DeepClone();
        request[stated] = file;
    }

    /// <summary>What is said about every command, whatever it does.</summary>
    sealed record AboutOptions(
        Option<string?> HappenedOn, Option<string?> Channel, Option<string?> Answers, Option<string?> OnBehalfOf, Option<string?> Letter, Option<string?> ContradictionReason)
    {
        static readonly Field ChannelField = new("channel", ["channel"], Contracts.Directory.V1.Command.Descriptor.FindFieldByName("channel"));

        public static AboutOptions AddTo(Command command)
        {
            var about = new AboutOptions(
                new("--happened-on") { Description = "The day it happened, YYYY-MM-DD, today or before. Default: today." },
                (Option<string?>)ChannelField.ToOption(),
                new("--answers") { Description = "The entry that this one answers, as coord prints it: its hash, or the first 8 digits or more.", HelpName = "entry" },
                new("--on-behalf-of") { Description = "The country without a node for which a dossier on paper speaks here.", HelpName = "country" },
                new("--letter") { Description = "The letter that the matter came by, or went out by: a file, of which only the SHA-256 leaves this machine.", HelpName = "file" },
                new("--contradiction-reason") { Description = "What happened does not fit, and the office says so knowingly: a file with the reason, or - for standard input.", HelpName = "file" });
            foreach (var option in (Option[])[about.HappenedOn, about.Channel, about.Answers, about.OnBehalfOf, about.Letter, about.ContradictionReason]) command.Options.Add(option);
            return about;
        }

        public async Task<JsonNode> ReadAsync(ParseResult parsed, Connection connection, string commandId, ByteString? dossier, CancellationToken cancellationToken)
        {
            var about = new JsonObject { ["command_id"] = commandId, ["happened_on"] = parsed.GetValue(HappenedOn) ?? "", ["on_behalf_of"] = parsed.GetValue(OnBehalfOf) ?? "" };
            if (parsed.GetValue(Channel) is { } channel) ChannelField.Set(about, channel);
            if (parsed.GetValue(Letter) is { } letter) about["letter"] = Convert.ToBase64String(SHA256.HashData(Files.Read(letter)));
            if (parsed.GetValue(ContradictionReason) is { } reason) about["contradiction_reason"] = Files.ReadText(reason);
            if (parsed.GetValue(Answers) is { } answers)
                about["answers"] = (await connection.FindEntryAsync(dossier ?? throw new UsageException("An opening answers nothing: leave --answers away."), answers, cancellationToken)).ToBase64();
            return about;
        }
    }

    /// <summary>What is read beside the entry. Words about a person come from a file, never from the command line, which histories and process lists keep.</summary>
    sealed record ParticularsOptions(Option<string?> Note, Option<string?> Particulars)
    {
        public static ParticularsOptions AddTo(Command command)
        {
            var options = new ParticularsOptions(
                new("--note") { Description = "A note for the people of both countries, sealed: a file, or - for standard input.", HelpName = "file" },
                new("--particulars") { Description = "Everything that goes sealed beside the entry, as JSON of coordination.referral.v1.Particulars: a file, or - for standard input.", HelpName = "file" });
            command.Options.Add(options.Note);
            command.Options.Add(options.Particulars);
            return options;
        }

        public JsonNode? Read(ParseResult parsed)
        {
            var beside = parsed.GetValue(Particulars) is { } file ? Files.ReadJson(file) : null;
            if (parsed.GetValue(Note) is not { } note) return beside;
            beside ??= [];
            if (beside.ContainsKey("note")) throw new UsageException("The note is in --particulars already: leave --note away.");
            beside["note"] = Files.ReadText(note);
            return beside;
        }
    }
}

/// <summary>What an opening says of where it goes.</summary>
static class Opening
{
    public static Option<string?> To => new("--to") { Description = "The other country: host and origin follow from the type, and the consent is for it, unless they are said. Unless said, urgency is Routine and the instrument CommitMemorandum, which binds all six.", HelpName = "country" };

    /// <summary>Fills in what is usual, and where it goes, where they are not said.</summary>
    /// <param name="request">An OpenRequest as JSON.</param>
    /// <param name="own">Who opens it.</param>
    /// <param name="to">To whom; null where host and origin say it.</param>
    public static void Complete(JsonObject request, string own, string? to)
    {
        if (request["opened"] is not JsonObject opened) request["opened"] = opened = [];
        opened["instrument"] ??= "INSTRUMENT_COMMIT_MEMORANDUM";
        opened["urgency"] ??= "URGENCY_ROUTINE";
        if (to is not { } other) return;
        // Who reports a person held abroad is where the person comes from; else the person is with whoever opens it.
        var isLocate = opened["type"]?.GetValue<string>() == "REFERRAL_TYPE_LOCATE_AND_PROTECT";
        opened["host"] ??= isLocate ? other : own;
        opened["origin"] ??= isLocate ? own : other;
        if (opened["consent"] is JsonObject consent) consent["recipients"] ??= new JsonArray(other);
    }
}
