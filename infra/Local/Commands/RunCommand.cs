using System.CommandLine;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Spectre.Console;

namespace Coordination.Local;

/// <summary><c>run</c>: starts the region and shows where it is.</summary>
static class RunCommand
{
    public static Command Create()
    {
        var countries = new Option<string>("--countries") { Description = "Node ids, such as TH,LA; all six when left out." };
        var basePort = new Option<int?>("--base-port") { Description = "The first port; three per node follow each other from there. Any free ports when left out." };
        var detach = new Option<bool>("--detach") { Description = "Return when the region is ready and leave it running." };
        var empty = new Option<bool>("--empty") { Description = "Leave the nodes empty: play no scenario." };
        var command = new Command("run", "Start PostgreSQL and the region's nodes, and play the return of a person from Thailand to Lao PDR; stop them on Ctrl-C.") { countries, basePort, detach, empty };
        command.SetAction(arguments => Plainly.RunAsync(() => RunAsync(
            arguments.GetValue(countries), arguments.GetValue(basePort), arguments.GetValue(detach), arguments.GetValue(empty))));
        return command;
    }

    static async Task RunAsync(string? countries, int? basePort, bool detach, bool empty)
    {
        using var stop = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, Stop);

        var options = new RegionOptions { Folder = Checkout.RunFolder, BasePort = basePort };
        if (countries is not null) options = options with { Countries = Country.Parse(countries) };
        try
        {
            var region = await Region.StartAsync(options, stop.Token);
            try
            {
                if (!empty && region.Nodes.Select(node => node.Id).Intersect(["TH", "LA"]).Count() == 2) await PlayAsync(region, stop.Token);
                Show(region, detach);
                await InviteAsync(region, stop.Token);
                if (!detach) await Task.Delay(Timeout.Infinite, stop.Token);
            }
            catch
            {
                await region.DisposeAsync();
                throw;
            }
            // What runs on is the business of infra/stop.
            region.Detach();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            AnsiConsole.WriteLine("Stopped.");
        }
    }

    /// <summary>Whoever starts the region for the first time sees what it is for.</summary>
    static async Task PlayAsync(Region region, CancellationToken cancellationToken)
    {
        using var coord = Process.Start(new ProcessStartInfo(RegionNode.DotnetProgram(), [Checkout.Coord, "scenario", "run", Checkout.FirstScenario, "--region", region.RegionFile]))!;
        // Ctrl-C reaches it as it reaches this program.
        await coord.WaitForExitAsync(cancellationToken);
        AnsiConsole.WriteLine(coord.ExitCode == 0 ? "" : "The scenario was not played to its end; the region runs all the same.");
    }

    /// <summary>Somebody for each console: whoever opens the page chooses a password and takes the codes.</summary>
    static async Task InviteAsync(Region region, CancellationToken cancellationToken)
    {
        AnsiConsole.WriteLine("Each console expects one person. Open the page once to choose a password; the browser warns of a certificate that this machine made itself.");
        // Not through Spectre, which would break a long address.
        foreach (var node in region.Nodes)
            await Console.Out.WriteLineAsync($"{node.Id} {await region.InviteAsync(node, "focal", node.Country.DutyOffice, cancellationToken)}");
    }

    static void Show(Region region, bool detach)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (var heading in (string[])["node", "console", "API", "peers", "log"])
            table.AddColumn(new TableColumn(heading) { NoWrap = true, Padding = new(0, 0, 1, 0) });
        foreach (var node in region.Nodes)
            table.AddRow($"{node.Id} {node.Country.Name}", node.ConsoleAddress, node.ApiAddress, node.PeerAddress, Relative(node.LogFile));
        AnsiConsole.Write(table);
        AnsiConsole.WriteLine($"Addresses and tokens: {Relative(region.RegionFile)}");
        AnsiConsole.WriteLine(detach ? "Stop: infra/stop" : "Stop: Ctrl-C, or infra/stop");
    }

    static string Relative(string path) => Path.GetRelativePath(Checkout.Root, path);
}
