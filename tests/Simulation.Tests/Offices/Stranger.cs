using System.Collections.Immutable;
using Coordination.CountryNode.Peers;
using Coordination.Hosting.Dossiers;

namespace Coordination.Simulation.Tests;

/// <summary>Something at a node's door, under a peer's certificate, that no relay would bring.</summary>
sealed class Stranger(World world, Planned.Knock knock)
{
    readonly Chance _chance = Chance.For(world.Schedule.Seed, "knock", knock.Number);

    public async Task KnockAsync()
    {
        if (world[knock.To].AnyProcess(_chance) is not { } process || Offer() is not { IsEmpty: false } offered) return;
        world.Struck(knock.Fault);
        if (await World.KnockAsync(process, knock.From, offered, handOver: long.MaxValue) is not { } delivered) return;

        var wanted = knock.Fault switch
        {
            Fault.Malformed or Fault.Forged => Disposition.Refused,
            Fault.UnknownKey => Disposition.TryAgain,
            _ => Disposition.Held,
        };
        if (knock.Fault is not Fault.HandedOnAgain && delivered.Admitted.Any(admitted => admitted.Disposition != wanted))
            world.Fail($"{knock.To} says of what was {knock.Fault}: {string.Join(", ", delivered.Admitted)}");
    }

    ImmutableArray<Offered> Offer()
    {
        if (knock.Fault is Fault.Malformed) return [new Offered(Garbage(), Garbage(), "nobody")];
        var known = world[knock.From].Database.Dossiers.Where(row => row.Participants.Contains(knock.To)).SelectMany(row => row.Entries).Select(held => held.Signed)
            // What never left its node leaves it by the road that counts it.
            .Where(signed => !signed.Entry.By(knock.From) || world[knock.To].Database.Holds(signed.Entry.Dossier, signed.Entry.Hash)).ToList();
        if (known.Count == 0) return [];
        var one = _chance.Of(known);
        return knock.Fault switch
        {
            Fault.Forged => [new Offered(one.Bytes, Spoilt(one), one.KeyId)],
            Fault.UnknownKey => [new Offered(one.Bytes, one.Signature, "nobodys-key")],
            _ => [.. Enumerable.Range(0, 1 + _chance.Of(6)).Select(_ => _chance.Of(known)).Select(signed => new Offered(signed.Bytes, signed.Signature, signed.KeyId))],
        };
    }

    byte[] Garbage()
    {
        var bytes = new byte[1 + _chance.Of(200)];
        _chance.Fill(bytes);
        bytes[0] = 0xFF;
        return bytes;
    }

    byte[] Spoilt(SignedEntry entry)
    {
        var signature = entry.Signature.ToArray();
        signature[_chance.Of(signature.Length)] ^= 1;
        return signature;
    }
}
