using Coordination.CountryNode;
using Coordination.CountryNode.Doors;
using Coordination.Hosting;
using Coordination.Hosting.Postgres;
using Npgsql;

var builder = WebApplication.CreateSlimBuilder(args);
// The environment wins over the file, as everywhere in .NET.
if (builder.Configuration["config"] is { } file)
    builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false).AddEnvironmentVariables();

var (settings, faults) = NodeSettings.Read(builder.Configuration.GetSection("Node"));
if (settings is null) return CannotStart([.. faults]);

try
{
    builder.AddNode(settings);
    builder.ListenOn(settings);
    await using var node = builder.Build();
    node.CheckKeys();
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
}
catch (NodeCannotStartException why)
{
    return CannotStart(why.Message);
}
catch (NpgsqlException why)
{
    return CannotStart($"The node's database cannot be reached, or refuses: {why.Message}. Check Node:Database and whether PostgreSQL runs.");
}
catch (IOException why)
{
    return CannotStart($"{why.Message} Check Node:ApiAddress, Node:PeerAddress and Node:KeyFolder.");
}

static int CannotStart(params string[] why)
{
    foreach (var sentence in why) Console.Error.WriteLine(sentence);
    return 1;
}
