using Google.Rpc;
using Grpc.Core;

namespace Coordination.CountryNode.Tests;

/// <summary>A refusal as a client of any language reads it.</summary>
/// <param name="Code">The gRPC status.</param>
/// <param name="Reason">From google.rpc.ErrorInfo.</param>
/// <param name="Text">What a person reads.</param>
/// <param name="Fields">From google.rpc.BadRequest.</param>
sealed record Refused(StatusCode Code, string Reason, string Text, IReadOnlyList<string> Fields)
{
    public static async Task<Refused> ByAsync(Func<Task> call) => Of(await call.ShouldThrowAsync<RpcException>());

    public static Refused Of(RpcException refusal)
    {
        var bytes = refusal.Trailers.GetValueBytes("grpc-status-details-bin");
        var details = bytes is null ? new Google.Rpc.Status() : Google.Rpc.Status.Parser.ParseFrom(bytes);
        var info = details.Details.Where(detail => detail.Is(ErrorInfo.Descriptor)).Select(detail => detail.Unpack<ErrorInfo>()).SingleOrDefault();
        var request = details.Details.Where(detail => detail.Is(BadRequest.Descriptor)).Select(detail => detail.Unpack<BadRequest>()).SingleOrDefault();
        return new Refused(
            refusal.StatusCode, info?.Type ?? "", refusal.Status.Detail,
            [.. request?.FieldViolations.Select(violation => violation.Field) ?? []]);
    }
}

static class RefusedAssertions
{
    public static void ShouldBe(this Refused refused, StatusCode code, string reason, string says)
    {
        (refused.Code, refused.Reason).ShouldBe((code, reason), refused.Text);
        refused.Text.ShouldContain(says, Case.Sensitive);
    }
}
