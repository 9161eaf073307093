using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.CountryNode.Tests.Local;

/// <summary>The region around its nodes; in their place stands a program that does no more than listen.</summary>
public sealed class RegionTests(SharedRegion shared)
{
    static readonly IReadOnlyList<string> Listens =
    [
        "python3", "-c",
        """
        import json, signal, socket, sys
        from urllib.parse import urlparse
        node = json.load(open(sys.argv[2]))["Node"]
        doors = [socket.create_server(("127.0.0.1", urlparse(node[a]).port)) for a in ("ApiAddress", "PeerAddress", "ConsoleAddress")]
        print("listening", flush=True)
        signal.pause()
        """,
    ];

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    RegionOptions Options => new() { Countries = ["TH", "LA"], Postgres = shared.Postgres, NodeCommand = Listens };

    [Fact]
    public async Task A_node_comes_back_on_its_ports_after_a_stop_and_after_a_kill()
    {
        await using var region = await Region.StartAsync(Options, Cancelled);
        var thailand = region["TH"];
        var first = thailand.ProcessId;

        await thailand.StopAsync();
        thailand.IsRunning.ShouldBeFalse();
        await thailand.StartAsync(Cancelled);
        var second = thailand.ProcessId;
        await thailand.KillAsync();
        thailand.IsRunning.ShouldBeFalse();
        await thailand.StartAsync(Cancelled);

        new[] { first, second, thailand.ProcessId }.Distinct().Count().ShouldBe(3);
        // One log for all starts; the one that was killed may have died before it said anything.
        (await Poll.UntilAsync(async () => (await File.ReadAllTextAsync(thailand.LogFile, Cancelled)).Split("listening").Length > 2, TimeSpan.FromSeconds(20), Cancelled)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_peer_can_be_down_from_the_start()
    {
        await using var region = await Region.StartAsync(Options with { Down = ["LA"] }, Cancelled);

        region["TH"].IsRunning.ShouldBeTrue();
        region["LA"].IsRunning.ShouldBeFalse();
        region.TrustList.Nodes.Single(n => n.Id == "LA").PeerAddress.ShouldBe(region["LA"].PeerAddress);
    }

    [Fact]
    public async Task A_replica_shares_everything_but_ports_and_log()
    {
        await using var region = await Region.StartAsync(Options, Cancelled);

        var replica = await region["TH"].StartReplicaAsync(Cancelled);

        replica.IsRunning.ShouldBeTrue();
        replica.DatabaseConnectionString.ShouldBe(region["TH"].DatabaseConnectionString);
        replica.KeyFolder.ShouldBe(region["TH"].KeyFolder);
        replica.Tokens.ShouldBe(region["TH"].Tokens);
        replica.ApiAddress.ShouldNotBe(region["TH"].ApiAddress);
        replica.LogFile.ShouldNotBe(region["TH"].LogFile);
    }

    [Fact]
    public async Task A_new_trust_list_reaches_the_chosen_nodes()
    {
        await using var region = await Region.StartAsync(Options with { Down = ["TH", "LA"] }, Cancelled);
        using var key = DevelopmentAuthority.NewKey();
        var list = region.TrustList.Clone();
        list.Version++;
        list.Nodes.Single(n => n.Id == "TH").SigningKeys.Add(region.Authority.Describe("TH", key));

        var signed = region.WriteTrustList(list, "LA");

        (await File.ReadAllBytesAsync(region["LA"].Keys.TrustList, Cancelled)).Length.ShouldBe(signed.CalculateSize());
        (await File.ReadAllBytesAsync(region["TH"].Keys.TrustList, Cancelled)).Length.ShouldBeLessThan(signed.CalculateSize());
    }

    [Fact]
    public async Task The_region_file_tells_a_tool_where_everything_is()
    {
        await using var region = await Region.StartAsync(Options, Cancelled);

        using var file = JsonDocument.Parse(await File.ReadAllBytesAsync(region.RegionFile, Cancelled));

        File.GetUnixFileMode(region.RegionFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        File.Exists(file.RootElement.GetProperty("caFile").GetString()).ShouldBeTrue();
        var thailand = file.RootElement.GetProperty("nodes").EnumerateArray().Single(n => n.GetProperty("id").GetString() == "TH");
        thailand.GetProperty("apiAddress").GetString().ShouldBe(region["TH"].ApiAddress);
        thailand.GetProperty("tokens").GetProperty("focal-point@datip").GetString().ShouldBe(region["TH"].Tokens["focal-point@datip"]);
    }

    [Fact]
    public async Task A_run_that_was_left_alone_is_stopped_by_its_folder()
    {
        using var outer = await RunFolder.TemporaryAsync();
        var folder = Path.Combine(outer.Path, "run");
        var region = await Region.StartAsync(Options with { Folder = folder }, Cancelled);
        var nodes = region.Nodes.Select(n => ProcessMark.Of(n.ProcessId!.Value)!).ToList();
        region.Detach();

        var other = await Should.ThrowAsync<LocalException>(() => RunFolder.TakeAsync(folder));
        other.Message.ShouldStartWith("Another run is alive");
        nodes.ShouldAllBe(n => n.IsAlive);

        (await RunFolder.StopAsync(folder)).ShouldBeTrue();

        nodes.ShouldAllBe(n => !n.IsAlive);
        File.Exists(region.RegionFile).ShouldBeFalse();
        Directory.Exists(region["TH"].KeyFolder).ShouldBeFalse();
        (await RunFolder.StopAsync(folder)).ShouldBeFalse();
        await region.DisposeAsync();
    }

    [Fact]
    public async Task Two_runs_do_not_share_a_folder()
    {
        using var run = await RunFolder.TemporaryAsync();

        var fault = await Should.ThrowAsync<LocalException>(() => RunFolder.TakeAsync(run.Path));

        fault.Message.ShouldBe($"Another run is alive (process {Environment.ProcessId}): stop it with infra/stop.");
    }

    [Fact]
    public async Task Whoever_starts_a_region_of_which_a_node_has_died_is_told_how_to_start_that_node_again()
    {
        using var outer = await RunFolder.TemporaryAsync();
        var folder = Path.Combine(outer.Path, "run");
        await using var region = await Region.StartAsync(Options with { Folder = folder }, Cancelled);
        var died = ProcessMark.Of(region["TH"].ProcessId!.Value)!;
        died.Send(Signal.Kill);
        (await Poll.UntilAsync(() => !died.IsAlive, TimeSpan.FromSeconds(20), Cancelled)).ShouldBeTrue();

        var fault = await Should.ThrowAsync<LocalException>(() => RunFolder.TakeAsync(folder));

        fault.Message.ShouldStartWith($"Another run is alive (process {Environment.ProcessId}): stop it with infra/stop.\n  The node TH has died: start it again with\n    python3 -c ");
        fault.Message.ShouldContain($"--config {Path.Combine(folder, "th", "node.json")}", Case.Insensitive);
        fault.Message.ShouldNotContain("The node LA");
        // What was stopped has not died.
        await region["LA"].StopAsync();
        (await Should.ThrowAsync<LocalException>(() => RunFolder.TakeAsync(folder))).Message.ShouldNotContain("The node LA");
    }

    [Fact]
    public void A_disk_without_room_is_named() =>
        Should.Throw<LocalException>(() => Disk.Check(Checkout.Root, needed: long.MaxValue)).Message.ShouldStartWith($"The disk of {Checkout.Root} is full: ");

    [Fact]
    public async Task A_node_that_does_not_come_up_says_why()
    {
        var fault = await FaultAsync(Options with { NodeCommand = ["sh", "-c", "echo the door is jammed; exit 3"] });

        fault.ShouldContain("ended while it was starting");
        fault.ShouldContain("the door is jammed");
    }

    [Fact]
    public async Task A_node_that_does_not_listen_in_time_is_stopped()
    {
        var fault = await FaultAsync(Options with { NodeCommand = ["python3", "-c", "import signal; print('thinking', flush=True); signal.pause()"], StartLimit = TimeSpan.FromSeconds(2) });

        fault.ShouldContain("did not answer within 2 seconds");
        fault.ShouldContain("thinking");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        using var somebody = new TcpListener(IPAddress.Loopback, 0);
        somebody.Start();
        var port = ((IPEndPoint)somebody.LocalEndpoint).Port;

        (await FaultAsync(Options with { BasePort = port }))
            .ShouldBe($"Port {port} of 127.0.0.1 is taken: stop what listens there, or choose other ports with --base-port.");
    }

    [Theory]
    [InlineData(int.MinValue)]
    [InlineData(0)]
    [InlineData(65_531)]
    [InlineData(70_000)]
    [InlineData(int.MaxValue)]
    public async Task Ports_that_do_not_exist_are_named(int basePort) =>
        (await FaultAsync(Options with { BasePort = basePort }))
            .ShouldBe($"6 ports do not follow each other from {basePort}: choose a --base-port between 1 and 65530.");

    [Fact]
    public async Task A_country_that_is_unknown_is_named() =>
        (await FaultAsync(Options with { Countries = ["TH", "XX"] }))
            .ShouldBe("XX is not a country of the region: choose among CN, KH, LA, MM, TH, VN.");

    [Fact]
    public async Task One_country_alone_is_no_region() =>
        (await FaultAsync(Options with { Countries = ["TH"] })).ShouldContain("at least two countries");

    static async Task<string> FaultAsync(RegionOptions options) =>
        (await Should.ThrowAsync<LocalException>(() => Region.StartAsync(options, Cancelled))).Message;
}
