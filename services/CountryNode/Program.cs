using Coordination.CountryNode;
using Coordination.CountryNode.Doors;
using Coordination.Hosting;
using Coordination.Hosting.Postgres;
using Npgsql;

var builder = WebApplication.CreateSlimBuilder(args);
if (builder.Configuration["config"] is { } file) builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false);

var (settings, faults) = NodeSettings.Read(builder.Configuration.GetSection("Node"));
if (settings is null)
{
    foreach (var fault in faults) Console.Error.WriteLine(fault);
    return 1;
}

builder.AddNode(settings);
builder.ListenOn(settings);

var node = builder.Build();
await Migrations.ApplyAsync(node.Services.GetRequiredService<NpgsqlDataSource>(), typeof(Program).Assembly, CancellationToken.None);

node.MapWhen(request => request.Connection.LocalPort == new Uri(settings.PeerAddress).Port, peers => peers
    .UseRouting()
    .UseRequestTimeouts()
    .UseEndpoints(endpoints => endpoints.MapGrpcService<PeerDoor>()));

node.UseRouting();
node.UseRequestTimeouts();
node.UseAuthentication();
node.MapGrpcService<ReferralDoor>();
node.MapGrpcService<DossierDoor>();

await node.RunAsync();
return 0;
