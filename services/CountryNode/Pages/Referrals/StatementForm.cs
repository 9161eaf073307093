using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Domain.Dossiers;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>The form of one statement: the fields of the request that makes it, as the protos have them, and what is told beside it.</summary>
public sealed class StatementForm(Action action, Referral referral, Screen screen)
{
    const string Note = "particulars.note", HappenedOn = "command.happened_on", ChannelField = "command.channel", Contradiction = "command.contradiction_reason", Alone = "command.nobody_else_on_duty";

    /// <summary>Of details, by their keys: as a door names them.</summary>
    const string Details = "particulars.details.";

    /// <summary>Texts of days: what the protos call YYYY-MM-DD.</summary>
    static readonly string[] Days = ["on", "until", "travel_on", "next_due", "identified_on"];

    Words Words => screen.Words;

    public string Statement => action.Statement;

    /// <summary>What would become of it, by the code that it is made with.</summary>
    public IReadOnlyList<Offer> Offers { get; } = [.. referral.Offers.Where(offer => offer.Statement == action.Statement)];

    /// <summary>It does not fit where the referral stands: only with a reason.</summary>
    public bool Contradicts => Offers.Any(offer => offer.Contradicts) && !Offers.Any(offer => offer is { Open: true, Contradicts: false });

    public IReadOnlyList<FormField> Fields { get; private set; } = [];

    /// <summary>What is seldom said: that it happened on another day, or came another way.</summary>
    public IReadOnlyList<FormField> Seldom { get; private set; } = [];

    /// <summary>The form as it is opened, with what is usual filled in.</summary>
    public Entered Begin() => Begin(Entered.Nothing, isAnew: true);

    /// <summary>The form as it was sent.</summary>
    public Entered Resume(Entered entered) => Begin(entered, isAnew: false);

    Entered Begin(Entered entered, bool isAnew)
    {
        var stated = action.Stated is { } field ? Inside(field.MessageType, field.Name, action.Statement) : [];
        Fields =
        [
            .. stated,
            .. action.Details.Select(Detail),
            new FormField(Note, FieldKind.Note, Words["Note for the people of both countries"], Words["Sealed; nobody on the way can read it. No name, nothing by which the person is known."]),
            .. Contradicts ? [new FormField(Contradiction, FieldKind.Note, Words["It does not fit what is known so far. Why do you say it all the same?"], Words["Both countries will have to resolve the contradiction."], IsRequired: true)] : Array.Empty<FormField>(),
        ];
        Seldom =
        [
            new FormField(HappenedOn, FieldKind.Day, Words["The day it happened, if not today"]),
            new FormField(ChannelField, FieldKind.Choice, Words["How it came to your office, if not by this system"], Choices: Codes(Command.Descriptor.FindFieldByName("channel").EnumType)),
            .. referral.Opened?.Basis is Basis.RiskToLife ? [new FormField(Alone, FieldKind.Flag, Words["Nobody else is on duty: write it at once. A second person looks at it within 24 hours."])] : Array.Empty<FormField>(),
        ];
        return isAnew ? Usual(entered) : entered;
    }

    Entered Usual(Entered entered)
    {
        var today = EnteredDay.Of(screen.Today, Words.Language.WritesBuddhistEra);
        entered = entered.With("wish_recorded.on", today).With("child_safeguard_recorded.on", today).With("withdrawn", "everything");
        if (referral.Debts.Where(debt => debt.Clock is Clock.FollowUp).Select(debt => debt.Number).DefaultIfEmpty().Min() is var number and > 0) entered = entered.With("follow_up_reported.number", number.ToString());
        if (referral.Consent is { } consent)
            entered = entered.With("consent_recorded.consent.purposes", [.. consent.Purposes.Select(purpose => NameOf(Purposes, (int)purpose))]).With("consent_recorded.consent.recipients", [.. consent.Recipients]);
        if (referral.Plan?.MeetingPoint is { Length: > 0 } place)
            foreach (var seen in (string[])["accompanied", "did_not_travel", "met", "not_arrived"]) entered = entered.With($"{seen}.place", place);
        return entered;
    }

    /// <summary>The request, as far as it was filled in, and what is wrong with it.</summary>
    public (IMessage Request, Faults Faults) Read(Entered entered)
    {
        var reading = new Reading(entered, screen.Country, Words);
        var request = action.Method.InputType.Parser.ParseFrom(ByteString.Empty);
        if (action.Stated is { } stated) stated.Accessor.SetValue(request, stated.MessageType.Parser.ParseFrom(ByteString.Empty));
        foreach (var field in Fields) reading.Into(request, field);

        var particulars = new Particulars { Note = entered.Lines(Note) };
        foreach (var key in action.Details)
            if ((Days.Contains(key) ? reading.Day($"{Details}{key}") : entered.Lines($"{Details}{key}")) is { Length: > 0 } said) particulars.Details[key] = said;
        var command = new Command
        {
            CommandId = entered.Text("command_id"),
            HappenedOn = reading.Day(HappenedOn),
            ContradictionReason = entered.Lines(Contradiction),
            NobodyElseOnDuty = entered.Flag(Alone),
            Channel = entered.Text(ChannelField) is { Length: > 0 } channel && Command.Descriptor.FindFieldByName("channel").EnumType.FindValueByName(channel) is { } code ? (Contracts.Directory.V1.Channel)code.Number : default,
            Answers = Offers is [var first, ..] ? first.Answers : ByteString.Empty,
        };
        Set(request, "command", command);
        Set(request, "dossier_id", referral.DossierId);
        Set(request, "particulars", particulars);
        Complete(request, entered, reading);
        return (request, reading.Faults);
    }

    /// <summary>What the referral says and nobody should have to type: the plan's token, the kind of withdrawal.</summary>
    void Complete(IMessage request, Entered entered, Reading reading)
    {
        switch (request)
        {
            case PlanReturnRequest { ReturnPlanned: { } planned }: planned.Replaces = referral.Plan?.Plan_ ?? ByteString.Empty; break;
            case ReportAccompaniedRequest { Accompanied: { } said }: said.Plan = Plan; break;
            case ReportDidNotTravelRequest { DidNotTravel: { } said }: said.Plan = Plan; break;
            case ReportMetRequest { Met: { } said }: said.Plan = Plan; break;
            case ReportNotArrivedRequest { NotArrived: { } said }: said.Plan = Plan; break;
            case ReportFoundSafeRequest { FoundSafe: { } said }: said.Plan = Plan; break;
            case WithdrawConsentRequest withdrawal:
                if (entered.Text("withdrawn") == "part") withdrawal.Withdrawn = new() { Part = Part(entered) };
                else if (entered.Text("withdrawn") == "everything") withdrawal.Withdrawn = new() { Everything = new() };
                else reading.Fault("withdrawn", Words["Choose how much the person takes back."]);
                break;
        }
    }

    static ConsentWithdrawn.Types.Part Part(Entered entered)
    {
        var part = new ConsentWithdrawn.Types.Part();
        part.Purposes.AddRange(entered.All("withdrawn.part.purposes").Select(name => Purposes.FindValueByName(name)).OfType<EnumValueDescriptor>().Select(code => (Purpose)code.Number));
        part.Recipients.AddRange(entered.All("withdrawn.part.recipients"));
        return part;
    }

    ByteString Plan => referral.Plan?.Plan_ ?? ByteString.Empty;

    static EnumDescriptor Purposes => Consent.Descriptor.FindFieldByName("purposes").EnumType;

    static string NameOf(EnumDescriptor list, int number) => list.FindValueByNumber(number)?.Name ?? "";

    static void Set(IMessage request, string field, object value) => request.Descriptor.FindFieldByName(field).Accessor.SetValue(request, value);

    IEnumerable<FormField> Inside(MessageDescriptor message, string name, string path)
    {
        if (message == ConsentWithdrawn.Descriptor) return Withdrawal();
        return message.Fields.InDeclarationOrder().SelectMany(field => Fields(field));

        IEnumerable<FormField> Fields(FieldDescriptor field)
        {
            var (at, called) = ($"{name}.{field.Name}", $"{path}.{field.Name}");
            // Tokens, hashes and what the node counts are nobody's to type.
            if (field.FieldType is FieldType.Bytes || called == "UnitAssigned.office") return [];
            if (field is { FieldType: FieldType.Message, IsRepeated: false } && field.MessageType != Timestamp.Descriptor) return Inside(field.MessageType, at, called);
            var (label, hint) = Vocabulary.Field(called, Words);
            return [new FormField(at, Kind(field), label, hint, field, Choices(field), IsRequired: field.FieldType is FieldType.Enum or FieldType.Message)];
        }
    }

    IEnumerable<FormField> Withdrawal() =>
    [
        new FormField("withdrawn", FieldKind.Choice, Words["How much the person takes back"], Choices:
        [
            new("everything", Words["All of it"], Words["Nothing about the person is shown or sent any more, in both countries. The search goes on if the person is missing."]),
            new("part", Words["A part of it"], Words["Choose below what the person no longer agrees to."]),
        ], IsRequired: true),
        new FormField("withdrawn.part.purposes", FieldKind.Choices, Words["What the person no longer agrees to"], Choices: Codes(Purposes)),
        new FormField("withdrawn.part.recipients", FieldKind.Choices, Words["Which countries may receive nothing any more"], Choices: [.. Countries().Where(country => referral.Consent?.Recipients.Contains(country.Code) is not false)]),
    ];

    static FieldKind Kind(FieldDescriptor field) => field switch
    {
        { FieldType: FieldType.Bool } => FieldKind.Flag,
        { FieldType: FieldType.Message } => FieldKind.Instant,
        { FieldType: FieldType.UInt32 } => FieldKind.Number,
        { FieldType: FieldType.Enum, IsRepeated: true } or { Name: "recipients" } => FieldKind.Choices,
        { FieldType: FieldType.Enum } or { Name: "in" or "country" } => FieldKind.Choice,
        _ when Days.Contains(field.Name) => FieldKind.Day,
        _ => FieldKind.Text,
    };

    /// <summary>Of a code on which it depends whether the statement is open, only those that are.</summary>
    IReadOnlyList<Choice> Choices(FieldDescriptor field) => field switch
    {
        { FieldType: FieldType.Enum } => [.. Codes(field.EnumType).Where(IsOffered)],
        { Name: "in" } => [.. ((string[])[referral.Opened.Host, referral.Opened.Origin]).Select(country => new Choice(country, Words.Country(country)))],
        { Name: "recipients" } => Countries(),
        { Name: "country" } => [.. NodeId.Countries.Select(country => country.ToString()).Where(country => country != referral.Opened.Host && country != referral.Opened.Origin).Select(country => new Choice(country, Words.Country(country)))],
        _ => [],
    };

    bool IsOffered(Choice choice)
    {
        var matters = Offers.Where(offer => offer.Code.Length > 0).ToList();
        var mine = matters.Where(offer => choice.Code.EndsWith($"_{offer.Code}", StringComparison.Ordinal)).ToList();
        return mine.Count == 0 || mine.Any(offer => offer.Open || offer.Contradicts);
    }

    IReadOnlyList<Choice> Countries() => [.. NodeId.Countries.Select(country => country.ToString()).Where(country => country != screen.Country.ToString()).Select(country => new Choice(country, Words.Country(country)))];

    IReadOnlyList<Choice> Codes(EnumDescriptor list) => [.. list.Values.Where(code => code.Number != 0).Select(code => new Choice(code.Name, Vocabulary.Code(code, Words)))];

    FormField Detail(string key)
    {
        var codes = Vocabulary.DetailCodes(key, Words);
        return new FormField(
            $"{Details}{key}", Days.Contains(key) ? FieldKind.Day : codes.Count > 0 ? FieldKind.Choice : FieldKind.Text, Vocabulary.Detail(key, Words),
            Choices: [.. codes.Select(code => new Choice(code.Code, code.Label))]);
    }
}
