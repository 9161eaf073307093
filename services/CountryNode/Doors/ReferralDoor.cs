using System.Diagnostics;
using System.Security.Cryptography;
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
using Referrals = Coordination.Domain.Referrals;

namespace Coordination.CountryNode.Doors;

/// <summary>Referrals over gRPC: parse, call the desk, map. Nothing here decides anything.</summary>
public sealed class ReferralDoor(ReferralDesk desk, Callers callers, ILogger<ReferralDoor> logger) : ReferralService.ReferralServiceBase
{
    public override Task<OpenResponse> Open(OpenRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, OpenResponse.Parser, referral => new OpenResponse { Referral = referral }, fields =>
        {
            var opened = ReferralWire.Read(request.Opened, fields);
            return command => desk.OpenAsync(command, opened, context.CancellationToken);
        });

    public override Task<AcknowledgeResponse> Acknowledge(AcknowledgeRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, AcknowledgeResponse.Parser, referral => new AcknowledgeResponse { Referral = referral },
            fields => Write(Act.AcknowledgeReferral, request.DossierId, new Referrals.Acknowledged(), fields, context));

    public override Task<TakeUpResponse> TakeUp(TakeUpRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, TakeUpResponse.Parser, referral => new TakeUpResponse { Referral = referral },
            fields => Write(Act.TakeUpReferral, request.DossierId, new Referrals.TakenUp(), fields, context));

    public override Task<DeclineResponse> Decline(DeclineRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, DeclineResponse.Parser, referral => new DeclineResponse { Referral = referral },
            fields => Write(Act.DeclineReferral, request.DossierId, ReferralWire.Read(request.Declined, fields), fields, context));

    public override Task<CancelResponse> Cancel(CancelRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, CancelResponse.Parser, referral => new CancelResponse { Referral = referral },
            fields => Write(Act.CancelReferral, request.DossierId, new Referrals.Cancelled(), fields, context));

    public override Task<WithdrawConsentResponse> WithdrawConsent(WithdrawConsentRequest request, ServerCallContext context) =>
        Do(request, request.Command, context, WithdrawConsentResponse.Parser, referral => new WithdrawConsentResponse { Referral = referral },
            fields => Write(Act.WithdrawConsent, request.DossierId, ReferralWire.Read(request.Withdrawn, fields), fields, context));

    public override async Task<GetResponse> Get(GetRequest request, ServerCallContext context)
    {
        if (Rights.Check(callers.Office(context), Act.ReadReferral) is { } refusal) throw refusal.ToException();
        var id = Errors.ReadId(request.DossierId);
        var (held, dossier) = await Errors.AnswerAsync(logger, () => desk.FindAsync(id, context.CancellationToken)) ?? throw Refusal.NotFound.ToException();
        return new GetResponse { Referral = ReferralView.Of(dossier, held.Stops) };
    }

    Func<Command, Task<CommandOutcome>> Write(Act act, ByteString dossierId, Body body, FieldReader fields, ServerCallContext context)
    {
        var id = new DossierId(fields.Hash("dossier_id", dossierId.Span));
        return command => desk.WriteAsync(command, act, id, body, context.CancellationToken);
    }

    /// <summary>The way of every command: who asks, what exactly, then the desk; its answer is kept as the bytes of the response.</summary>
    async Task<TResponse> Do<TResponse>(
        IMessage request, Contracts.Referral.V1.Command? about, ServerCallContext context, MessageParser<TResponse> parser,
        Func<Referral, TResponse> respond, Func<FieldReader, Func<Command, Task<CommandOutcome>>> read) where TResponse : IMessage<TResponse>
    {
        var office = callers.Office(context);
        var fields = new FieldReader();
        var commandId = about?.CommandId ?? "";
        if (commandId.Length is < 16 or > 64 || !commandId.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            fields.Fault("command.command_id", "is missing or malformed: 16 to 64 letters, digits, \"-\" and \"_\" are needed, such as a UUID, made once per command");
        var happenedOn = fields.OptionalDate("command.happened_on", about?.HappenedOn ?? "");
        var channel = fields.OptionalCode<Channel>("command.channel", (int)(about?.Channel ?? Contracts.Directory.V1.Channel.Unspecified)) ?? Channel.Node;
        var write = read(fields);
        var bytes = request.ToByteArray();
        // A newer client may have asked for less than an older node would do.
        if (UnknownFields.AreIn(request, bytes))
            fields.Fault("request", "holds a field that this node does not know: send what its protos know, or have the node upgraded");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();

        var outcome = await Errors.AnswerAsync(logger, () => write(new Command(
            new CommandKey(office, commandId), RequestHash(context.Method, bytes), happenedOn, channel,
            dossier => respond(ReferralView.Of(dossier, [])).ToByteArray())));
        return outcome switch
        {
            CommandOutcome.Done done => parser.ParseFrom(done.Answer.Span),
            CommandOutcome.Refused refused => throw refused.Refusal.ToException(),
            _ => throw new UnreachableException(),
        };
    }

    /// <summary>Over the method too: another command under the same id is another request, be its bytes the same.</summary>
    static byte[] RequestHash(string method, byte[] request)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(System.Text.Encoding.UTF8.GetBytes(method));
        hash.AppendData([0]);
        hash.AppendData(request);
        return hash.GetHashAndReset();
    }
}
