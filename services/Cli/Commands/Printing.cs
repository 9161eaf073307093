using System.Text.Json.Nodes;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Spectre.Console;

namespace Coordination.Cli.Commands;

/// <summary>What a command prints.</summary>
/// <param name="Json">For machines.</param>
/// <param name="Table">For people.</param>
sealed record Output(JsonNode Json, Table Table)
{
    /// <exception cref="UnprintableException">Standard output takes nothing.</exception>
    public void Print(bool asJson)
    {
        try
        {
            if (asJson) Console.WriteLine(Json.ToJsonString(Calling.Json));
            else AnsiConsole.Write(Table);
        }
        catch (IOException unwritable)
        {
            throw new UnprintableException(unwritable);
        }
    }
}

/// <summary>What came of a command cannot be printed, since the disk behind standard output is full or its reader has gone.</summary>
sealed class UnprintableException(IOException why) : Exception($"What came of it cannot be printed: {why.Message}", why);

/// <summary>Answers of the API as tables for people.</summary>
static class Printing
{
    /// <summary>What a command left: the referral as it stands now, or what waits for a second person.</summary>
    public static Output Written(IMessage response)
    {
        var fields = response.Descriptor.Fields;
        if (fields["awaiting_approval"].Accessor.GetValue(response) is not AwaitingApproval awaiting)
            return Referral((Referral)fields["referral"].Accessor.GetValue(response));
        var table = Rows();
        Row(table, "Submitted", "Awaits approval: nothing has left the node.");
        Row(table, "Submission", awaiting.SubmissionId);
        Row(table, "Next", $"An approver looks at it with coord submission list, and says coord submission approve {awaiting.SubmissionId}, or send-back.");
        return new Output(Plain.Of(response), table);
    }

    /// <summary>One referral as it stands at the node.</summary>
    public static Output Referral(Referral referral)
    {
        var table = Rows();
        Row(table, "Dossier", Hex(referral.DossierId));
        Row(table, "State", StateOf(referral), referral.ConsentWithdrawn ? "red" : "bold");
        Row(table, "From, to", $"{referral.Sender} → {referral.Receiver}; the person is in {referral.Stay}");
        if (referral.Opened is { } opened)
        {
            Row(table, "Type", $"{opened.Type}, {opened.Urgency}, {opened.Minority}");
            Row(table, "Reply by", opened.ReplyBy);
        }
        if (referral.EarlierDossierId.Length > 0) Row(table, "Earlier referral", Hex(referral.EarlierDossierId));
        if (referral.Consent is { } consent) Row(table, "Consent", consent.Recipients.Count == 0
            ? "No country may receive anything any more" : $"{string.Join(", ", consent.Purposes)}, for {string.Join(", ", consent.Recipients)}, until {consent.Until}");
        if (referral.ConsentWithdrawn) Row(table, "Consent", "withdrawn", "red");
        if (referral.Assessment is { } assessment) Row(table, "Assessment", $"{assessment.Finding}{(assessment.SafetyPlan ? ", with a safety plan" : "")}{(assessment.CareSuitable ? ", care is suitable" : "")}");
        if (referral.Wish is { } wish) Row(table, "Wish", wish.Wish.ToString());
        foreach (var safeguard in referral.Safeguards) Row(table, "Safeguard", $"{safeguard.Safeguard} on {safeguard.On}");
        foreach (var item in referral.Preparation) Row(table, "Preparation", $"{item.Item}: {item.Status}");
        if (referral.Plan is { } plan) Row(table, "Plan", $"travel on {plan.TravelOn}, meeting at {At(plan.MeetingAt)} at {plan.MeetingPoint}, planned by {plan.By}; --plan {Hex(plan.Plan_)}, entry {Short(plan.Entry)}");
        if (referral.Held) Row(table, "Held", $"the return waits until {referral.HeldUntil} at most", "yellow");
        foreach (var question in referral.Questions) Row(table, "Open question", $"{question.Statement} by {question.By}; entry {Short(question.Entry)}", "yellow");
        foreach (var doubt in referral.Doubts) Row(table, "Awaits a word", $"{doubt.Kind} from {string.Join(" and ", doubt.Owed)}; entry {Short(doubt.Entry)}", "yellow");
        foreach (var release in referral.Releases) Row(table, "Case file", $"released by {release.By}{(release.Received ? ", received" : "")}; entry {Short(release.Entry)}");
        foreach (var debt in referral.Debts) Row(table, "Owed", Owed(debt), debt.Late ? "red" : "default");
        foreach (var stop in referral.Stops) Row(table, "Not delivered", $"{stop.Peer} does not know what this node does: {stop.Reason}. A person has to look.", "red");
        if (referral.Waiting > 0) Row(table, "Waiting", $"{referral.Waiting} entries wait for something missing", "yellow");
        if (referral.UpgradeNeeded) Row(table, "Upgrade", "this node's program is too old for what the dossier holds", "red");
        var open = referral.Offers.Where(offer => offer.Open).Select(offer => offer.Answers.Length > 0 ? $"{offer.Statement} (answers {Short(offer.Answers)})" : offer.Statement).Distinct().ToList();
        if (open.Count > 0) Row(table, "Open to you", string.Join(", ", open));
        Row(table, "Entries", string.Join(", ", referral.Chains.Select(chain => $"{chain.Author} {chain.Seq}")));
        return new Output(Plain.Of(referral), table);
    }

    /// <summary>Referrals, a line each.</summary>
    public static Table List(IEnumerable<Referral> referrals)
    {
        var table = new Table().AddColumn(Ids("Dossier")).AddColumns("State", "From, to", "Type", "Owed next");
        foreach (var referral in referrals)
            table.AddRow(
                new Text(Short(referral.DossierId)), new Text(StateOf(referral)), new Text($"{referral.Sender} → {referral.Receiver}"),
                new Text($"{referral.Opened?.Type}, {referral.Opened?.Urgency}"),
                new Text(referral.Debts.Where(debt => debt.DueAt is not null).MinBy(debt => debt.DueAt.ToDateTimeOffset()) is { } next ? Owed(next) : ""));
        return table;
    }

    /// <summary>What somebody owes, and by when.</summary>
    public static string Owed(Debt debt)
    {
        var what = debt.Number > 0 ? $"{debt.Clock} {debt.Number}" : debt.Clock.ToString();
        var when = debt.DueAt is null ? "its clock does not run yet" : $"due {At(debt.DueAt)}{(debt.HolidaysNotCounted ? ", holidays not counted" : "")}{(debt.Late ? ", LATE" : "")}";
        return $"{debt.Owes}: {what}, {when}{(debt.AwaitingSince is null ? "" : $", awaited since {At(debt.AwaitingSince)}")}";
    }

    /// <summary>What an office was told once.</summary>
    public static string Told(Notice notice) => notice.Kind switch
    {
        NoticeKind.Submitted => $"{notice.Statement} waits for a second person: submission {notice.SubmissionId}",
        NoticeKind.Waiting => $"{notice.Statement} has waited long for a second person: submission {notice.SubmissionId}",
        NoticeKind.SentBack => $"{notice.Statement} was sent back and is not written: submission {notice.SubmissionId}",
        _ => $"{notice.Kind} {notice.Round}: {notice.Owes} owes {notice.Clock}",
    };

    /// <summary>A dossier's id; what is not written yet may have none.</summary>
    public static string DossierOf(ByteString id) => id.IsEmpty ? "a new one" : Short(id);

    /// <summary>A column of ids or hashes, which nobody finds again in a broken line.</summary>
    public static TableColumn Ids(string heading) => new TableColumn(heading).NoWrap();

    public static Table Rows() => new Table().HideHeaders().AddColumns("", "");

    /// <summary>A list, with where it goes on.</summary>
    public static Table More(Table table, string token) => token.Length > 0 ? table.Caption($"More: --page-token {token}") : table;

    public static void Row(Table table, string name, string value, string style = "default") => table.AddRow(new Text(name), new Text(value, Style.Parse(style)));

    public static string Hex(ByteString bytes) => Convert.ToHexStringLower(bytes.Span);

    /// <summary>As much of an id or a hash as tells it from others, and as commands take it.</summary>
    public static string Short(ByteString hash) => Hex(hash)[..Math.Min(16, 2 * hash.Length)];

    /// <summary>An instant for people, in UTC.</summary>
    public static string At(Timestamp at) => $"{at.ToDateTimeOffset():yyyy-MM-dd HH:mm} UTC";

    static string StateOf(Referral referral) => referral.Outcome == default ? referral.State.ToString() : $"{referral.State}: {referral.Outcome}";
}
