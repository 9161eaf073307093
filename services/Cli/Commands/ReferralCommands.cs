using System.CommandLine;
using System.CommandLine.Parsing;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Spectre.Console;
using Command = System.CommandLine.Command;
using About = Coordination.Contracts.Directory.V1.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord referral …</c></summary>
static class ReferralCommands
{
    public static Command Create() => new("referral", "Referrals of persons between two countries.")
    {
        Open(),
        Answer("acknowledge", "The receiver has the referral on a desk.",
            async (client, about, id, options) => (await client.AcknowledgeAsync(new() { Command = about, DossierId = id }, options)).Referral),
        Answer("take-up", "The receiver verifies and traces.",
            async (client, about, id, options) => (await client.TakeUpAsync(new() { Command = about, DossierId = id }, options)).Referral),
        Decline(),
        Answer("cancel", "The sender calls the referral off, at once.",
            async (client, about, id, options) => (await client.CancelAsync(new() { Command = about, DossierId = id }, options)).Referral),
        WithdrawConsent(),
        Show(),
    };

    static Command Open()
    {
        var to = new Option<string>("--to") { Description = "The other country: LA, KH …", Required = true };
        var type = Code<ReferralType>("--type", "What is asked for.", required: true);
        var replyBy = new Option<string>("--reply-by") { Description = "Last day on which an acknowledgement is waited for, YYYY-MM-DD.", Required = true };
        var instrument = Code<Instrument>("--instrument", "What binds the two countries.", otherwise: Instrument.CommitMemorandum);
        var urgency = Code<Urgency>("--urgency", "Routine counts working days, Urgent hours.", otherwise: Urgency.Routine);
        var minority = Code<Minority>("--minority", "Whether the safeguards for children apply.", required: true);
        var authorisedBy = Code<AuthorisedBy>("--authorised-by", "Who authorised it for a minor.");
        var bestInterestsOn = new Option<string?>("--best-interests-on") { Description = "When a child's best interests were determined, YYYY-MM-DD." };
        var basis = Code<Basis>("--basis", "Why data may cross the border.", required: true);
        var purposes = Codes<Purpose>("--purpose", "What the person consents to; may be repeated. Needs --consent-until.");
        var recipients = new Option<string[]>("--recipient") { Description = "Countries that the person lets receive. Default: the one of --to. Needs --consent-until." };
        var until = new Option<string?>("--consent-until") { Description = "Last day of the consent, YYYY-MM-DD. Needs --purpose." };
        var command = new Command("open", "Opens a referral to another country.")
        {
            to, type, replyBy, instrument, urgency, minority, authorisedBy, bestInterestsOn, basis, purposes, recipients, until, Calling.CommandId,
        };
        // A consent is said whole or not at all: a part of one would be lost without a word.
        command.Validators.Add(given =>
        {
            if (given.GetResult(until) is null)
            {
                foreach (Option part in (Option[])[purposes, recipients])
                    if (given.GetResult(part) is not null) given.AddError($"{part.Name} needs --consent-until with the last day of the consent.");
            }
            else if (given.GetResult(purposes) is null)
            {
                given.AddError("--consent-until needs --purpose with what the person consents to.");
            }
        });
        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var other = parsed.GetValue(to)!;
            var isLocate = parsed.GetValue(type) is ReferralType.LocateAndProtect;
            var opened = new Opened
            {
                Type = parsed.GetValue(type),
                Host = isLocate ? other : connection.Node,
                Origin = isLocate ? connection.Node : other,
                Instrument = parsed.GetValue(instrument),
                Urgency = parsed.GetValue(urgency),
                Minority = parsed.GetValue(minority),
                Basis = parsed.GetValue(basis),
                AuthorisedBy = parsed.GetValue(authorisedBy),
                ReplyBy = parsed.GetValue(replyBy),
                BestInterestsOn = parsed.GetValue(bestInterestsOn) ?? "",
            };
            if (parsed.GetValue(until) is { } consentUntil)
            {
                opened.Consent = new Consent { Until = consentUntil };
                opened.Consent.Purposes.AddRange(parsed.GetValue(purposes) ?? []);
                opened.Consent.Recipients.AddRange(parsed.GetValue(recipients) is { Length: > 0 } given ? given : [other]);
            }
            var client = new ReferralService.ReferralServiceClient(connection.Channel);
            var response = await client.OpenAsync(new() { Command = new About { CommandId = commandId }, Opened = opened }, connection.Options(cancellationToken));
            return Print(response.Referral);
        });
        return command;
    }

    static Command Decline()
    {
        var reason = Code<DeclineReason>("--reason", "Why; not every type of referral allows every reason.", required: true);
        var command = Answer("decline", "The receiver refuses the referral, with a reason.",
            async (client, about, id, options, parsed) =>
                (await client.DeclineAsync(new() { Command = about, DossierId = id, Declined = new Declined { Reason = parsed.GetValue(reason) } }, options)).Referral);
        command.Options.Add(reason);
        return command;
    }

    static Command WithdrawConsent()
    {
        var purposes = Codes<Purpose>("--purpose", "Only this purpose; may be repeated. Default: the whole consent.");
        var recipients = new Option<string[]>("--recipient") { Description = "Only for this country; may be repeated." };
        var command = Answer("withdraw-consent", "The person withdrew consent, whole or in part. Open in every state.",
            async (client, about, id, options, parsed) =>
            {
                var withdrawn = new ConsentWithdrawn();
                var (someOf, forOnly) = (parsed.GetValue(purposes) ?? [], parsed.GetValue(recipients) ?? []);
                if (someOf.Length + forOnly.Length == 0) withdrawn.Everything = new();
                else
                {
                    withdrawn.Part = new();
                    withdrawn.Part.Purposes.AddRange(someOf);
                    withdrawn.Part.Recipients.AddRange(forOnly);
                }
                return (await client.WithdrawConsentAsync(new() { Command = about, DossierId = id, Withdrawn = withdrawn }, options)).Referral;
            });
        command.Options.Add(purposes);
        command.Options.Add(recipients);
        return command;
    }

    static Command Show()
    {
        var id = Id();
        var command = new Command("show", "Shows a referral as it stands at this node.") { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var client = new ReferralService.ReferralServiceClient(connection.Channel);
            return Print((await client.GetAsync(new() { DossierId = Calling.DossierId(parsed.GetValue(id)!) }, connection.Options(cancellationToken))).Referral);
        });
        return command;
    }

    static Command Answer(string name, string description, Func<ReferralService.ReferralServiceClient, About, ByteString, Grpc.Core.CallOptions, Task<Referral>> call) =>
        Answer(name, description, (client, about, id, options, _) => call(client, about, id, options));

    static Command Answer(string name, string description, Func<ReferralService.ReferralServiceClient, About, ByteString, Grpc.Core.CallOptions, ParseResult, Task<Referral>> call)
    {
        var id = Id();
        var happenedOn = new Option<string?>("--happened-on") { Description = "The day it happened, YYYY-MM-DD. Default: today." };
        var command = new Command(name, description) { id, happenedOn, Calling.CommandId };
        command.SetCall(async (parsed, connection, commandId, cancellationToken) =>
        {
            var client = new ReferralService.ReferralServiceClient(connection.Channel);
            var about = new About { CommandId = commandId, HappenedOn = parsed.GetValue(happenedOn) ?? "" };
            return Print(await call(client, about, Calling.DossierId(parsed.GetValue(id)!), connection.Options(cancellationToken), parsed));
        });
        return command;
    }

    /// <summary>An option that takes one code, by its name in the protos.</summary>
    static Option<TCode> Code<TCode>(string name, string description, TCode otherwise = default, bool required = false) where TCode : struct, Enum
    {
        var option = new Option<TCode>(name)
        {
            Description = description,
            Required = required,
            HelpName = string.Join('|', NamesOf<TCode>()),
            CustomParser = given => Parse<TCode>(given).SingleOrDefault(),
        };
        if (!otherwise.Equals(default(TCode))) option.DefaultValueFactory = _ => otherwise;
        return option;
    }

    /// <summary>An option that takes codes, by their names in the protos, and may be repeated.</summary>
    static Option<TCode[]> Codes<TCode>(string name, string description) where TCode : struct, Enum => new(name)
    {
        Description = description,
        HelpName = string.Join('|', NamesOf<TCode>()),
        CustomParser = Parse<TCode>,
    };

    /// <summary>Reads codes by name alone: a number is no code, nor is the one that says that there is none.</summary>
    static TCode[] Parse<TCode>(ArgumentResult given) where TCode : struct, Enum
    {
        var codes = new List<TCode>();
        foreach (var token in given.Tokens)
        {
            if (NamesOf<TCode>().Contains(token.Value, StringComparer.OrdinalIgnoreCase)) codes.Add(Enum.Parse<TCode>(token.Value, ignoreCase: true));
            else given.AddError($"{token.Value} is no code for {(given.Parent as OptionResult)?.Option.Name}: choose among {string.Join(", ", NamesOf<TCode>())}.");
        }
        return [.. codes];
    }

    /// <summary>The codes of a list, but for the first one, which says that there is none.</summary>
    static IEnumerable<string> NamesOf<TCode>() where TCode : struct, Enum => Enum.GetNames<TCode>().Where(code => code != "Unspecified");

    static Argument<string> Id() => new("id") { Description = "The dossier's id, as coord prints it." };

    static Output Print(Referral referral)
    {
        var json = new
        {
            DossierId = Convert.ToHexStringLower(referral.DossierId.Span),
            State = referral.State.ToString(),
            referral.Sender,
            referral.Receiver,
            Type = referral.Opened?.Type.ToString(),
            Host = referral.Opened?.Host,
            Origin = referral.Opened?.Origin,
            Urgency = referral.Opened?.Urgency.ToString(),
            Minority = referral.Opened?.Minority.ToString(),
            ReplyBy = referral.Opened?.ReplyBy,
            Consent = referral.Consent is null ? null : new
            {
                Purposes = referral.Consent.Purposes.Select(purpose => purpose.ToString()),
                Recipients = referral.Consent.Recipients.ToArray(),
                referral.Consent.Until,
            },
            referral.ConsentWithdrawn,
            referral.Waiting,
            referral.UpgradeNeeded,
            Chains = referral.Chains.ToDictionary(chain => chain.Author, chain => chain.Seq),
        };
        var table = new Table().HideHeaders().AddColumns("", "");
        Row("Dossier", json.DossierId);
        Row("State", json.State);
        Row("From, to", $"{json.Sender} → {json.Receiver}");
        if (json.Type is not null) Row("Type", $"{json.Type}, {json.Urgency}, {json.Minority}");
        if (json.ReplyBy is not null) Row("Reply by", json.ReplyBy);
        if (json.Consent is { } consent) Row("Consent", $"{string.Join(", ", consent.Purposes)}, for {string.Join(", ", consent.Recipients)}, until {consent.Until}");
        if (json.ConsentWithdrawn) Row("Consent", "withdrawn");
        if (json.Waiting > 0) Row("Waiting", $"{json.Waiting} entries wait for something missing");
        if (json.UpgradeNeeded) Row("Upgrade", "this node's program is too old for what the dossier holds");
        Row("Entries", string.Join(", ", json.Chains.Select(chain => $"{chain.Key} {chain.Value}")));
        return new Output(json, table);

        void Row(string name, string value) => table.AddRow(new Text(name), new Text(value));
    }
}
