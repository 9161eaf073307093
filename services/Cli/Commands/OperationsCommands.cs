using System.CommandLine;
using Coordination.Contracts;
using Coordination.Contracts.Dossier.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord operations …</c>: whether the node does its work.</summary>
static class OperationsCommands
{
    const int IdDigits = 64;

    public static Command Create() => new("operations", "Whether the node does its work: what it carries, lacks and turned away, and what runs out.") { Show(), Resend(), Discard() };

    static Command Show()
    {
        var command = new Command("show", ProtoComments.Of(Method("GetOperations")));
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var now = await Client(connection).GetOperationsAsync(new(), connection.Options(cancellationToken));
            var table = Printing.Rows();
            foreach (var peer in now.Peers) Printing.Row(table, peer.Node, Told(peer), Colour(peer.Good));
            foreach (var stopped in now.Stopped) Printing.Row(table, "Not taken", $"by {stopped.Node} since {Printing.At(stopped.Since)}: {stopped.Reason}; coord operations resend {Printing.Hex(stopped.DossierId)}", "red");
            foreach (var gap in now.Gaps) Printing.Row(table, "Missing here", $"since {Printing.At(gap.Since)}, asked for {gap.Tries} times from {string.Join(", ", gap.Asked)}; coord operations resend {Printing.Hex(gap.DossierId)}", "red");
            foreach (var turned in now.TurnedAway) Printing.Row(table, "Turned away", $"from {turned.Node} at {Printing.At(turned.At)}: {turned.Reason}; coord operations discard {turned.TurnedAwayId}", "red");
            foreach (var expiry in now.Expiries) Printing.Row(table, "Runs out", $"{Words.Apart(expiry.Kind.ToString())} {expiry.Node}: {Printing.At(expiry.At)}", Colour(expiry.Good));
            return new Output(Plain.Of(now), table);
        });
        return command;
    }

    static Command Resend()
    {
        var id = new Argument<string>("id") { Description = $"The dossier's id, {IdDigits} hexadecimal digits, as coord operations show prints it." };
        var command = new Command("resend", ProtoComments.Of(Method("Resend"))) { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var digits = parsed.GetValue(id)!;
            if (digits.Length != IdDigits || !digits.All(char.IsAsciiHexDigit)) throw new UsageException($"A dossier is named here by all {IdDigits} hexadecimal digits of its id, as coord operations show prints them.");
            var done = await Client(connection).ResendAsync(new() { DossierId = ByteString.CopyFrom(Convert.FromHexString(digits)) }, connection.Options(cancellationToken));
            return Done(done, "It is being offered, and asked for.");
        });
        return command;
    }

    static Command Discard()
    {
        var id = new Argument<string>("turned-away-id") { Description = "As coord operations show prints it." };
        var command = new Command("discard", ProtoComments.Of(Method("Discard"))) { id };
        var fields = FieldOptions.AddTo(command, DiscardRequest.Descriptor, "turned_away_id");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (DiscardRequest)Calling.Parse(fields.Read(parsed), DiscardRequest.Descriptor);
            request.TurnedAwayId = parsed.GetValue(id)!;
            return Done(await Client(connection).DiscardAsync(request, connection.Options(cancellationToken)), "It is put aside, and kept.");
        });
        return command;
    }

    static string Told(Peer peer) => string.Join("; ",
    [
        peer.LostSince is { } since ? $"gives no answer since {Printing.At(since)}: {Words.InOneLine(peer.LostBecause)}" : peer.ComparedAt is { } compared ? $"answers, compared at {Printing.At(compared)}" : "not asked yet",
        peer.Waiting == 0 ? "nothing waits for it" : $"dossiers that wait for it: {peer.Waiting}, the oldest since {Printing.At(peer.OldestSince)}",
        .. peer.CatchingUp ? ["what this node had written is being fetched from it"] : Array.Empty<string>(),
    ]);

    static string Colour(bool good) => good ? "green" : "red";

    static Output Done(IMessage done, string says)
    {
        var table = Printing.Rows();
        Printing.Row(table, "Done", says);
        return new Output(Plain.Of(done), table);
    }

    static MethodDescriptor Method(string name) => OperationsService.Descriptor.FindMethodByName(name);

    static OperationsService.OperationsServiceClient Client(Connection connection) => new(connection.Channel);
}
