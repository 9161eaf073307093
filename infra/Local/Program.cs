using System.CommandLine;
using Coordination.Local;

var root = new RootCommand("Runs the region on this machine.") { RunCommand.Create(), StopCommand.Create(), KeysCommand.Create() };
// Each command hears signals itself: stopping six nodes and a database takes longer than the library would wait.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null });
