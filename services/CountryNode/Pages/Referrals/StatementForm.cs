using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Pages.Forms;
using Coordination.Screens.Languages;
using Coordination.Screens.Parts;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using NodeId = Coordination.Domain.Dossiers.NodeId;

namespace Coordination.CountryNode.Pages.Referrals;

/// <summary>The form of one statement: the fields of the request that makes it, as the protos have them, and what is told beside it.</summary>
/// <param name="action">Which.</param>
/// <param name="referral">As it stands.</param>
/// <param name="screen">Who looks at it.</param>
/// <param name="offices">Of this country, that can have a referral.</param>
/// <param name="said">Of a correction, the entry that is put right, and what it says by now; null for any other statement.</param>
public sealed class StatementForm(Action action, Referral referral, Screen screen, IReadOnlyList<Office> offices, Said? said)
{
    const string HappenedOn = "command.happened_on", ChannelField = "command.channel", LetterField = "command.letter", Contradiction = "command.contradiction_reason", Alone = "command.nobody_else_on_duty";

    /// <summary>Of a correction: whether it is said right, or taken back.</summary>
    const string Correction = "corrected", Right = "right", Retracted = "retracted";

    /// <summary>The file of a letter: its digest is taken, and nothing of it is kept.</summary>
    public const string LetterFile = "letter_file";

    /// <summary>Of a detail, by its key: as a door names it.</summary>
    static string DetailField(string key) => $"particulars.details.{key}";

    /// <summary>Texts of days: what the protos call YYYY-MM-DD.</summary>
    static readonly string[] Days = ["on", "until", "travel_on", "next_due", "identified_on"];

    Words Words => screen.Words;

    public string Statement => action.Statement;

    /// <summary>What would become of it, by the code that it is made with.</summary>
    public IReadOnlyList<Offer> Offers { get; } = [.. referral.Offers.Where(offer => offer.Statement == action.Statement && (said is null || offer.Answers == said.Entry))];

    /// <summary>Of a correction, the entry that is put right; null for any other statement.</summary>
    public Said? Said => said;

    /// <summary>It names a letter by its digest: the file of the letter can be chosen.</summary>
    public bool TakesLetter => action.Method.InputType == ContinueOnPaperRequest.Descriptor;

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
        var stated = said is not null ? Corrections(said) : action.Stated is { } field ? Inside(field.MessageType, field.Name, action.Statement) : [];
        Fields =
        [
            .. stated,
            .. Details.Select(Detail),
            .. TakesLetter ? OnPaper() : [],
            .. FreeText.Fields(Words),
            .. Contradicts ? [new FormField(Contradiction, FieldKind.Note, Words["It does not fit what is known so far. Why do you say it all the same?"], Words["Both countries will have to resolve the contradiction."], IsRequired: true)] : Array.Empty<FormField>(),
        ];
        Seldom =
        [
            .. said is null ? [new FormField(HappenedOn, FieldKind.Day, Words["The day it happened, if not today"])] : Array.Empty<FormField>(),
            .. TakesLetter ? [] : (FormField[])[new FormField(ChannelField, FieldKind.Choice, Words["How it came to your office, if not by this system"], Choices: Codes(Channels))],
            .. referral.Opened?.Basis is Basis.RiskToLife ? [new FormField(Alone, FieldKind.Flag, Words["Nobody else is on duty: write it at once. A second person looks at it within 24 hours."])] : Array.Empty<FormField>(),
        ];
        return isAnew ? said is null ? Usual(entered) : AsSaid(entered, said) : entered;
    }

    /// <summary>A correction begins with what was said.</summary>
    Entered AsSaid(Entered entered, Said said)
    {
        var filling = new Filling(screen.Country, Words.Language.WritesBuddhistEra);
        foreach (var field in Fields.Where(field => field.Describes is not null && field.Name.StartsWith($"{Correction}.", StringComparison.Ordinal)))
            entered = filling.From(entered, field, said.Body, field.Name.Split('.').AsSpan()[2..]);
        if (said.Body is UnitAssigned { Office: { } office } && ReplacedBy(said) is { } replaced) entered = entered.With($"{Correction}.{replaced.Name}.office", NameOf(office));
        foreach (var (key, value) in said.Details)
            entered = Days.Contains(key) && DateOnly.TryParseExact(value, "yyyy-MM-dd", out var day) ? entered.With(DetailField(key), EnteredDay.Of(day, Words.Language.WritesBuddhistEra)) : entered.With(DetailField(key), value);
        if (DateOnly.TryParseExact(said.HappenedOn, "yyyy-MM-dd", out var on)) entered = entered.With(HappenedOn, EnteredDay.Of(on, Words.Language.WritesBuddhistEra));
        return FreeText.Usual(entered.With(Correction, Right), Words);
    }

    /// <summary>What a correction says in place of what was said, as the protos have it; null where it can only be taken back.</summary>
    static FieldDescriptor? ReplacedBy(Said said) => Corrected.Descriptor.Oneofs.Single().Fields.FirstOrDefault(field => field.MessageType == said.Body.Descriptor);

    IEnumerable<FormField> Corrections(Said said) =>
    [
        new FormField(Correction, FieldKind.Choice, Words["What is to be done with it"], Choices:
        [
            .. ReplacedBy(said) is null ? [] : (Choice[])[new(Right, Words["Say it right"], Words["What stands below takes the place of what was said."])],
            new(Retracted, Words["Take it back"], Words["It never happened. Nothing else of this form is needed."]),
        ], IsRequired: true),
        new FormField(HappenedOn, FieldKind.Day, Words["The day it really happened"], IsRequired: true),
        .. ReplacedBy(said) is { } replaced ? Inside(replaced.MessageType, $"{Correction}.{replaced.Name}", said.Statement) : [],
    ];

    IEnumerable<FormField> OnPaper() =>
    [
        new FormField(ChannelField, FieldKind.Choice, Words["How the letter goes"], Choices: [.. Codes(Channels).Where(choice => choice.Code != "CHANNEL_NODE")], IsRequired: true),
        new FormField(LetterField, FieldKind.Text, Words["Digest of the letter (SHA-256)"], Words["64 digits from 0 to 9 and a to f. Choose the scanned letter below instead, and it is reckoned here; the letter itself is not kept."]),
    ];

    /// <summary>Of a correction, the details that belong to what is put right.</summary>
    IReadOnlyList<string> Details => said is null ? action.Details : Action.Find(said.Statement)?.Details ?? [];

    static EnumDescriptor Channels => Command.Descriptor.FindFieldByName("channel").EnumType;

    Entered Usual(Entered entered)
    {
        var today = EnteredDay.Of(screen.Today, Words.Language.WritesBuddhistEra);
        entered = entered.With("wish_recorded.on", today).With("child_safeguard_recorded.on", today).With("withdrawn", "everything");
        if (referral.Debts.Where(debt => debt.Clock is Clock.FollowUp).Select(debt => debt.Number).DefaultIfEmpty().Min() is var number and > 0) entered = entered.With("follow_up_reported.number", number.ToString());
        if (referral.Consent is { } consent)
            entered = entered.With("consent_recorded.consent.purposes", [.. consent.Purposes.Select(purpose => NameOf(Purposes, (int)purpose))]).With("consent_recorded.consent.recipients", [.. consent.Recipients]);
        if (referral.Plan?.MeetingPoint is { Length: > 0 } place)
            foreach (var seen in (string[])["accompanied", "did_not_travel", "met", "not_arrived"]) entered = entered.With($"{seen}.place", place);
        return FreeText.Usual(entered, Words);
    }

    /// <summary>The request, as far as it was filled in, and what is wrong with it.</summary>
    public (IMessage Request, Faults Faults) Read(Entered entered)
    {
        var reading = new Reading(entered, screen.Country, Words);
        var request = action.Method.InputType.Parser.ParseFrom(ByteString.Empty);
        if (action.Stated is { } stated) stated.Accessor.SetValue(request, stated.MessageType.Parser.ParseFrom(ByteString.Empty));
        // What is taken back is not said.
        var isTakenBack = said is not null && entered.Text(Correction) == Retracted;
        foreach (var field in Fields.Where(field => !isTakenBack || !field.Name.StartsWith($"{Correction}.", StringComparison.Ordinal))) reading.Into(request, field);

        var particulars = new Particulars();
        foreach (var key in isTakenBack ? [] : Details)
            if ((Days.Contains(key) ? reading.Day(DetailField(key)) : entered.Lines(DetailField(key))) is { Length: > 0 } told) particulars.Details[key] = told;
        FreeText.Into(particulars, entered, isWritten: entered.Lines(Contradiction).Length > 0 || particulars.Details.Keys.Any(key => !Days.Contains(key) && Vocabulary.DetailCodes(key, Words).Count == 0));
        var command = new Command
        {
            CommandId = entered.Text("command_id"),
            HappenedOn = reading.Day(HappenedOn),
            ContradictionReason = entered.Lines(Contradiction),
            NobodyElseOnDuty = entered.Flag(Alone),
            Channel = entered.Text(ChannelField) is { Length: > 0 } channel && Channels.FindValueByName(channel) is { } code ? (Contracts.Directory.V1.Channel)code.Number : default,
            Answers = said?.Entry ?? (Offers is [var first, ..] ? first.Answers : ByteString.Empty),
            Letter = TakesLetter ? Letter(entered, reading) : ByteString.Empty,
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
            case AssignUnitRequest { UnitAssigned: { } assigned }: assigned.Office = Chosen(entered, "unit_assigned.office", reading); break;
            case CorrectRequest correction: correction.Corrected = PutRight(correction.Corrected, entered, reading); break;
            case WithdrawConsentRequest withdrawal:
                if (entered.Text("withdrawn") == "part") withdrawal.Withdrawn = new() { Part = Part(entered) };
                else if (entered.Text("withdrawn") == "everything") withdrawal.Withdrawn = new() { Everything = new() };
                else reading.Fault("withdrawn", Words["Choose how much the person takes back."]);
                break;
        }
    }

    /// <summary>What a correction states: what was filled in, with the tokens of what was said, or that it is taken back.</summary>
    Corrected PutRight(Corrected filled, Entered entered, Reading reading)
    {
        if (entered.Text(Correction) == Retracted) return new() { Retracted = new() };
        if (entered.Text(Correction) != Right || said is null || ReplacedBy(said) is not { } replaced)
        {
            reading.Fault(Correction, Words["Choose whether it is said right or taken back."]);
            return filled;
        }
        // What has no field that people fill in is said all the same.
        if (filled.CorrectionCase is Corrected.CorrectionOneofCase.None) replaced.Accessor.SetValue(filled, replaced.MessageType.Parser.ParseFrom(ByteString.Empty));
        var right = (IMessage)replaced.Accessor.GetValue(filled);
        foreach (var token in replaced.MessageType.Fields.InDeclarationOrder().Where(field => field.FieldType is FieldType.Bytes)) token.Accessor.SetValue(right, token.Accessor.GetValue(said.Body));
        if (right is UnitAssigned assigned) assigned.Office = Chosen(entered, $"{Correction}.{replaced.Name}.office", reading);
        return filled;
    }

    Office? Chosen(Entered entered, string field, Reading reading)
    {
        if (offices.FirstOrDefault(office => NameOf(office) == entered.Text(field)) is { } chosen) return chosen;
        reading.Fault(field, Words["Choose the office that has it from now on."]);
        return null;
    }

    ByteString Letter(Entered entered, Reading reading)
    {
        var digits = entered.Text(LetterField).Replace(" ", "", StringComparison.Ordinal);
        if (digits.Length == 64 && digits.All(char.IsAsciiHexDigit)) return ByteString.CopyFrom(Convert.FromHexString(digits));
        reading.Fault(LetterField, Words["Choose the file of the letter, or type the 64 digits of its digest."]);
        return ByteString.Empty;
    }

    static string NameOf(Office office) => $"{Domain.Dossiers.Office.NameOf((Domain.Dossiers.Role)office.Role)}@{office.Unit}";

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
            if (field.FieldType is FieldType.Bytes) return [];
            if (field.FieldType is FieldType.Message && field.MessageType == Contracts.Directory.V1.Office.Descriptor)
                return [new FormField(at, FieldKind.Choice, Vocabulary.Field(called, Words).Label, Choices: [.. offices.Select(office => new Choice(NameOf(office), Spoken.Office(office, Words)))], IsRequired: true)];
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
            DetailField(key), Days.Contains(key) ? FieldKind.Day : codes.Count > 0 ? FieldKind.Choice : FieldKind.Text, Vocabulary.Detail(key, Words),
            Choices: [.. codes.Select(code => new Choice(code.Code, code.Label))]);
    }
}

/// <summary>What an own entry says, to be put right.</summary>
/// <param name="Entry">Its hash.</param>
/// <param name="Statement">Its name in the protocol.</param>
/// <param name="Body">What it says by now: as it was said, or as it was put right last.</param>
/// <param name="HappenedOn">On which day, likewise.</param>
/// <param name="Details">What was told beside it, as far as it can be read.</param>
public sealed record Said(ByteString Entry, string Statement, IMessage Body, string HappenedOn, IEnumerable<KeyValuePair<string, string>> Details);
