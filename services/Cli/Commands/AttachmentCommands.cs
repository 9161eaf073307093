using System.CommandLine;
using Coordination.Contracts;
using Coordination.Contracts.Referral.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Command = System.CommandLine.Command;

namespace Coordination.Cli.Commands;

/// <summary><c>coord referral attach</c> and <c>open-attachment</c>: what goes with a case file.</summary>
static class AttachmentCommands
{
    const int PieceBytes = 256 * 1024;

    /// <summary>As long as a node lets it take.</summary>
    static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    public static Command Attach()
    {
        var id = Calling.DossierIdArgument();
        var file = new Argument<string>("file") { Description = "PDF, JPEG, PNG, TIFF, WebP, HEIC, MP4, M4A, MP3 or WAV; at most 25 MiB." };
        var command = new Command("attach", ProtoComments.Of(Method("AddAttachment"))) { id, file };
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            using var stream = Files.Open(parsed.GetValue(file)!);
            var dossier = await connection.FindDossierAsync(parsed.GetValue(id)!, cancellationToken);
            using var call = Client(connection).AddAttachment(Options(connection, cancellationToken));
            try
            {
                await call.RequestStream.WriteAsync(new() { DossierId = dossier }, cancellationToken);
                var piece = new byte[PieceBytes];
                for (int read; (read = await stream.ReadAtLeastAsync(piece, PieceBytes, throwOnEndOfStream: false, cancellationToken)) > 0;)
                    await call.RequestStream.WriteAsync(new() { Data = ByteString.CopyFrom(piece, 0, read) }, cancellationToken);
                await call.RequestStream.CompleteAsync();
            }
            catch (Exception refused) when (refused is RpcException or InvalidOperationException && !cancellationToken.IsCancellationRequested)
            {
                // The node has answered before it was sent all: its answer says why.
            }
            var added = (await call.ResponseAsync).Attachment;
            var table = Printing.Rows();
            Printing.Row(table, "Attachment", added.AttachmentId);
            Printing.Row(table, "Type", added.Type);
            Printing.Row(table, "Bytes", $"{added.Size}");
            Printing.Row(table, "SHA-256", Printing.Hex(added.Sha256));
            return new Output(Plain.Of(added), table);
        });
        return command;
    }

    public static Command Open()
    {
        var id = Calling.DossierIdArgument();
        id.Arity = ArgumentArity.ZeroOrOne;
        var output = new Option<string>("--output", "-o") { Description = "The file to write, which only you can read.", Required = true, HelpName = "file" };
        var command = new Command("open-attachment", ProtoComments.Of(Method("OpenAttachment"))) { id, output, Files.Force };
        var fields = FieldOptions.AddTo(command, OpenAttachmentRequest.Descriptor, "dossier_id");
        command.SetCall(async (parsed, connection, _, cancellationToken) =>
        {
            var (file, force) = (parsed.GetValue(output)!, parsed.GetValue(Files.Force));
            Files.MustBeFree(file, force);
            var request = (OpenAttachmentRequest)Calling.Parse(fields.Read(parsed), OpenAttachmentRequest.Descriptor);
            if (parsed.GetValue(id) is { } dossier) request.DossierId = await connection.FindDossierAsync(dossier, cancellationToken);
            using var call = Client(connection).OpenAttachment(request, Options(connection, cancellationToken));
            var about = await call.ResponseStream.MoveNext(cancellationToken) ? call.ResponseStream.Current.Attachment : null;
            if (about is null) throw new UsageException("The node answered nothing.");
            await Files.WriteAsync(file, force, async stream =>
            {
                while (await call.ResponseStream.MoveNext(cancellationToken)) await stream.WriteAsync(call.ResponseStream.Current.Data.Memory, cancellationToken);
            });
            var table = Printing.Rows();
            Printing.Row(table, "Attachment", file);
            Printing.Row(table, "Name", about.Name);
            Printing.Row(table, "Type", about.Type);
            Printing.Row(table, "Bytes", $"{about.Size}");
            return new Output(Plain.Of(about), table);
        });
        return command;
    }

    static CallOptions Options(Connection connection, CancellationToken cancellationToken) =>
        connection.StreamOptions(cancellationToken).WithDeadline(TimeProvider.System.GetUtcNow().UtcDateTime + Longest);

    static AttachmentService.AttachmentServiceClient Client(Connection connection) => new(connection.Channel);

    static MethodDescriptor Method(string name) => AttachmentService.Descriptor.FindMethodByName(name);
}
