using Coordination.CountryNode.Peers;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Trust;
using Coordination.Interop.Wire;
using Coordination.Local;
using Microsoft.Extensions.Logging.Abstractions;

namespace Coordination.CountryNode.Tests.Faults;

/// <summary>Lines over which nothing comes any more, though nobody has closed them: a cable was pulled, a machine lost its power.</summary>
public sealed class SilenceTests(SharedRegion shared)
{
    /// <summary>A node asks after half a minute of silence, and gives up ten seconds later.</summary>
    static readonly TimeSpan Noticed = TimeSpan.FromSeconds(90);

    static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = 180_000)]
    public async Task Whoever_watches_and_has_gone_without_a_word_is_let_go()
    {
        var node = shared.Region["TH"];
        await using var cable = new Cable(new Uri(node.ApiAddress).Port);
        using var office = new OfficeClient(shared.Region, node, node.Tokens[$"focal-point@{node.Country.Unit}"], $"https://127.0.0.1:{cable.Port}");
        using var watch = office.Referrals.Watch(new(), office.Options.WithDeadline(DateTime.MaxValue));
        await watch.ResponseHeadersAsync;
        cable.Pull();
        await cable.ServerLeft.WaitAsync(Noticed, Cancelled);
    }

    [Fact(Timeout = 180_000)]
    public async Task A_peer_to_which_the_line_fell_silent_is_called_over_a_new_one()
    {
        var laos = NodeId.Parse("LA");
        await using var cable = new Cable(new Uri(shared.Region["LA"].PeerAddress).Port);
        var folder = Directory.CreateTempSubdirectory("coordination-silence-");
        try
        {
            var (theirs, keys) = (shared.Region["TH"].Keys, new KeyFolder(folder.FullName));
            foreach (var file in (string[])[theirs.Peer, theirs.TrustRoot]) File.Copy(file, Path.Combine(keys.Path, Path.GetFileName(file)));
            var list = shared.Region.TrustList.Clone();
            list.Nodes.Single(node => node.Id == "LA").PeerAddress = $"https://127.0.0.1:{cable.Port}";
            keys.WriteTrustList(shared.Region.Authority.Sign(list));
            using var peers = new GrpcPeers(new TrustInForce(keys, NullLogger<TrustInForce>.Instance), keys, TimeProvider.System);

            await peers.GetBucketsAsync(laos, since: null, Cancelled);
            cable.Pull();
            await Should.ThrowAsync<PeerUnavailableException>(() => peers.GetBucketsAsync(laos, since: null, Cancelled));
            (await Poll.UntilAsync(AnswersAsync, Noticed, Cancelled)).ShouldBeTrue();

            async Task<bool> AnswersAsync()
            {
                try
                {
                    await peers.GetBucketsAsync(laos, since: null, Cancelled);
                    return true;
                }
                catch (PeerUnavailableException)
                {
                    return false;
                }
            }
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
