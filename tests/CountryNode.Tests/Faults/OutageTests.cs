using Microsoft.Extensions.Logging;
using Npgsql;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>How often a node says that something it needs is away.</summary>
public sealed class OutageTests
{
    readonly FakeClock _clock = new(new DateTimeOffset(2026, 11, 23, 5, 0, 0, TimeSpan.Zero));
    readonly Told _told = new();

    [Fact]
    public void Each_outage_of_the_database_is_said_once_now_and_then_and_when_it_is_over()
    {
        var outage = new Outage(_clock, _told);
        for (var spell = 1; spell <= 2; spell++)
        {
            _told.Ids.Clear();
            for (var failures = 0; failures < 100; failures++)
            {
                outage.DatabaseFailed(new NpgsqlException());
                outage.DatabaseAnswered();
                _clock.Now += TimeSpan.FromMilliseconds(100);
            }
            _told.Ids.ShouldBe([500, 502]);
            _clock.Now += TimeSpan.FromSeconds(3);
            for (var answers = 0; answers < 3; answers++) outage.DatabaseAnswered();
            _told.Ids.ShouldBe([500, 502, 503], $"spell {spell}");
        }
    }

    [Fact]
    public void Each_outage_of_the_key_folder_is_said_once_and_now_and_then()
    {
        var outage = new Outage(_clock, _told);
        for (var spell = 1; spell <= 2; spell++)
        {
            _told.Ids.Clear();
            for (var failures = 0; failures < 100; failures++)
            {
                outage.KeysFailed(new IOException());
                _clock.Now += TimeSpan.FromMilliseconds(100);
            }
            _told.Ids.ShouldBe([501, 504], $"spell {spell}");
            _clock.Now += TimeSpan.FromSeconds(60);
        }
    }

    sealed class Told : ILogger<Outage>
    {
        public List<int> Ids { get; } = [];

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Ids.Add(eventId.Id);
    }
}
