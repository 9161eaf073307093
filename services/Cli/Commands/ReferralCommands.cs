using System.CommandLine;
using Coordination.Contracts;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Spectre.Console;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord referral …</c></summary>
static class ReferralCommands
{
    public static Command Create()
    {
        var referral = new Command("referral", "Referrals of persons between two countries.") { Show(), List(), Notices(), Watch(), FindLinked(), OpenCaseFile(), AttachmentCommands.Attach(), AttachmentCommands.Open(), ImportCommand.Create() };
        foreach (var statement in StatementCommands.Of(ReferralService.Descriptor)) referral.Subcommands.Add(statement);
        return referral;
    }

    static Command Show()
    {
        var id = Calling.DossierIdArgument();
        var command = new Command("show", "Shows a referral as it stands at this node, what is owed, and what is open to the office.") { id };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
            Printing.Referral((await Client(connection).GetAsync(new() { DossierId = await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken) }, connection.Options(cancellationToken))).Referral));
        return command;
    }

    static Command List()
    {
        var due = new Option<bool>("--due") { Description = "What is owed, by whom and by when, what is due first; --whose says by or to whom." };
        var command = new Command("list", $"{ProtoComments.Of(Method("List"))} The rest of a long list: --page-token.") { due };
        var filters = FieldOptions.AddTo(command, ListRequest.Descriptor);
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = filters.Read(parsed);
            if (parsed.GetValue(due))
            {
                var debts = (ListDueResponse)await connection.CallAsync(Method("ListDue"), Calling.Parse(request, ListDueRequest.Descriptor), cancellationToken);
                var owed = new Table().AddColumn(Printing.Ids("Dossier")).AddColumns("With", "Owed");
                foreach (var row in debts.Rows) owed.AddRow(new Text(Printing.Short(row.DossierId)), new Text(row.Country), new Text(Printing.Owed(row.Debt), Style.Parse(row.Debt.Late ? "red" : "default")));
                return new Output(Plain.Of(debts), Printing.More(owed, debts.NextPageToken));
            }
            var list = (ListResponse)await connection.CallAsync(Method("List"), Calling.Parse(request, ListRequest.Descriptor), cancellationToken);
            return new Output(Plain.Of(list), Printing.More(Printing.List(list.Referrals), list.NextPageToken));
        });
        return command;
    }

    static Command FindLinked()
    {
        var command = new Command("find-linked", ProtoComments.Of(Method("FindLinked")));
        var fields = FieldOptions.AddTo(command, FindLinkedRequest.Descriptor);
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var found = (FindLinkedResponse)await connection.CallAsync(Method("FindLinked"), Calling.Parse(fields.Read(parsed), FindLinkedRequest.Descriptor), cancellationToken);
            var table = new Table().AddColumns("Person", "Ask");
            if (found.Persons.Count == 0) table.AddRow("Nobody is known here behind this token", "");
            foreach (var person in found.Persons) table.AddRow(new Text(person.Open ? "worked with" : "no longer worked with"), new Text(person.Office is null ? "the focal point" : OfficeName.Of(person.Office)));
            return new Output(Plain.Of(found), table);
        });
        return command;
    }

    static Command OpenCaseFile()
    {
        var id = Calling.DossierIdArgument();
        id.Arity = ArgumentArity.ZeroOrOne;
        var command = new Command("open-case-file", ProtoComments.Of(Method("OpenCaseFile"))) { id };
        var fields = FieldOptions.AddTo(command, OpenCaseFileRequest.Descriptor, "dossier_id");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var request = (OpenCaseFileRequest)Calling.Parse(fields.Read(parsed), OpenCaseFileRequest.Descriptor);
            if (parsed.GetValue(id) is { } dossier) request.DossierId = await connection.FindDossierAsync(dossier, cancellationToken);
            var opened = (OpenCaseFileResponse)await connection.CallAsync(Method("OpenCaseFile"), request, cancellationToken);
            var table = Printing.Rows();
            Printing.Row(table, "Released by", opened.Version > 0 ? $"{opened.By}, version {opened.Version}; entry {Printing.Short(opened.Release)}" : $"{opened.By}; a second person has not said yet whether it is right");
            foreach (var (name, words) in Plain.Said(opened.CaseFile)) Printing.Row(table, Words.Capital(Words.Apart(name)), words);
            return new Output(Plain.Of(opened), table);
        });
        return command;
    }

    static Command Notices()
    {
        var command = new Command("notices", ProtoComments.Of(Method("ListNotices")));
        var pages = FieldOptions.AddTo(command, ListNoticesRequest.Descriptor);
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var told = (ListNoticesResponse)await connection.CallAsync(Method("ListNotices"), Calling.Parse(pages.Read(parsed), ListNoticesRequest.Descriptor), cancellationToken);
            var table = new Table().AddColumn("At").AddColumn(Printing.Ids("Dossier")).AddColumns("What", "To");
            foreach (var notice in told.Notices)
                table.AddRow(new Text(Printing.At(notice.At)), new Text(Printing.DossierOf(notice.DossierId)), new Text(Printing.Told(notice)), new Text(notice.Office));
            return new Output(Plain.Of(told), Printing.More(table, told.NextPageToken));
        });
        return command;
    }

    static Command Watch()
    {
        var cursor = new Option<string?>("--cursor") { Description = "Of the last change that was seen, to go on after it; 0 for everything from the beginning. Default: from now on." };
        var command = new Command("watch", "Prints every change of every referral as it comes, until Ctrl-C. Each line ends with the cursor to go on from; where it began is said beside them, on standard error. A stream that breaks is resumed.") { cursor };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var place = parsed.GetValue(cursor) ?? "";
            while (true)
            {
                try
                {
                    using var watched = Client(connection).Watch(new() { Cursor = place }, connection.StreamOptions(cancellationToken));
                    // Where nothing has come yet, the stream says itself where it began.
                    place = (await watched.ResponseHeadersAsync).GetValue("coordination-cursor") ?? place;
                    Console.Error.WriteLine($"Watching after cursor {place}.");
                    while (await watched.ResponseStream.MoveNext(cancellationToken))
                    {
                        var change = watched.ResponseStream.Current;
                        place = change.Cursor;
                        Console.WriteLine(parsed.WantsJson()
                            ? Plain.Of(change).ToJsonString()
                            : $"{Printing.Hex(change.DossierId)}  {change.Author} {(change.Statement.Length > 0 ? change.Statement : "not understood")}  now {change.State}  {change.Cursor}");
                    }
                }
                catch (Exception) when (cancellationToken.IsCancellationRequested)
                {
                    return ExitCode.Done;
                }
                catch (RpcException broken) when (Calling.MayBeTriedAgain(broken))
                {
                    Console.Error.WriteLine($"{Calling.Sentence(broken)} Resuming.");
                    await Task.Delay(Patience, CancellationToken.None);
                }
            }
        });
        return command;
    }

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    static ReferralService.ReferralServiceClient Client(Connection connection) => new(connection.Channel);

    static MethodDescriptor Method(string name) => ReferralService.Descriptor.FindMethodByName(name);
}
