using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Tests.Sealing;

/// <summary>How sealed parts are kept, and how they are erased. Every <see cref="DossierKeys"/> stands for a replica of its own.</summary>
public sealed class DossierKeysTests : IDisposable
{
    static readonly DossierId Dossier = DossierOf("a dossier");
    static readonly byte[] Words = Encoding.UTF8.GetBytes("a word");
    static readonly byte[] Row = Encoding.UTF8.GetBytes("row 1");

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-dossier-keys-");

    readonly DirectoryInfo _erasures = Directory.CreateTempSubdirectory("coordination-erasures-");

    public DossierKeysTests() => new ErasureList(_erasures.FullName).Begin([]);

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _erasures.Delete(recursive: true);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(200 * 1024)]
    public void What_is_protected_opens_unchanged_at_any_replica(int length)
    {
        var plaintext = RandomNumberGenerator.GetBytes(length);

        Opened(Replica().Open(Dossier, Protected(Dossier, plaintext), Row)).ShouldBe(plaintext);
    }

    [Fact]
    public void The_same_words_are_never_kept_alike() => Protected(Dossier).ShouldNotBe(Protected(Dossier));

    [Fact]
    public void A_dossiers_key_is_one_file_that_its_owner_alone_reads()
    {
        Protected(Dossier);
        Protected(Dossier);
        Protected(DossierOf("another"));

        Files(Dossier).ShouldBe([KeyOf(Dossier)]);
        KeyOf(Dossier).ShouldBe(Path.Combine(_folder.FullName, "dossiers", Dossier.ToString()[..2], $"{Dossier}.key"));
        File.GetUnixFileMode(KeyOf(Dossier)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        foreach (var folder in Directory.GetDirectories(_folder.FullName, "*", SearchOption.AllDirectories))
            File.GetUnixFileMode(folder).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.ReadAllBytes(KeyOf(Dossier)).ShouldNotBe(File.ReadAllBytes(KeyOf(DossierOf("another"))));
    }

    [Fact]
    public void Replicas_that_protect_at_once_make_one_key()
    {
        foreach (var round in Enumerable.Range(0, 40))
        {
            var dossier = DossierOf($"round {round}");

            var kept = AtOnce(8, _ => Protected(dossier));

            foreach (var bytes in kept) Opened(Replica().Open(dossier, bytes, Row)).ShouldBe(Words);
            Files(dossier).ShouldBe([KeyOf(dossier)]);
        }
    }

    [Fact]
    public void What_is_destroyed_stays_destroyed_at_every_replica()
    {
        var (one, other) = (Replica(), Replica());
        var kept = Protected(Dossier);
        Opened(other.Open(Dossier, kept, Row)).ShouldBe(Words);

        one.Destroy(Dossier);

        foreach (var replica in (IEnumerable<DossierKeys>)[one, other, Replica()])
        {
            replica.Open(Dossier, kept, Row).ShouldBe(new Disclosure.Destroyed());
            replica.Protect(Dossier, Words, Row).ShouldBe(new Protection.Destroyed());
            replica.Destroy(Dossier);
        }
        Files(Dossier).ShouldBe([TombstoneOf(Dossier)]);
        File.GetUnixFileMode(TombstoneOf(Dossier)).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public void No_other_dossiers_key_is_destroyed_with_it()
    {
        var other = DossierOf("another");
        var kept = Protected(other);
        Protected(Dossier);

        Replica().Destroy(Dossier);

        Opened(Replica().Open(other, kept, Row)).ShouldBe(Words);
    }

    [Fact]
    public void A_dossier_that_never_had_a_key_gets_none_once_it_was_destroyed()
    {
        Replica().Destroy(Dossier);

        Replica().Protect(Dossier, Words, Row).ShouldBe(new Protection.Destroyed());
        Files(Dossier).ShouldBe([TombstoneOf(Dossier)]);
    }

    [Fact]
    public void A_key_is_overwritten_before_its_file_goes()
    {
        Protected(Dossier);
        using var held = new FileStream(KeyOf(Dossier), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var key = File.ReadAllBytes(KeyOf(Dossier));

        Replica().Destroy(Dossier);

        var left = new byte[key.Length];
        held.ReadExactly(left);
        held.ReadByte().ShouldBe(-1);
        left[..32].ShouldNotBe(key[..32]);
        left[32..].ShouldNotBe(key[32..]);
    }

    [Theory]
    [InlineData("the tombstone was made")]
    [InlineData("the key was half overwritten")]
    [InlineData("the key was emptied")]
    [InlineData("the key was put back from a copy")]
    public void A_destruction_that_broke_off_holds_and_whoever_comes_next_finishes_it(string where)
    {
        var kept = Protected(Dossier);
        var key = File.ReadAllBytes(KeyOf(Dossier));
        switch (where)
        {
            case "the tombstone was made": File.WriteAllBytes(TombstoneOf(Dossier), []); break;
            case "the key was half overwritten":
                File.WriteAllBytes(TombstoneOf(Dossier), []);
                File.WriteAllBytes(KeyOf(Dossier), [.. RandomNumberGenerator.GetBytes(16), .. key[16..]]);
                break;
            case "the key was emptied":
                File.WriteAllBytes(TombstoneOf(Dossier), []);
                File.WriteAllBytes(KeyOf(Dossier), []);
                break;
            case "the key was put back from a copy":
                Replica().Destroy(Dossier);
                File.WriteAllBytes(KeyOf(Dossier), key);
                break;
        }

        Replica().Open(Dossier, kept, Row).ShouldBe(new Disclosure.Destroyed());
        Files(Dossier).ShouldBe([TombstoneOf(Dossier)]);
        Replica().Protect(Dossier, Words, Row).ShouldBe(new Protection.Destroyed());
        Replica().Destroy(Dossier);
        Files(Dossier).ShouldBe([TombstoneOf(Dossier)]);
    }

    [Fact]
    public async Task What_a_maker_that_was_killed_left_behind_goes_with_the_key()
    {
        Protected(Dossier);
        var key = File.ReadAllBytes(KeyOf(Dossier));
        // Killed after it had linked the key, and before: the first is the key's own file under a second name.
        using (var link = Process.Start("ln", [KeyOf(Dossier), KeyOf(Dossier).Replace(".key", ".0123456789abcdef.new", StringComparison.Ordinal)]))
            await link.WaitForExitAsync(TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(KeyOf(Dossier).Replace(".key", ".fedcba9876543210.new", StringComparison.Ordinal), key[..40], TestContext.Current.CancellationToken);
        Files(Dossier).Length.ShouldBe(3);

        Replica().Destroy(Dossier);

        Files(Dossier).ShouldBe([TombstoneOf(Dossier)]);
    }

    [Fact]
    public void Whatever_protects_while_it_is_destroyed_brings_no_key_back()
    {
        foreach (var round in Enumerable.Range(0, 60))
        {
            var dossier = DossierOf($"round {round}");

            // Half of the rounds begin without a key, so that making and destroying meet.
            if (round % 2 == 0) Protected(dossier);
            AtOnce(6, replica =>
            {
                if (replica < 2) Replica().Destroy(dossier);
                else Replica().Protect(dossier, Words, Row).ShouldNotBeOfType<Protection.Damaged>();
                return replica;
            });

            Replica().Protect(dossier, Words, Row).ShouldBe(new Protection.Destroyed());
            Files(dossier).ShouldBe([TombstoneOf(dossier)]);
        }
    }

    [Theory]
    [InlineData("emptied")]
    [InlineData("cut")]
    [InlineData("zeroed")]
    [InlineData("longer")]
    [InlineData("one bit changed")]
    [InlineData("another dossier's")]
    public void A_damaged_key_is_said_to_be_damaged_and_is_neither_used_nor_replaced(string damage)
    {
        var kept = Protected(Dossier);
        Protected(DossierOf("another"));
        var key = File.ReadAllBytes(KeyOf(Dossier));
        byte[] damaged = damage switch
        {
            "emptied" => [],
            "cut" => key[..32],
            "zeroed" => new byte[key.Length],
            "longer" => [.. key, 0],
            "one bit changed" => [(byte)(key[0] ^ 1), .. key[1..]],
            _ => File.ReadAllBytes(KeyOf(DossierOf("another"))),
        };
        File.WriteAllBytes(KeyOf(Dossier), damaged);

        Replica().Open(Dossier, kept, Row).ShouldBe(new Disclosure.Damaged(Damage.KeyDamaged));
        Replica().Protect(Dossier, Words, Row).ShouldBe(new Protection.Damaged());
        File.ReadAllBytes(KeyOf(Dossier)).ShouldBe(damaged);

        File.WriteAllBytes(KeyOf(Dossier), key);
        Opened(Replica().Open(Dossier, kept, Row)).ShouldBe(Words);
    }

    [Fact]
    public void A_key_that_is_missing_was_not_destroyed()
    {
        var kept = Protected(Dossier);
        File.Delete(KeyOf(Dossier));

        Replica().Open(Dossier, kept, Row).ShouldBe(new Disclosure.Damaged(Damage.KeyMissing));
        // Nor does asking make one.
        Files(Dossier).ShouldBeEmpty();
        Protected(Dossier);
        Replica().Open(Dossier, kept, Row).ShouldBe(new Disclosure.Damaged(Damage.Altered));
    }

    [Fact]
    public void What_was_protected_opens_for_its_own_row_and_dossier_alone()
    {
        var kept = Protected(Dossier);
        Protected(DossierOf("another"));

        Replica().Open(Dossier, kept, "row 2"u8).ShouldBe(new Disclosure.Damaged(Damage.Altered));
        Replica().Open(Dossier, kept, []).ShouldBe(new Disclosure.Damaged(Damage.Altered));
        Replica().Open(DossierOf("another"), kept, Row).ShouldBe(new Disclosure.Damaged(Damage.Altered));
    }

    [Fact]
    public void No_byte_of_what_was_kept_can_be_changed_or_left_out()
    {
        var kept = Protected(Dossier);
        for (var i = 0; i < kept.Length; i++)
        {
            byte[] changed = [.. kept[..i], (byte)(kept[i] ^ 1), .. kept[(i + 1)..]];
            Replica().Open(Dossier, changed, Row).ShouldBe(new Disclosure.Damaged(Damage.Altered));
            Replica().Open(Dossier, kept.AsSpan(0, i), Row).ShouldBe(new Disclosure.Damaged(Damage.Altered));
        }
    }

    [Fact]
    public void A_folder_that_cannot_be_read_is_a_fault_and_no_answer()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "dossiers"), "no folder");

        Should.Throw<IOException>(() => Replica().Open(Dossier, Words, Row));
        Should.Throw<IOException>(() => Replica().Protect(Dossier, Words, Row));
        Should.Throw<IOException>(() => Replica().Destroy(Dossier));
    }

    static DossierId DossierOf(string opening) => new(EntryHash.Of(Encoding.UTF8.GetBytes(opening)));

    DossierKeys Replica() => new(new KeyFolder(_folder.FullName), new ErasureList(_erasures.FullName));

    byte[] Protected(DossierId dossier, byte[]? plaintext = null) =>
        Replica().Protect(dossier, plaintext ?? Words, Row).ShouldBeOfType<Protection.Protected>().Bytes.ToArray();

    static byte[] Opened(Disclosure disclosure) => disclosure.ShouldBeOfType<Disclosure.Opened>().Plaintext.ToArray();

    string KeyOf(DossierId dossier) => Path.Combine(_folder.FullName, "dossiers", dossier.ToString()[..2], $"{dossier}.key");

    string TombstoneOf(DossierId dossier) => Path.ChangeExtension(KeyOf(dossier), ".gone");

    string[] Files(DossierId dossier) => Directory.GetFiles(Path.GetDirectoryName(KeyOf(dossier))!, $"{dossier}*");

    /// <summary>Threads that begin at the same moment.</summary>
    static T[] AtOnce<T>(int threads, Func<int, T> act)
    {
        using var start = new Barrier(threads);
        return [.. Enumerable.Range(0, threads).Select(number => Task.Factory.StartNew(() =>
        {
            start.SignalAndWait(TestContext.Current.CancellationToken);
            return act(number);
        }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToArray().Select(task => task.GetAwaiter().GetResult())];
    }
}
