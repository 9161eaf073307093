using System.CommandLine;

namespace Coordination.Cli.Commands;

/// <summary><c>coord completion bash</c></summary>
static class CompletionCommand
{
    public static Command Create()
    {
        var bash = new Command("bash", "Prints what makes bash complete coord's commands, options and codes: source <(coord completion bash)");
        bash.SetAction(_ => Console.Write("""
            # Asks coord itself what could stand at the cursor, and bash for files where it knows nothing; away from the terminal, which it would set up for itself.
            _coord() {
              local line="${COMP_LINE#* }" point
              point=$((COMP_POINT - (${#COMP_LINE} - ${#line})))
              # Bash takes what stands behind an equals sign for a word of its own.
              line="${line//=/ }"
              mapfile -t COMPREPLY < <(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$point]" "$line" </dev/null 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")
            }
            complete -o default -F _coord coord

            """));
        return new Command("completion", "Completion of commands, options and codes in a shell.") { bash };
    }
}
