using System.Diagnostics;
using Coordination.Hosting;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Microsoft.Extensions.Configuration;

namespace Coordination.CountryNode.Tests.Starting;

/// <summary>What a node says when it cannot start.</summary>
public sealed class NodeStartTests(SharedRegion shared)
{
    [Fact]
    public void Everything_that_is_wrong_with_the_settings_is_said_at_once()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Node:Id"] = "Thailand",
            ["Node:KeyFolder"] = "/does/not/exist",
            ["Node:ApiAddress"] = "http://127.0.0.1:80",
            ["Node:Tokens:Issuer"] = "https://issuer.example",
            ["Node:Offices:0"] = "minister@datip",
        }).Build();
        var (settings, faults) = NodeSettings.Read(configuration.GetSection("Node"));
        settings.ShouldBeNull();
        faults.Select(fault => fault.Split(' ')[1]).ShouldBe(
            ["Node:Id", "Node:Database", "Node:KeyFolder", "Node:ErasureFolder", "Node:ApiAddress", "Node:PeerAddress", "Node:ConsoleAddress", "Node:ConsoleName", "Node:Tokens:Audience", "Node:Tokens:KeysFile", "Node:Offices"], ignoreOrder: true);
    }

    [Fact]
    public void A_node_watches_no_folder_wherever_it_was_started()
    {
        var watched = Directory.EnumerateFiles($"/proc/{shared.Region["TH"].ProcessId}/fdinfo").SelectMany(File.ReadAllLines).Where(line => line.StartsWith("inotify", StringComparison.Ordinal));
        watched.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_node_that_crashes_leaves_no_image_of_its_memory()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var folder = Directory.CreateTempSubdirectory("coordination-core-");
        try
        {
            await region["TH"].StopAsync();
            // Where images are wanted; the shell says of whatever crashed whether there is one.
            var said = await ShellAsync(folder.FullName, $$"""
                ulimit -c unlimited
                dotnet {{Checkout.CountryNode}} --config {{Path.Combine(Path.GetDirectoryName(region["TH"].LogFile)!, "node.json")}} >/dev/null &
                for try in {1..600}; do (exec 3<>/dev/tcp/127.0.0.1/{{new Uri(region["TH"].ApiAddress).Port}}) 2>/dev/null && break; sleep 0.1; done
                # The runtime handles what else would leave an image.
                kill -SYS $!
                wait $!
                """);
            said.ShouldContain("Bad system call");
            said.ShouldNotContain("core dumped");
            folder.EnumerateFiles().ShouldBeEmpty();
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_node_without_settings_names_them_and_ends_with_1()
    {
        var (code, output) = await RunAsync();
        code.ShouldBe(1);
        output.ShouldContain("Setting Node:Id is missing.");
        output.ShouldContain("Setting Node:Offices is empty");
        output.ShouldNotContain("   at ");
    }

    [Fact]
    public async Task A_settings_file_that_does_not_exist_is_named()
    {
        var (code, output) = await RunAsync(("--config", "/does/not/exist.json"));
        code.ShouldBe(1);
        output.ShouldContain("/does/not/exist.json");
        output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("Node__Database", "Host=127.0.0.1;Port=1;Database=nothing;Username=nobody;Password=none;Timeout=2", "database cannot be reached")]
    [InlineData("Node__Id", "VN", "The signing key in the key folder is none of VN's")]
    [InlineData("Node__Database", "nonsense", "The node cannot start")]
    [InlineData("Node__Tokens__KeysFile", "/etc/hostname", "the tokens' keys cannot be used")]
    [InlineData("Node__Tokens__KeysFile", "", "Setting Node:Tokens:KeysFile is missing: name a file with the issuer's keys, or set Node:Tokens:DiscoveryAddress.")]
    [InlineData("Node__Tokens__DiscoveryAddress", "https://login.example/.well-known/openid-configuration", "Setting Node:Tokens:KeysFile and Node:Tokens:DiscoveryAddress are both set")]
    [InlineData("Node__Tokens__DiscoveryAddress", "http://login.example/.well-known/openid-configuration", "Setting Node:Tokens:DiscoveryAddress is no https address")]
    [InlineData("Node__ConsoleName", "127.0.0.1", "Setting Node:ConsoleName is no name")]
    [InlineData("Node__KeyFolder", "/etc", "Could not find file '/etc/api.pem'")]
    [InlineData("Node__ApiAddress", "https://nosuch.example:7101", "is no https address with an IP address or localhost")]
    [InlineData("Node__Offices__0", "auditor@datip", "as TH's office on duty, which is none of Node:Offices")]
    [InlineData("DOTNET_DbgEnableMiniDump", "1", "DOTNET_DbgEnableMiniDump is set: a dump would hold keys and names in clear")]
    [InlineData("COMPlus_DbgEnableMiniDump", "1", "COMPlus_DbgEnableMiniDump is set: a dump would hold keys and names in clear")]
    [InlineData("Unused", "", "address already in use")]
    public async Task A_node_that_cannot_start_says_why_in_one_sentence(string setting, string value, string says)
    {
        var (code, output) = await RunAsync(("--config", Settings), (setting, value));
        code.ShouldBe(1);
        output.ShouldContain(says);
        output.ShouldNotContain("   at ");
    }

    [Theory]
    [InlineData("another key", "The encryption key in the key folder is none of TH's in trust list")]
    [InlineData("no key", "Could not find file")]
    [InlineData("the signing key", "The encryption key in the key folder is none of TH's in trust list")]
    [InlineData("nonsense", "encryption.pem holds no private key of EC P-256.")]
    [InlineData("a retired key", "to which others seal")]
    public async Task A_node_that_could_not_open_what_is_sealed_to_it_does_not_start(string encryption, string says)
    {
        var theirs = shared.Region["TH"].Keys;
        var folder = Directory.CreateTempSubdirectory("coordination-keys-");
        try
        {
            var own = new KeyFolder(folder.FullName);
            foreach (var file in Directory.GetFiles(theirs.Path)) File.Copy(file, Path.Combine(own.Path, Path.GetFileName(file)));
            using var another = DevelopmentAuthority.NewEncryptionKey();
            switch (encryption)
            {
                case "another key": own.WriteEncryptionKey(another); break;
                case "no key": File.Delete(own.Encryption); break;
                case "the signing key": File.Copy(own.Signing, own.Encryption, overwrite: true); break;
                case "nonsense": await File.WriteAllTextAsync(own.Encryption, "nonsense", TestContext.Current.CancellationToken); break;
                case "a retired key":
                    var list = shared.Region.TrustList.Clone();
                    list.Version++;
                    var (keys, now) = (list.Nodes.Single(node => node.Id == "TH").EncryptionKeys, TimeProvider.System.GetUtcNow());
                    keys.Single().ValidUntil = Google.Protobuf.WellKnownTypes.Timestamp.FromDateTimeOffset(now.AddHours(-1));
                    keys.Add(shared.Region.Authority.Describe("TH", another));
                    own.WriteTrustList(shared.Region.Authority.Sign(list));
                    break;
            }
            var (code, output) = await RunAsync(("--config", Settings), ("Node__KeyFolder", own.Path));
            code.ShouldBe(1);
            output.ShouldContain(says);
            output.ShouldNotContain("   at ");
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    string Settings => Path.Combine(Path.GetDirectoryName(shared.Region["TH"].LogFile)!, "node.json");

    static async Task<string> ShellAsync(string folder, string script) =>
        (await RunAsync(new ProcessStartInfo("bash", ["-c", script]) { WorkingDirectory = folder })).Output;

    static Task<(int Code, string Output)> RunAsync(params (string Name, string Value)[] with)
    {
        var start = new ProcessStartInfo("dotnet", [Checkout.CountryNode]);
        foreach (var (name, value) in with)
        {
            if (!name.StartsWith("--", StringComparison.Ordinal))
            {
                start.Environment[name] = value;
                continue;
            }
            start.ArgumentList.Add(name);
            start.ArgumentList.Add(value);
        }
        return RunAsync(start);
    }

    static async Task<(int Code, string Output)> RunAsync(ProcessStartInfo start)
    {
        (start.UseShellExecute, start.RedirectStandardError, start.RedirectStandardOutput) = (false, true, true);
        using var node = Process.Start(start)!;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var (output, errors) = (node.StandardOutput.ReadToEndAsync(limit.Token), node.StandardError.ReadToEndAsync(limit.Token));
            await node.WaitForExitAsync(limit.Token);
            return (node.ExitCode, await output + await errors);
        }
        finally
        {
            if (!node.HasExited) node.Kill();
        }
    }
}
