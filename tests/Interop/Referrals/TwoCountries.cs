using Coordination.Interop.Referrals;
using Coordination.Local;

[assembly: AssemblyFixture(typeof(TwoCountries))]

namespace Coordination.Interop.Referrals;

/// <summary>Thailand and Lao PDR on this machine, for clients that know them by their region file alone.</summary>
public sealed class TwoCountries : IAsyncLifetime
{
    Region? _region;

    public Region Region => _region ?? throw new InvalidOperationException("The region has not been started.");

    public async ValueTask InitializeAsync() => _region = await Region.StartAsync(new RegionOptions { Countries = ["TH", "LA"] });

    public async ValueTask DisposeAsync()
    {
        if (_region is not null) await _region.DisposeAsync();
    }
}
