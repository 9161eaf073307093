using Coordination.CountryNode;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Exchange;
using Coordination.Domain.Dossiers;
using Coordination.Hosting;
using Coordination.Hosting.Postgres;
using Npgsql;

WebApplication node;
try
{
    CoreDumps.Forbid();
    // Nothing is read from, and nothing watched in, whatever folder the node was started in: by default that is every folder below it.
    var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = [.. args, "--hostBuilder:reloadConfigOnChange=false"], ContentRootPath = AppContext.BaseDirectory });
    // The environment wins over the file, as everywhere in .NET.
    if (builder.Configuration["config"] is { } file)
        builder.Configuration.AddJsonFile(Path.GetFullPath(file), optional: false, reloadOnChange: false).AddEnvironmentVariables();

    var (settings, faults) = NodeSettings.Read(builder.Configuration.GetSection("Node"));
    if (settings is null) return CannotStart([.. faults]);

    var (directory, unclear) = settings.DirectoryFile.Length > 0 ? OfficeDirectory.Read(settings.DirectoryFile) : (OfficeDirectory.Empty, []);
    if (directory is null) return CannotStart([.. unclear]);
    var (retention, undecided) = settings.RetentionFile.Length > 0 ? RetentionTable.Read(settings.RetentionFile) : (RetentionTable.Empty, []);
    if (retention is null) return CannotStart([.. undecided]);

    builder.AddNode(settings, directory, retention);
    builder.ListenOn(settings);
    node = builder.Build();
    node.CheckKeys(settings);
    if (directory.FaultsAt(NodeId.Parse(settings.Id), settings.OfficesHere()) is { Count: > 0 } unread) return CannotStart([.. unread]);
    await Migrations.ApplyAsync(node.Services.GetRequiredService<NpgsqlDataSource>(), typeof(Program).Assembly, CancellationToken.None);
    await node.Services.GetRequiredService<Erasures>().ReplayAsync(CancellationToken.None);
    await node.Services.GetRequiredService<HandOvers>().CheckAsync(CancellationToken.None);

    node.MapDoors(settings);
    await node.StartAsync();
}
catch (NpgsqlException why)
{
    return CannotStart($"The node's database cannot be reached, or refuses: {why.Message}. Check Node:Database and whether PostgreSQL runs.");
}
catch (Exception why)
{
    // Whatever it is, the person at the terminal gets a sentence, not a stack.
    return CannotStart($"The node cannot start: {why.Message}");
}

await using (node) await node.WaitForShutdownAsync();
return 0;

static int CannotStart(params string[] why)
{
    foreach (var sentence in why) Console.Error.WriteLine(sentence);
    return 1;
}
