using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Tests.Exchange;

/// <summary>The number that outlives the database.</summary>
public sealed class HandOverMarkTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-mark-");

    [Fact]
    public async Task Whoever_raises_it_last_the_highest_number_stays()
    {
        Mark().Read().ShouldBeNull();
        await Mark().RaiseAsync(0, TestContext.Current.CancellationToken);
        Mark().Read().ShouldBe(0);

        // As replicas of a node do.
        HandOverMark[] replicas = [Mark(), Mark(), Mark(), Mark()];
        await Parallel.ForAsync(1, 101, TestContext.Current.CancellationToken, async (number, cancellationToken) =>
        {
            await replicas[number % 4].RaiseAsync(1000 - (7 * number), cancellationToken);
            // Nobody who reads meanwhile is turned away.
            (replicas[(number + 1) % 4].Read() >= 1000 - (7 * number)).ShouldBeTrue();
        });
        Mark().Read().ShouldBe(993);
        await Mark().RaiseAsync(5, TestContext.Current.CancellationToken);
        Mark().Read().ShouldBe(993);
    }

    [Fact]
    public async Task A_file_that_was_cut_off_counts_as_lost()
    {
        await Mark().RaiseAsync(7, TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(new KeyFolder(_folder.FullName).HandOvers, new byte[3], TestContext.Current.CancellationToken);
        Mark().Read().ShouldBeNull();
    }

    public void Dispose() => _folder.Delete(recursive: true);

    HandOverMark Mark() => new(new KeyFolder(_folder.FullName), TimeProvider.System);
}
