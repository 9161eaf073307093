using System.Collections;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;

namespace Coordination.CountryNode.Tests.Wire;

/// <summary>The bytes of every statement, as a peer with last year's program writes and reads them.</summary>
/// <remarks>
/// Each file under Golden/ holds one entry in hexadecimal, written by another program (make-golden.py). A file is never
/// changed: what was signed once must be read the same for as long as a dossier is kept. A new statement gets a new file.
/// </remarks>
public sealed class GoldenBytesTests
{
    public static TheoryData<string> Names => [.. GoldenEntries.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_is_written_as_it_always_was(string name)
    {
        var meant = GoldenEntries.All[name];
        var (entry, bytes) = EntryWire.Write(meant with { Hash = default }, meant.Opening is null ? [] : GoldenEntries.Nonce);
        Convert.ToHexStringLower(bytes).ShouldBe(Convert.ToHexStringLower(GoldenEntries.Bytes(name)));
        entry.ShouldSay(meant);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void An_entry_is_read_as_it_was_meant(string name)
    {
        var read = EntryWire.Read(GoldenEntries.Bytes(name));
        read.ShouldNotBeNull();
        read.ShouldSay(GoldenEntries.All[name]);
    }

    [Fact]
    public void Every_statement_has_its_golden_bytes()
    {
        var bodies = typeof(Body).Assembly.GetTypes().Where(type => type.IsSubclassOf(typeof(Body)) && !type.IsAbstract && type != typeof(NotUnderstood) && type != typeof(Misshapen));
        GoldenEntries.All.Values.Select(entry => entry.Body.GetType()).Distinct().ShouldBe(bodies, ignoreOrder: true);
        Directory.GetFiles(GoldenEntries.Folder).Select(file => Path.GetFileNameWithoutExtension(file)).ShouldBe(GoldenEntries.All.Keys, ignoreOrder: true);
    }

    [Fact]
    public void Every_field_and_every_alternative_that_an_entry_can_hold_has_its_golden_bytes()
    {
        var shown = GoldenEntries.All.Keys.SelectMany(name => Place.AllIn(GoldenEntries.Message(name))).Select(place => place.Field.FullName).ToHashSet(StringComparer.Ordinal);
        Place.Messages.SelectMany(message => message.Fields.InDeclarationOrder()).Select(field => field.FullName).Where(field => !shown.Contains(field)).ShouldBeEmpty();
    }
}

static class EntryAssertions
{
    /// <summary>Value by value: a record that holds an array is equal to itself alone.</summary>
    public static void ShouldSay(this Entry entry, Entry meant)
    {
        foreach (var property in typeof(Entry).GetProperties())
        {
            var (said, expected) = (property.GetValue(entry), property.GetValue(meant));
            if (expected is Opening opening)
            {
                var read = said.ShouldBeOfType<Opening>();
                (read.Kind, read.ProtocolVersion).ShouldBe((opening.Kind, opening.ProtocolVersion));
                read.Writers.ShouldBe(opening.Writers);
                read.Readers.ShouldBe(opening.Readers);
            }
            else if (expected is IEnumerable members) ((IEnumerable)said!).Cast<object>().ShouldBe(members.Cast<object>(), property.Name);
            else said.ShouldBe(expected, property.Name);
        }
    }
}
