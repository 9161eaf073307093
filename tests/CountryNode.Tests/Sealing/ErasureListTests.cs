using System.Security.Cryptography;
using System.Text;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Tests.Sealing;

/// <summary>The list that outlives database and key folder. Every <see cref="ErasureList"/> stands for a replica of its own.</summary>
public sealed class ErasureListTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("coordination-erasures-");
    readonly DirectoryInfo _keys = Directory.CreateTempSubdirectory("coordination-erased-keys-");

    public void Dispose()
    {
        _folder.Delete(recursive: true);
        _keys.Delete(recursive: true);
    }

    [Fact]
    public void Replicas_that_add_at_once_lose_nothing_and_each_dossier_is_there_once()
    {
        List().Begin([]);
        var dossiers = Enumerable.Range(0, 200).Select(number => DossierOf($"{number}")).ToList();
        Parallel.For(0, 800, number => List().Add(dossiers[number % 200]));
        List().Read().ShouldBe(dossiers, ignoreOrder: true);
        Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories).Count().ShouldBe(201);
    }

    [Fact]
    public void A_folder_that_holds_no_list_takes_no_erasure_and_the_key_stays()
    {
        var keys = new DossierKeys(new KeyFolder(_keys.FullName), List());
        var dossier = DossierOf("kept");
        var kept = keys.Protect(dossier, "a word"u8, []).ShouldBeOfType<Protection.Protected>().Bytes;
        Should.Throw<IOException>(() => keys.Destroy(dossier)).Message.ShouldContain("holds no list of erasures");
        keys.Open(dossier, kept.Span, []).ShouldBeOfType<Disclosure.Opened>();
        List().Read().ShouldBeEmpty();

        List().Begin([]);
        keys.Destroy(dossier);
        keys.Open(dossier, kept.Span, []).ShouldBe(new Disclosure.Destroyed());
        List().Read().ShouldBe([dossier]);
    }

    [Fact]
    public void What_lies_about_in_the_folder_is_no_erasure()
    {
        List().Begin([DossierOf("erased")]);
        Directory.CreateDirectory(Path.Combine(_folder.FullName, "lost+found"));
        var within = Directory.CreateDirectory(Path.Combine(_folder.FullName, "ab"));
        foreach (var name in (string[])["note", $"{DossierOf("another")}.bak", new string('A', 64)]) File.WriteAllText(Path.Combine(within.FullName, name), "");
        List().Read().ShouldBe([DossierOf("erased")]);
    }

    ErasureList List() => new(_folder.FullName);

    static DossierId DossierOf(string name) => DossierId.Read(SHA256.HashData(Encoding.UTF8.GetBytes(name)));
}
