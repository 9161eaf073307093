using System.Diagnostics;
using System.Text.Json;
using Coordination.Local;

namespace Coordination.Interop.Referrals;

/// <summary>coord watching a node that dies and comes back.</summary>
public sealed class CoordWatchTests(TwoCountries countries) : IAsyncLifetime
{
    Region? _region;

    static CancellationToken Stopped => TestContext.Current.CancellationToken;

    Region Region => _region!;

    public async ValueTask InitializeAsync() =>
        _region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"], Postgres = countries.Region.Postgres }, Stopped);

    public ValueTask DisposeAsync() => Region.DisposeAsync();

    [Fact(Timeout = 120_000)]
    public async Task A_stream_that_breaks_goes_on_with_nothing_twice_and_nothing_left_out_be_it_before_anything_came()
    {
        var coord = new Coord(Region);
        var before = await coord.OpenAsync();
        await coord.UntilAsync("LA", before, "Sent");
        using var whole = coord.Start("referral", "watch", "--cursor", "0", "--json");
        using var fromNow = coord.Start("referral", "watch", "--json");
        try
        {
            var seen = new List<string> { await NextAsync(whole) };
            // Where nothing has come yet, what it says on standard error is where it goes on from.
            (await fromNow.StandardError.ReadLineAsync(Stopped))!.ShouldStartWith("Watching after cursor ");

            // Both are held still while the node is away and while it changes, so that neither can have been back in time.
            foreach (var watch in (Process[])[whole, fromNow]) await TellAsync(watch, "STOP");
            await Region["TH"].KillAsync();
            await coord.JsonAsync("referral", "acknowledge", before, "--node", "LA");
            await Region["TH"].StartAsync(Stopped);
            await coord.UntilAsync("TH", before, "Received");
            foreach (var watch in (Process[])[whole, fromNow]) await TellAsync(watch, "CONT");

            seen.Add(await NextAsync(whole));
            (await NextAsync(fromNow)).ShouldBe(seen[1]);

            // Again, now after something had come to both.
            await Region["TH"].KillAsync();
            await Region["TH"].StartAsync(Stopped);
            await coord.JsonAsync("referral", "take-up", before, "--node", "LA");
            seen.Add(await NextAsync(whole));
            (await NextAsync(fromNow)).ShouldBe(seen[2]);
            seen.ShouldBe([$"{before} Opened", $"{before} Acknowledged", $"{before} TakenUp"]);
        }
        finally
        {
            whole.Kill();
            fromNow.Kill();
        }
    }

    static Task<string> TellAsync(Process watch, string signal) => Programs.RunAsync("bash", ["-c", $"kill -{signal} {watch.Id}"], input: "", Stopped);

    static async Task<string> NextAsync(Process watch)
    {
        var line = await watch.StandardOutput.ReadLineAsync(Stopped) ?? throw new InvalidOperationException(await watch.StandardError.ReadToEndAsync(Stopped));
        var change = JsonDocument.Parse(line).RootElement;
        return $"{change.GetProperty("dossierId").GetString()} {change.GetProperty("statement").GetString()}";
    }
}
