using System.CommandLine;
using Coordination.Contracts;
using Coordination.Contracts.Directory.V1;
using Google.Protobuf.Reflection;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord account …</c>: who signs in at the node's console, and for which offices.</summary>
static class AccountCommands
{
    public static Command Create() => new("account", "The people who work at the node's console: list, invite, grant an office, end a grant.") { List(), Invite(), Grant(), EndGrant() };

    static Command List()
    {
        var command = new Command("list", ProtoComments.Of(Method("ListPeople")));
        command.SetCall(async (_, connection, _, cancellationToken) =>
        {
            var listed = await Client(connection).ListPeopleAsync(new(), connection.Options(cancellationToken));
            var table = Printing.Rows();
            foreach (var person in listed.People)
            {
                Printing.Row(table, person.Name, person.Locked ? "locked after too many wrong attempts" : person.Ready ? "can sign in" : "invited, has not come yet", person.Locked ? "red" : "default");
                foreach (var grant in person.Grants) Printing.Row(table, "", Told(grant));
            }
            if (listed.People.Count == 0) Printing.Row(table, "People", "Nobody has an account: coord account invite makes one.");
            return new Output(Plain.Of(listed), table);
        });
        return command;
    }

    static Command Invite()
    {
        var name = Name(InviteRequest.Descriptor);
        var command = new Command("invite", ProtoComments.Of(Method("Invite"))) { name };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var invited = await Client(connection).InviteAsync(new() { Name = parsed.GetValue(name)! }, connection.Options(cancellationToken));
            var table = Printing.Rows();
            Printing.Row(table, "Invited", parsed.GetValue(name)!);
            Printing.Row(table, "Page", invited.Path);
            Printing.Row(table, "Next", "Put the console's address before it, and hand it over in person, or by a way that nobody else reads: it counts once, for three days, for whoever has it.");
            return new Output(Plain.Of(invited), table);
        });
        return command;
    }

    static Command Grant()
    {
        var (name, office) = (Name(GrantOfficeRequest.Descriptor), new Argument<string>("office") { Description = "role@unit, one of the node's." });
        var command = new Command("grant", ProtoComments.Of(Method("GrantOffice"))) { name, office };
        var days = FieldOptions.AddTo(command, GrantOfficeRequest.Descriptor, "name", "office");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (GrantOfficeRequest)Calling.Parse(days.Read(parsed), GrantOfficeRequest.Descriptor);
            (request.Name, request.Office) = (parsed.GetValue(name)!, OfficeName.Parse(parsed.GetValue(office)!));
            var granted = (await Client(connection).GrantOfficeAsync(request, connection.Options(cancellationToken))).Grant;
            var table = Printing.Rows();
            Printing.Row(table, request.Name, Told(granted));
            return new Output(Plain.Of(granted), table);
        });
        return command;
    }

    static Command EndGrant()
    {
        var id = new Argument<string>("grant-id") { Description = "As coord account list prints it." };
        var command = new Command("end-grant", ProtoComments.Of(Method("EndGrant"))) { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var ended = await Client(connection).EndGrantAsync(new() { GrantId = parsed.GetValue(id)! }, connection.Options(cancellationToken));
            var table = Printing.Rows();
            Printing.Row(table, "Done", "The grant has ended, and open sessions lose the office with their next request.");
            return new Output(Plain.Of(ended), table);
        });
        return command;
    }

    static string Told(Grant grant) =>
        $"{OfficeName.Of(grant.Office)} from {grant.From} until {grant.Until}{(grant.Ended ? ", ended" : grant.InForce ? "" : ", not today")}; grant {grant.GrantId}";

    static Argument<string> Name(MessageDescriptor request) => new("name") { Description = ProtoComments.Of(request.FindFieldByName("name")) };

    static MethodDescriptor Method(string name) => AccountService.Descriptor.FindMethodByName(name);

    static AccountService.AccountServiceClient Client(Connection connection) => new(connection.Channel);
}
