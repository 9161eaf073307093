using Coordination.Local;

[assembly: AssemblyFixture(typeof(Coordination.CountryNode.Tests.PostgresFixture))]

namespace Coordination.CountryNode.Tests;

/// <summary>The one PostgreSQL server that all tests of this program share; each makes databases of its own on it.</summary>
public sealed class PostgresFixture : IAsyncLifetime
{
    PostgresServer? _server;

    public PostgresServer Server => _server ?? throw new InvalidOperationException("The server has not been started.");

    public async ValueTask InitializeAsync() => _server = await PostgresServer.StartAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server is not null) await _server.DisposeAsync();
    }
}
