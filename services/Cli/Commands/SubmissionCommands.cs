using System.CommandLine;
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
        var command = new Command("list", ProtoComments.Of(Method("ListSubmissions")));
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var waiting = await Client(connection).ListSubmissionsAsync(new(), connection.Options(cancellationToken));
            var table = new Table().AddColumns("Submission", "Statement", "Dossier", "By", "At", "Stands");
            foreach (var submission in waiting.Submissions)
                table.AddRow(
                    new Text(submission.SubmissionId), new Text(submission.Statement), new Text(submission.DossierId.Length > 0 ? Printing.Short(submission.DossierId) : "a new one"),
                    new Text(OfficeName.Of(submission.Office)), new Text(Printing.At(submission.SubmittedAt)),
                    new Text(submission.SentBack ? $"sent back: {submission.SentBackReason}" : "waits"));
            return new Output(Plain.Of(waiting), table);
        });
        return command;
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
        return new Output(new System.Text.Json.Nodes.JsonObject { ["done"] = true }, table);
    }

    static Argument<string> Id() => new("submission") { Description = "The submission's id, as coord submission list prints it." };

    static ApprovalService.ApprovalServiceClient Client(Connection connection) => new(connection.Channel);

    static MethodDescriptor Method(string name) => ApprovalService.Descriptor.FindMethodByName(name);
}
