using Coordination.Local;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Health.V1;
using Grpc.Reflection.V1;
using ServingStatus = Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>What a node tells those who ask whether it can be called.</summary>
public sealed class NodeHealthTests
{
    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_whose_database_is_away_is_not_serving_until_it_is_back()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(Cancelled);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres }, Cancelled);
        // A load balancer has no token.
        using var stranger = new OfficeClient(region, region["TH"], token: null);
        var health = new Health.HealthClient(stranger.Channel);

        await UntilAsync(ServingStatus.Serving);
        await postgres.KillAsync();
        await UntilAsync(ServingStatus.NotServing);
        await postgres.ResumeAsync(Cancelled);
        await UntilAsync(ServingStatus.Serving);

        async Task UntilAsync(ServingStatus status) => (await Poll.UntilAsync(
            async () => (await health.CheckAsync(new HealthCheckRequest(), stranger.Options)).Status == status, TimeSpan.FromSeconds(60), Cancelled)).ShouldBeTrue($"{status}");
    }

    [Fact]
    public async Task A_node_tells_its_protos_to_offices_alone()
    {
        await using var postgres = await PostgresServer.StartOwnAsync(Cancelled);
        await using var region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = postgres }, Cancelled);
        using var stranger = new OfficeClient(region, region["TH"], token: null);
        using var bangkok = region.Office("TH");

        (await Should.ThrowAsync<RpcException>(() => ServicesAsync(stranger))).StatusCode.ShouldBe(StatusCode.Unauthenticated);
        // What peers are served with is at a port of their own.
        (await ServicesAsync(bangkok)).ShouldBe(
            ["coordination.directory.v1.AccountService", "coordination.dossier.v1.ApprovalService", "coordination.dossier.v1.AuditService", "coordination.dossier.v1.DossierService", "coordination.dossier.v1.OperationsService", "coordination.dossier.v1.RetentionService", "coordination.dossier.v1.TransferService", "coordination.referral.v1.AttachmentService", "coordination.referral.v1.ReferralService", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection"]);

        // One answer is all that a client needs to call a service: its proto and every one that it imports.
        var told = await AskAsync(bangkok, new() { FileContainingSymbol = "coordination.referral.v1.ReferralService" });
        var files = FileDescriptor.BuildFromByteStrings(told.FileDescriptorResponse.FileDescriptorProto.Reverse());
        files.SelectMany(file => file.Services).Single().FindMethodByName("Open").InputType.FindFieldByName("command").MessageType.FullName.ShouldBe("coordination.directory.v1.Command");

        static async Task<List<string>> ServicesAsync(OfficeClient office) =>
            [.. (await AskAsync(office, new() { ListServices = "" })).ListServicesResponse.Service.Select(service => service.Name)];

        static async Task<ServerReflectionResponse> AskAsync(OfficeClient office, ServerReflectionRequest request)
        {
            using var call = new ServerReflection.ServerReflectionClient(office.Channel).ServerReflectionInfo(office.Options);
            await call.RequestStream.WriteAsync(request, Cancelled);
            (await call.ResponseStream.MoveNext(Cancelled)).ShouldBeTrue();
            return call.ResponseStream.Current;
        }
    }
}
