using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Requests;
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
    static readonly string[] About = ["command", "dossier_id", "particulars", "case_file"];

    /// <summary>Of every method of a service that takes a command, in the order of the proto.</summary>
    public static IEnumerable<Command> Of(ServiceDescriptor service) =>
        MethodsOf(service).Select(Create);

    /// <summary>The methods of a service that write: those that take a command.</summary>
    public static IEnumerable<MethodDescriptor> MethodsOf(ServiceDescriptor service) => service.Methods.Where(method => method.InputType.FindFieldByName("command") is not null);

    /// <summary>Where an opening goes.</summary>
    public static Option<string?> To => new("--to") { Description = "The other country: host and origin follow from the type, and the consent is for it, unless they are said. Unless said, urgency is Routine and the instrument CommitMemorandum, which binds all six.", HelpName = "country" };

    /// <summary>Fills in what is usual of an opening.</summary>
    /// <param name="request">What is known of it so far.</param>
    /// <param name="own">Who opens it.</param>
    /// <param name="to">To whom; null where host and origin say it.</param>
    /// <param name="where">What stands before a sentence about it.</param>
    /// <exception cref="UsageException">It goes to no other country.</exception>
    public static void Complete(OpenRequest request, string own, string? to, string where = "")
    {
        if (!Openings.Complete(request, own, to))
            throw new UsageException($"{where}{to} is no other country: --to, and the column to, take one of {string.Join(", ", NodeId.Countries.Where(country => country.ToString() != own))}.");
    }

    static Command Create(MethodDescriptor method)
    {
        var command = new Command(Spelling.Kebab(method.Name), ProtoComments.Of(method));
        var id = method.InputType.FindFieldByName("dossier_id") is null ? null : Calling.DossierIdArgument();
        if (id is not null) command.Arguments.Add(id);
        var to = method.InputType.FindFieldByName("opened") is null ? null : To;
        if (to is not null) command.Options.Add(to);
        var fields = FieldOptions.AddTo(command, method.InputType, About);
        var stated = StatedIn(method);
        var statement = stated is null ? null : new Option<string?>("--statement") { Description = "The statement as JSON, instead of its options or beside them, which then stand before what it says: a file, or - for standard input.", HelpName = "file" };
        if (statement is not null) command.Options.Add(statement);
        var about = AboutOptions.AddTo(command);
        var particulars = ParticularsOptions.AddTo(command);
        var caseFile = method.InputType.FindFieldByName("case_file") is null ? null : new Option<string>("--case-file") { Description = "What is known of the person, as JSON of coordination.referral.v1.CaseFile: a file, or - for standard input.", HelpName = "file", Required = true };
        if (caseFile is not null) command.Options.Add(caseFile);
        command.Options.Add(Calling.CommandId);

        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var request = method.InputType.Parser.ParseFrom(ByteString.Empty);
            // A statement of which nothing was said is one all the same: what it lacks, the node names.
            stated?.Accessor.SetValue(request, statement is not null && parsed.GetValue(statement) is { } file ? Files.ReadMessage(file, stated.MessageType) : stated.MessageType.Parser.ParseFrom(ByteString.Empty));
            fields.Set(parsed, request);
            if (to is not null) Complete((OpenRequest)request, connection.Node, parsed.GetValue(to));
            ByteString? dossier = id is null ? null : await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken);
            if (dossier is not null) method.InputType.FindFieldByName("dossier_id").Accessor.SetValue(request, dossier);
            method.InputType.FindFieldByName("command").Accessor.SetValue(request, await about.ReadAsync(parsed, connection, commandId, dossier, cancellationToken));
            if (caseFile is not null) method.InputType.FindFieldByName("case_file").Accessor.SetValue(request, Files.ReadMessage(parsed.GetValue(caseFile)!, CaseFile.Descriptor));
            if (particulars.Read(parsed) is { } beside) method.InputType.FindFieldByName("particulars").Accessor.SetValue(request, beside);
            return Printing.Written(await connection.CallAsync(method, request, cancellationToken));
        });
        return command;
    }

    /// <summary>The field of a request that holds the statement; null where the method's name says it all.</summary>
    static FieldDescriptor? StatedIn(MethodDescriptor method) =>
        method.InputType.Fields.InDeclarationOrder().FirstOrDefault(field => field.FieldType is FieldType.Message && !About.Contains(field.Name));

    /// <summary>What is said about every command, whatever it does.</summary>
    sealed record AboutOptions(
        Option<string?> HappenedOn, Option<string?> Channel, Option<string?> Answers, Option<string?> OnBehalfOf, Option<string?> Letter, Option<string?> ContradictionReason, Option<bool> NobodyElseOnDuty)
    {
        static readonly Field ChannelField = new("channel", ["channel"], Contracts.Directory.V1.Command.Descriptor.FindFieldByName("channel"));

        public static AboutOptions AddTo(Command command)
        {
            var about = new AboutOptions(
                new("--happened-on") { Description = "The day it happened, YYYY-MM-DD, today or before. Default: today." },
                (Option<string?>)FieldOptions.ToOption(ChannelField),
                new("--answers") { Description = "The entry that this one answers, as coord prints it: its hash, or the first 8 digits or more.", HelpName = "entry" },
                new("--on-behalf-of") { Description = "The country without a node for which a dossier on paper speaks here.", HelpName = "country" },
                new("--letter") { Description = "The letter that the matter came by, or went out by: a file, of which only the SHA-256 leaves this machine.", HelpName = "file" },
                new("--contradiction-reason") { Description = "What happened does not fit, and the office says so knowingly: a file with the reason, or - for standard input.", HelpName = "file" },
                new("--nobody-else-on-duty") { Description = "A life is at risk and nobody else is on duty: what would wait for a second person is written at once, and one approves it within 24 hours." });
            foreach (var option in (Option[])[about.HappenedOn, about.Channel, about.Answers, about.OnBehalfOf, about.Letter, about.ContradictionReason, about.NobodyElseOnDuty]) command.Options.Add(option);
            return about;
        }

        public async Task<IMessage> ReadAsync(ParseResult parsed, Connection connection, string commandId, ByteString? dossier, CancellationToken cancellationToken)
        {
            var about = new JsonObject { ["command_id"] = commandId, ["happened_on"] = parsed.GetValue(HappenedOn) ?? "", ["on_behalf_of"] = parsed.GetValue(OnBehalfOf) ?? "" };
            if (parsed.GetValue(NobodyElseOnDuty)) about["nobody_else_on_duty"] = true;
            if (parsed.GetValue(Channel) is { } channel) FieldOptions.Set(ChannelField, about, channel);
            if (parsed.GetValue(Letter) is { } letter) about["letter"] = Convert.ToBase64String(SHA256.HashData(Files.Read(letter)));
            if (parsed.GetValue(ContradictionReason) is { } reason) about["contradiction_reason"] = Files.ReadText(reason);
            if (parsed.GetValue(Answers) is { } answers)
                about["answers"] = (await connection.FindEntryAsync(dossier ?? throw new UsageException("An opening answers nothing: leave --answers away."), answers, cancellationToken)).ToBase64();
            return Calling.Parse(about, Contracts.Directory.V1.Command.Descriptor);
        }
    }

    /// <summary>What is read beside the entry. Words about a person come from a file, never from the command line, which histories and process lists keep.</summary>
    sealed record ParticularsOptions(Option<string?> Note, Option<string?> Particulars, Option<string?> Language, Option<bool> TranslationOwed)
    {
        public static ParticularsOptions AddTo(Command command)
        {
            var options = new ParticularsOptions(
                new("--note") { Description = "A note for the people of both countries, sealed: a file, or - for standard input.", HelpName = "file" },
                new("--particulars") { Description = "Everything that goes sealed beside the entry, as JSON of coordination.referral.v1.Particulars: a file, or - for standard input.", HelpName = "file" },
                new("--text-language") { Description = ProtoComments.Of(Describes("text_language")), HelpName = "text" },
                new("--translation-owed") { Description = ProtoComments.Of(Describes("translation_owed")) });
            command.Options.Add(options.Note);
            command.Options.Add(options.Particulars);
            command.Options.Add(options.Language);
            command.Options.Add(options.TranslationOwed);
            return options;
        }

        /// <summary>Null where nothing is said.</summary>
        public Contracts.Referral.V1.Particulars? Read(ParseResult parsed)
        {
            var beside = parsed.GetValue(Particulars) is { } file ? (Contracts.Referral.V1.Particulars)Files.ReadMessage(file, Contracts.Referral.V1.Particulars.Descriptor) : null;
            if (parsed.GetValue(Note) is { } note)
            {
                beside ??= new();
                if (beside.Note.Length > 0) throw new UsageException("The note is in --particulars already: leave --note away.");
                beside.Note = Files.ReadText(note);
            }
            if (parsed.GetValue(Language) is null && !parsed.GetValue(TranslationOwed)) return beside;
            if (beside is null) throw new UsageException("--text-language and --translation-owed are about a text, and there is none: give --note or --particulars.");
            if (parsed.GetValue(Language) is { } language) beside.TextLanguage = language;
            if (parsed.GetValue(TranslationOwed)) beside.TranslationOwed = true;
            return beside;
        }

        static FieldDescriptor Describes(string field) => Contracts.Referral.V1.Particulars.Descriptor.FindFieldByName(field);
    }
}
