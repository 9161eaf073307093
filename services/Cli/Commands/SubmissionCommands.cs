using System.CommandLine;
using System.Text.Json.Nodes;
using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf.Reflection;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord submission …</c>: the second person.</summary>
static class SubmissionCommands
{
    public static Command Create() => new("submission", "Statements that a second person approves before they leave. Any command that the country's policy wants approved is submitted by giving it.")
    {
        List(), Approve(), SendBack(), Delegate(),
    };

    static Command List()
    {
        var command = new Command("list", $"{ProtoComments.Of(Method("ListSubmissions"))} The rest of a long list: --page-token.");
        var pages = FieldOptions.AddTo(command, ListSubmissionsRequest.Descriptor);
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (ListSubmissionsRequest)Calling.Parse(pages.Read(parsed), ListSubmissionsRequest.Descriptor);
            var page = await Client(connection).ListSubmissionsAsync(request, connection.Options(cancellationToken));
            var table = Printing.Rows();
            foreach (var submission in page.Submissions) Add(table, submission);
            if (page.Submissions.Count == 0) Printing.Row(table, "Submissions", "None waits, and none was sent back.");
            var plain = Plain.Of(page);
            plain["submissions"] = new JsonArray([.. page.Submissions.Select(OfSubmission)]);
            return new Output(plain, Printing.More(table, page.NextPageToken));
        });
        return command;
    }

    /// <summary>All that whoever approves it answers for: what the entry would state, and what would be read beside it.</summary>
    static void Add(Table table, Submission submission)
    {
        if (table.Rows.Count > 0) table.AddEmptyRow();
        Printing.Row(table, "Submission", submission.SubmissionId, "bold");
        Printing.Row(table, "Dossier", Printing.DossierOf(submission.DossierId));
        Printing.Row(table, "By", $"{OfficeName.Of(submission.Office)}, {Printing.At(submission.SubmittedAt)}");
        var waits = submission.DueAt is { } due ? $"was written as {Printing.Short(submission.Written)} because nobody else was on duty; a second person says by {Printing.At(due)} whether that was right" : "waits";
        Printing.Row(table, "Stands", submission.SentBack ? $"sent back: {submission.SentBackReason}" : waits);
        var draft = Entry.Parser.ParseFrom(submission.Draft);
        Printing.Row(table, "Statement", $"{submission.Statement}, happened on {draft.HappenedOn}, by {draft.Channel}");
        foreach (var (name, value) in Telling.Facts(draft)) Printing.Row(table, name, value);
        if (draft.Answers.Length > 0) Printing.Row(table, "Answers", Printing.Short(draft.Answers));
        if (draft.OnBehalfOf.Length > 0) Printing.Row(table, "On behalf of", draft.OnBehalfOf);
        if (draft.Letter.Length > 0) Printing.Row(table, "Letter", Printing.Hex(draft.Letter));
        if (submission.Particulars is { } particulars) foreach (var (name, words) in Plain.Said(particulars)) Printing.Row(table, $"Beside it: {name}", words);
        if (submission.HasCaseFile) Printing.Row(table, "Case file", $"waits with it: coord referral open-case-file --submission-id {submission.SubmissionId} --reason Supervision --office approver");
        if (submission.ParticularsMissing.Length > 0) Printing.Row(table, "Beside it", $"cannot be read, and is not approved unread: {submission.ParticularsMissing}", "red");
    }

    /// <summary>The draft as what it states, instead of its bytes.</summary>
    static JsonObject OfSubmission(Submission submission)
    {
        var plain = Plain.Of(submission);
        plain["draft"] = Plain.Of(Entry.Parser.ParseFrom(submission.Draft));
        return plain;
    }

    static Command Approve()
    {
        var id = Id();
        var command = new Command("approve", ProtoComments.Of(Method("Approve"))) { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
            Printing.Referral((await Client(connection).ApproveAsync(new() { SubmissionId = parsed.GetValue(id)! }, connection.Options(cancellationToken))).Referral));
        return command;
    }

    static Command SendBack()
    {
        var id = Id();
        var reason = new Option<string>("--reason") { Description = "Why, for the office that submitted it: a file, or - for standard input.", HelpName = "file", Required = true };
        var command = new Command("send-back", ProtoComments.Of(Method("SendBack"))) { id, reason };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            await Client(connection).SendBackAsync(new() { SubmissionId = parsed.GetValue(id)!, Reason = Files.ReadText(parsed.GetValue(reason)!) }, connection.Options(cancellationToken));
            return Done("Sent back", parsed.GetValue(id)!);
        });
        return command;
    }

    static Command Delegate()
    {
        var to = new Option<string>("--to") { Description = ProtoComments.Of(DelegateRequest.Descriptor.FindFieldByName("to")), HelpName = "role@unit", Required = true };
        var command = new Command("delegate", ProtoComments.Of(Method("Delegate"))) { to };
        var fields = FieldOptions.AddTo(command, DelegateRequest.Descriptor, "to");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (DelegateRequest)Calling.Parse(fields.Read(parsed), DelegateRequest.Descriptor);
            request.To = OfficeName.Parse(parsed.GetValue(to)!);
            await Client(connection).DelegateAsync(request, connection.Options(cancellationToken));
            return Done("Delegated to", parsed.GetValue(to)!);
        });
        return command;
    }

    static Output Done(string what, string to)
    {
        var table = Printing.Rows();
        Printing.Row(table, what, to);
        return new Output(new JsonObject { ["done"] = true }, table);
    }

    static Argument<string> Id() => new("submission") { Description = "The submission's id, as coord submission list prints it." };

    static ApprovalService.ApprovalServiceClient Client(Connection connection) => new(connection.Channel);

    static MethodDescriptor Method(string name) => ApprovalService.Descriptor.FindMethodByName(name);
}
