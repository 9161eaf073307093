using System.CommandLine;
using Coordination.Cli;
using Coordination.Cli.Commands;
using Spectre.Console;

var root = new RootCommand("""
    coord works on referrals at one country's node, as one of its offices.

    Exit codes: 0 done · 1 refused by the node, with the reason · 2 the command line is wrong · 3 nobody knows whether it was done, since the node cannot be reached, was not waited for, or what came of it cannot be printed: the same command with the same --command-id may be tried again · 4 what was to be verified, or was played, is not what it should be.
    """);
ConnectionOptions.AddTo(root);
root.Subcommands.Add(ReferralCommands.Create());
root.Subcommands.Add(DossierCommands.Create());
root.Subcommands.Add(SubmissionCommands.Create());
root.Subcommands.Add(AuditCommands.Create());
root.Subcommands.Add(RetentionCommands.Create());
root.Subcommands.Add(OperationsCommands.Create());
root.Subcommands.Add(TransferCommands.Create());
root.Subcommands.Add(AccountCommands.Create());
root.Subcommands.Add(ScenarioCommand.Create());
root.Subcommands.Add(CompletionCommand.Create());

// What reads a table from a pipe or a file looks for whole ids and sentences, and for no colours.
if (Console.IsOutputRedirected)
{
    AnsiConsole.Profile.Width = 200;
    AnsiConsole.Profile.Capabilities.Ansi = false;
}

try
{
    var parsed = root.Parse(args);
    return parsed.Errors.Count > 0 ? Usage(parsed) : await parsed.InvokeAsync(new() { EnableDefaultExceptionHandler = false });
}
catch (IOException unprintable)
{
    // Standard error may be as full: then the exit code says it alone.
    try
    {
        Console.Error.WriteLine(new UnprintableException(unprintable).Message);
    }
    catch (IOException)
    {
    }
    return ExitCode.Unavailable;
}

static int Usage(ParseResult parsed)
{
    foreach (var error in parsed.Errors) Console.Error.WriteLine(Words.InOneLine(error.Message));
    Console.Error.WriteLine("See: coord --help, or --help after any command.");
    return ExitCode.Usage;
}
