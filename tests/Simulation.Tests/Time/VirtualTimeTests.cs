using Coordination.CountryNode.Exchange;
using Coordination.Domain.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>What virtual time and the end of a program mean, and how a bell keeps to them.</summary>
public sealed class VirtualTimeTests
{
    static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    static readonly NodeId Laos = NodeId.Parse("LA");

    readonly Agenda _agenda = new(new Chance(1));

    [Fact]
    public void An_hour_passes_at_once_and_a_clock_that_is_set_back_makes_nobody_wait_longer()
    {
        var home = new Home(_agenda);
        var clock = new Clock(_agenda);
        var time = clock.For(home);
        TimeSpan? woken = null;
        home.Begin(TimeSpan.Zero, async () =>
        {
            await Task.Delay(TimeSpan.FromHours(1), time, TestContext.Current.CancellationToken);
            woken = _agenda.Now;
        });
        home.Begin(Minute, () =>
        {
            clock.Fast = -TimeSpan.FromMinutes(10);
            return Task.CompletedTask;
        });

        Run();

        woken.ShouldBe(TimeSpan.FromHours(1));
        time.GetUtcNow().ShouldBe(Clock.Start + TimeSpan.FromMinutes(50));
    }

    [Fact]
    public void A_program_that_was_killed_never_reaches_its_next_line_nor_its_last()
    {
        var home = new Home(_agenda);
        var reached = new List<string>();
        home.Begin(TimeSpan.Zero, async () =>
        {
            try
            {
                reached.Add("before");
                await home.PauseAsync(Minute);
                reached.Add("after");
            }
            finally
            {
                reached.Add("cleaned up");
            }
        });
        new Home(_agenda).Begin(Minute / 2, () =>
        {
            home.Leave();
            return Task.CompletedTask;
        });

        Run();

        reached.ShouldBe(["before"]);
    }

    [Fact]
    public void What_goes_on_on_another_thread_is_noticed()
    {
        // A thread of its own: the pool might lend the one that the agenda was made on.
        var other = new Thread(() => new Home(_agenda).Post(_ => { }, null));
        other.Start();
        other.Join();
        _agenda.LeftTheThread.ShouldBeTrue();
    }

    [Fact]
    public void A_bell_is_heard_at_once_also_when_it_rang_before_and_a_second_later_when_nobody_rang()
    {
        var home = new Home(_agenda);
        var bell = new Bell(new Clock(_agenda).For(home));
        var heard = new List<double>();
        home.Begin(TimeSpan.Zero, async () =>
        {
            bell.Ring(Laos);
            for (var times = 0; times < 4; times++)
            {
                await bell.WaitAsync(Laos, CancellationToken.None);
                heard.Add(_agenda.Now.TotalSeconds);
            }
        });
        home.Begin(TimeSpan.FromSeconds(1.5), () =>
        {
            bell.Ring(Laos);
            bell.Ring(Laos);
            return Task.CompletedTask;
        });

        Run();

        heard.ShouldBe([0, 1, 1.5, 2.5]);
        _agenda.LeftTheThread.ShouldBeFalse();
    }

    [Fact]
    public void Whoever_waits_for_a_bell_stops_when_told_to()
    {
        var home = new Home(_agenda);
        var bell = new Bell(new Clock(_agenda).For(home));
        var stop = new CancellationTokenSource();
        Task? waiting = null;
        home.Begin(TimeSpan.Zero, () => waiting = bell.WaitAsync(Laos, stop.Token));
        home.Begin(TimeSpan.FromSeconds(0.5), () =>
        {
            stop.Cancel();
            return Task.CompletedTask;
        });

        try { Run(); }
        catch (OperationCanceledException) { }

        waiting!.IsCanceled.ShouldBeTrue();
        _agenda.Now.ShouldBe(TimeSpan.FromSeconds(0.5));
    }

    void Run()
    {
        while (_agenda.DoNext(TimeSpan.FromDays(1))) { }
    }
}
