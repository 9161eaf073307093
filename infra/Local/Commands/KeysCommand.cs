using System.CommandLine;
using System.Text.Json;
using Coordination.Hosting.Trust;
using Spectre.Console;

namespace Coordination.Local;

/// <summary><c>keys</c>: makes development keys for nodes that something else starts, such as the compose file.</summary>
static class KeysCommand
{
    static readonly JsonSerializerOptions Json = new() { WriteIndented = true };

    public static Command Create()
    {
        var folder = new Option<string>("--folder") { Description = "Where they go: a key folder per node, jwks.json, authorities.pem, tokens.json.", Required = true };
        var countries = new Option<string>("--countries") { Description = "Node ids, such as TH,LA.", Required = true };
        var peerAddress = new Option<string>("--peer-address") { Description = "Where each node's peers reach it; {id} stands for its id in small letters.", Required = true };
        var command = new Command("keys", "Make development keys, a trust list and tokens.") { folder, countries, peerAddress };
        command.SetAction(arguments => Plainly.RunAsync(() =>
        {
            Make(arguments.GetRequiredValue(folder), Country.Parse(arguments.GetRequiredValue(countries)), arguments.GetRequiredValue(peerAddress));
            return Task.CompletedTask;
        }));
        return command;
    }

    static void Make(string folder, IReadOnlyList<string> ids, string peerAddress)
    {
        var last = Path.Combine(folder, "tokens.json");
        if (File.Exists(last))
        {
            AnsiConsole.WriteLine($"{folder} has keys already; delete it to make new ones.");
            return;
        }

        PrivateFile.Folder(folder);
        using var authority = DevelopmentAuthority.Create(ids);
        using var issuer = new DevelopmentIssuer();
        string Address(string id) => peerAddress.Replace("{id}", id.ToLowerInvariant(), StringComparison.Ordinal);
        var list = authority.Sign(authority.NewList(Address));
        foreach (var id in ids) new KeyFolder(Path.Combine(folder, id)).WriteAll(authority, id, list, new Uri(Address(id)).Host);

        var countries = ids.Select(Country.Of).ToList();
        PrivateFile.Write(Path.Combine(folder, "jwks.json"), issuer.Keys());
        PrivateFile.Write(Path.Combine(folder, "authorities.pem"), Region.AuthoritiesPem(authority, countries));
        // Written last: whoever finds it finds everything.
        PrivateFile.Write(last, JsonSerializer.SerializeToUtf8Bytes(
            countries.ToDictionary(c => c.Id, c => c.Offices.ToDictionary(o => o, o => issuer.Issue(c.Id, o))), Json));
        AnsiConsole.WriteLine($"Keys for {string.Join(", ", ids)} are in {folder}.");
    }
}
