using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf.Reflection;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord transfer …</c>: what lies in an office for whoever comes.</summary>
static class TransferCommands
{
    public static Command Create() => new("transfer", "People move on and the office stays: a note and the signed list of what is open, left for whoever comes.") { Show(), Leave(), TakeOver() };

    static Command Show()
    {
        var command = new Command("show", ProtoComments.Of(Method("GetTransfer")));
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var lies = await Client(connection).GetTransferAsync(new(), connection.Options(cancellationToken));
            var table = lies.Transfer is { } signed ? Told(signed) : Printing.Rows();
            if (lies.Transfer is null) Printing.Row(table, "Office", "Nothing lies in it.");
            else Printing.Row(table, "Taken over", lies.TakenBy.Length > 0 ? $"by {Words.InOneLine(lies.TakenBy)} at {Printing.At(lies.TakenAt)}" : "not yet: coord transfer take-over");
            return new Output(Plain.Of(lies), table);
        });
        return command;
    }

    static Command Leave()
    {
        var command = new Command("leave", ProtoComments.Of(Method("LeaveTransfer")));
        var fields = FieldOptions.AddTo(command, LeaveTransferRequest.Descriptor, "replaces");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (LeaveTransferRequest)Calling.Parse(fields.Read(parsed), LeaveTransferRequest.Descriptor);
            request.Replaces = (await Client(connection).GetTransferAsync(new(), connection.Options(cancellationToken))).TransferId;
            var left = await Client(connection).LeaveTransferAsync(request, connection.Options(cancellationToken));
            return new Output(Plain.Of(left), Told(left.Transfer));
        });
        return command;
    }

    static Command TakeOver()
    {
        var command = new Command("take-over", $"{ProtoComments.Of(Method("TakeOver"))} It takes over what coord transfer show prints.");
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var lies = await Client(connection).GetTransferAsync(new(), connection.Options(cancellationToken));
            if (lies.Transfer is null) throw new UsageException("Nothing lies in the office to take over.");
            var taken = await Client(connection).TakeOverAsync(new() { TransferId = lies.TransferId }, connection.Options(cancellationToken));
            var table = Printing.Rows();
            Printing.Row(table, "Taken over", $"by {Words.InOneLine(taken.TakenBy)} at {Printing.At(taken.TakenAt)}");
            return new Output(Plain.Of(taken), table);
        });
        return command;
    }

    static Table Told(SignedTransfer signed)
    {
        var transfer = Transfer.Parser.ParseFrom(signed.Transfer);
        var table = Printing.Rows();
        Printing.Row(table, "Left", $"by {Words.InOneLine(transfer.LeftBy)}, {OfficeName.Of(transfer.Office)}, at {Printing.At(transfer.LeftAt)}; signed with {signed.KeyId}");
        if (transfer.Note.Length > 0) Printing.Row(table, "Note", transfer.Note);
        foreach (var matter in transfer.Matters)
            Printing.Row(table, "Open", $"{Printing.Short(matter.DossierId)} with {matter.Country}: {matter.Type}, {matter.State}{(matter.Owed == default ? "" : $"; owes {matter.Owed}{(matter.DueAt is null ? "" : $" by {Printing.At(matter.DueAt)}")}")}");
        if (transfer.Matters.Count == 0) Printing.Row(table, "Open", "Nothing.");
        if (transfer.More) Printing.Row(table, "Open", "There was more than the list holds: coord referral list --whose Mine has it all.");
        return table;
    }

    static MethodDescriptor Method(string name) => TransferService.Descriptor.FindMethodByName(name);

    static TransferService.TransferServiceClient Client(Connection connection) => new(connection.Channel);
}
