using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Google.Protobuf;
using Grpc.Core;
using Channel = Coordination.Domain.Dossiers.Channel;
using Command = Coordination.CountryNode.Desks.Command;
using WireCommand = Coordination.Contracts.Directory.V1.Command;

namespace Coordination.CountryNode.Doors;

/// <summary>The way of every command: who asks, what exactly, then the desk.</summary>
public sealed class Commands(SubmissionDesk desk, Callers callers, ReferralView view, Pen pen, Outage outage)
{
    readonly byte[] _requestKey = pen.Key.Derive("coord/command/v1");

    /// <summary>Answers a command.</summary>
    /// <param name="request">As it came.</param>
    /// <param name="about">Its field <c>command</c>.</param>
    /// <param name="dossier">Its field <c>dossier_id</c>; null for an opening.</param>
    /// <param name="particulars">Its field <c>particulars</c>.</param>
    /// <param name="context">The call.</param>
    /// <param name="parser">Of the response: each has the referral as field 1, and what awaits approval as field 2.</param>
    /// <param name="read">Reads the statement, and notes what is wrong with it.</param>
    /// <param name="also">What else the request says; null for nothing.</param>
    public async Task<TResponse> DoAsync<TResponse>(
        IMessage request, WireCommand? about, ByteString? dossier, Particulars? particulars, ServerCallContext context,
        MessageParser<TResponse> parser, Func<FieldReader, Body> read, Func<Command, FieldReader, Command>? also = null) where TResponse : IMessage<TResponse>
    {
        var office = callers.Office(context);
        var person = callers.Person(context);
        var fields = new FieldReader();
        about ??= new();
        particulars ??= new();

        CheckId("command.command_id", about.CommandId, fields);
        fields.Text("command.contradiction_reason", about.ContradictionReason, ParticularsWire.MostText);
        if (about.ContradictionReason.Length > 0 && string.IsNullOrWhiteSpace(about.ContradictionReason)) fields.Fault("command.contradiction_reason", "says nothing: say why, or leave it empty");
        ParticularsWire.Check(particulars, opens: dossier is null, recordsConsent: request is RecordConsentRequest, fields);
        var bytes = request.ToByteArray();
        // A newer client may have asked for less than an older node would do.
        if (UnknownFields.AreIn(request, bytes))
            fields.Fault("request", "holds a field that this node does not know: send what its protos know, or have the node upgraded");
        var command = new Command(
            new CommandKey(office, about.CommandId), person, RequestHash(context.Method, bytes),
            dossier is null ? null : new DossierId(fields.Hash("dossier_id", dossier.Span)), read(fields))
        {
            HappenedOn = fields.OptionalDate("command.happened_on", about.HappenedOn),
            Channel = fields.OptionalCode<Channel>("command.channel", (int)about.Channel) ?? Channel.Node,
            Answers = fields.OptionalHash("command.answers", about.Answers.Span),
            OnBehalfOf = about.OnBehalfOf.Length == 0 ? null : fields.Country("command.on_behalf_of", about.OnBehalfOf),
            Letter = fields.OptionalDigest("command.letter", about.Letter.Span),
            ConfirmsContradiction = about.ContradictionReason.Length > 0,
            Alone = about.NobodyElseOnDuty,
            Particulars = Content(particulars, about.ContradictionReason),
        };
        if (also is not null) command = also(command, fields);
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();

        var outcome = await Errors.AnswerAsync(outage, () => desk.HandAsync(
            command, (held, folded) => new OpenResponse { Referral = view.Of(held, folded) }.ToByteArray(),
            id => new OpenResponse { AwaitingApproval = new() { SubmissionId = id } }.ToByteArray(), context.CancellationToken));
        return outcome switch
        {
            CommandOutcome.Done done => parser.ParseFrom(done.Answer.Span),
            CommandOutcome.Refused refused => throw refused.Refusal.ToException(),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Notes what is wrong with the id that a caller made.</summary>
    public static void CheckId(string field, string id, FieldReader fields)
    {
        if (id.Length is < 16 or > 64 || !id.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            fields.Fault(field, "is missing or malformed: 16 to 64 letters, digits, \"-\" and \"_\" are needed, such as a UUID, made once per command");
    }

    static byte[] Content(Particulars particulars, string contradictionReason)
    {
        if (contradictionReason.Length == 0) return particulars.ToByteArray();
        particulars = particulars.Clone();
        particulars.ContradictionReason = contradictionReason;
        return particulars.ToByteArray();
    }

    /// <summary>Over the method too: another command under the same id is another request, be its bytes the same.</summary>
    /// <remarks>Under a key that is not in the database: a request holds particulars, and who has the database must not be able to check a guess at them.</remarks>
    public byte[] RequestHash(string method, byte[] request)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _requestKey);
        hash.AppendData(Encoding.UTF8.GetBytes(method));
        hash.AppendData([0]);
        hash.AppendData(request);
        return hash.GetHashAndReset();
    }
}
