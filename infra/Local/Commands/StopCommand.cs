using System.CommandLine;
using Spectre.Console;

namespace Coordination.Local;

/// <summary><c>stop</c>: stops what <c>run</c> started, also when that was killed.</summary>
static class StopCommand
{
    public static Command Create()
    {
        var command = new Command("stop", "Stop the region that runs.");
        command.SetAction(_ => Plainly.RunAsync(async () =>
            AnsiConsole.WriteLine(await RunFolder.StopAsync(Checkout.RunFolder) ? "Stopped." : "Nothing runs.")));
        return command;
    }
}
