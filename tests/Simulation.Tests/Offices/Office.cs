using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Simulation.Tests;

/// <summary>An office that asks its node for one thing, and asks again under the same id until it is answered.</summary>
sealed class Office(World world, Node node, int number, TimeSpan? hangsUpAfter)
{
    /// <summary>Who gives up leaves a command that is done or not, and nobody the wiser.</summary>
    const int MostTries = 30;

    readonly Chance _chance = Chance.For(world.Schedule.Seed, "office", number);

    public async Task AskAsync()
    {
        if (_chance.OneIn(40) && Held().Count > 0)
        {
            await new OtherProgram(world, node, number, _chance).WriteAsync(_chance.Of(Held()));
            return;
        }
        var command = MakeUpMind();
        world.Oracle.Asked(node, command);
        world.Tell($"{node.Id} command {number}: {command.Dossier?.Short} {command.Body}{(command.Particulars.IsEmpty ? "" : " with particulars")}");
        if (await UntilAnsweredAsync(command) is not CommandOutcome.Done done) return;

        // Whoever is not sure that an answer came asks again, maybe much later, and hears the same.
        if (_chance.OneIn(3))
        {
            await world.Outside.PauseAsync(_chance.Between(0, 20));
            var second = await UntilAnsweredAsync(command);
            if (second is null || world.Oracle.HasForgotten(node, command.Key)) return;
            if (second is CommandOutcome.Done again)
            {
                world.Met(Situation.CommandAnsweredAgain);
                if (!again.Answer.Span.SequenceEqual(done.Answer.Span)) world.Fail($"{node.Id} answered command {number} twice, differently.");
            }
            else
            {
                world.Fail($"{node.Id} refuses command {number}, which it has done.");
            }
        }
        if (_chance.OneIn(8))
        {
            var other = await UntilAnsweredAsync(command with { RequestHash = Hash("another request") });
            if (other is null || world.Oracle.HasForgotten(node, command.Key)) return;
            world.Met(Situation.CommandIdReused);
            if (other is not CommandOutcome.Refused { Refusal.Kind: RefusalKind.AlreadyUsed }) world.Fail($"{node.Id} takes the id of command {number} for another request.");
        }
    }

    /// <summary>What to ask for, from what stands in the node's database now; when it is asked, more may stand there.</summary>
    Command MakeUpMind()
    {
        var held = Held();
        var matter = new Matter(node.Id, [.. node.Others], RegionalTime.Today(node.Id, node.Clock.Now), node.Clock.Now);
        // Some schedules have many cases, in others a few go far.
        var row = held.Count == 0 || _chance.OneIn(5 << (int)(world.Schedule.Seed % 4)) ? null : Liveliest(held);
        var intent = row is null
            ? Statements.Opening(_chance, matter, [.. held.Select(before => before.Id)])
            : Statements.Next(_chance, matter, Oracle.Fold(row));
        var statement = intent.Statement;
        var key = new CommandKey(_chance.OneIn(12) ? Officers.CaseWorker : statement.Office, $"command-{node.Id}-{number:D8}");
        return new Command(key, "person-1", Hash($"{number}"), row?.Id, statement.Body)
        {
            HappenedOn = statement.HappenedOn == matter.Today ? null : statement.HappenedOn, Channel = statement.Channel, Answers = statement.Answers,
            OnBehalfOf = statement.OnBehalfOf, Letter = statement.Letter, ConfirmsContradiction = intent.Contradicts, Earlier = intent.Earlier,
            CaseFile = statement.Body is CaseFileReleased ? new Contracts.Referral.V1.CaseFile { OfficeContact = $"The case file of {key.CommandId}." }.ToByteArray() : default,
            Particulars = _chance.OneIn(4) ? System.Text.Encoding.UTF8.GetBytes($"The particulars of {key.CommandId}. {new string('.', _chance.Of(200))}") : default,
        };
    }

    /// <summary>Rather where something is still open than where all has ended, and rather where it has come far.</summary>
    DossierRow Liveliest(List<DossierRow> held)
    {
        var some = Enumerable.Range(0, 1 + _chance.Of(3)).Select(_ => _chance.Of(held)).ToList();
        return some.MaxBy(row => Enum.TryParse<ReferralState>(row.Overview.State, out var state) && state <= ReferralState.InReintegration ? (int)state : 0)!;
    }

    List<DossierRow> Held() => [.. node.Database.Dossiers.Where(row => row.Participants.Contains(node.Id))];

    async Task<CommandOutcome?> UntilAnsweredAsync(Command command)
    {
        for (var tries = 0; tries < MostTries; tries++)
        {
            if (node.AnyProcess(_chance) is { } process)
            {
                try
                {
                    var patience = new CancellationTokenSource();
                    if (tries == 0 && hangsUpAfter is { } after) world.Agenda.In(after, world.Outside, _ => HangUp(patience), null);
                    var outcome = await process.ServeAsync(async stop =>
                    {
                        var answer = await process.Desk.WriteAsync(command, AnswerFrom, stop);
                        world.Oracle.Answered(node, command, answer);
                        return answer;
                    }, patience.Token);
                    if (outcome is not CommandOutcome.Refused { Refusal.Kind: RefusalKind.TryAgain }) return outcome;
                }
                catch (Exception fault) when (fault is ConnectionLostException or DatabaseGoneException or OperationCanceledException)
                {
                    // Done or not: the same request again tells.
                }
            }
            await world.Outside.PauseAsync(_chance.Between(0.05, 3));
        }
        return null;
    }

    void HangUp(CancellationTokenSource patience)
    {
        if (world.IsHealing) return;
        world.Struck(Fault.OfficeHungUp);
        patience.Cancel();
    }

    /// <summary>What the office takes home: which entry was written into which dossier, or which withdrawal waits there to be signed.</summary>
    byte[] AnswerFrom(HeldDossier held, Dossier<Referral> dossier)
    {
        var written = dossier.Waiting.LastOrDefault(entry => entry.By(node.Id) && entry.Seq == int.MaxValue)
            ?? dossier.Entries.Where(judged => judged.Entry.By(node.Id)).MaxBy(judged => judged.Entry.Seq)!.Entry;
        return [.. dossier.Id.ToArray(), .. written.Hash.ToArray()];
    }

    static ReadOnlyMemory<byte> Hash(string request) => EntryHash.Of(System.Text.Encoding.UTF8.GetBytes(request)).ToArray();

    /// <summary>Another program of the same country, a newer one or a broken one: it signs with the node's key and keeps to its chain.</summary>
    sealed class OtherProgram(World world, Node node, int number, Chance chance)
    {
        /// <summary>Field 2000, a varint: 1. No proto of ours has it.</summary>
        static readonly byte[] UnknownField = [0x80, 0x7D, 0x01];

        public async Task WriteAsync(DossierRow row)
        {
            if (node.AnyProcess(chance) is not { } process) return;
            try
            {
                await process.ServeAsync(stop => WriteAsync(process, row.Id, stop), CancellationToken.None);
            }
            catch (Exception fault) when (fault is ConnectionLostException or DatabaseGoneException)
            {
                // It does not ask again.
            }
        }

        async Task<AppendOutcome?> WriteAsync(Process process, DossierId id, CancellationToken cancellationToken)
        {
            if (await process.Desk.FindAsync(id, cancellationToken) is not ({ } held, { OpeningEntry.Opening: { } opening } dossier)) return null;
            if (dossier.Waiting.Any(entry => entry.By(node.Id))) return null;
            var now = node.Clock.Now;
            var (_, bytes) = EntryWire.Write(dossier.Draft(node.Id, new Statement(Officers.FocalPoint, new Cancelled(), RegionalTime.Today(node.Id, now), Channel.Node), now), []);
            if (chance.OneIn(2)) bytes = [.. bytes, .. UnknownField];
            else bytes = WithoutChannel(bytes);

            var entry = EntryWire.Read(bytes)!;
            var signed = new SignedEntry(entry, bytes, node.Pen.Key.Sign(Hosting.Trust.SignatureKind.Entry, bytes), node.Pen.Key.Id);
            var after = Oracle.Fold(id, [.. held.Entries.Select(kept => kept.Entry), entry]);
            world.Tell($"{node.Id} other program: {entry.Body} into {id.Short}");
            return await process.Store.AppendAsync(
                new Append(
                    signed, held.Entries.Length, process.Overviews.Of(after, held.Entries, held.Receipts, now), [],
                    SetDigest.Of(opening, [.. held.Entries.Select(kept => kept.Entry), entry]), opening,
                    new CommandKey(Officers.FocalPoint, $"other-{node.Id}-{number:D8}"), new Answered(new byte[32], new byte[1]), process.HandOvers.Known, now) { Receipts = held.Receipts.Length }, cancellationToken);
        }

        static byte[] WithoutChannel(byte[] bytes)
        {
            var wire = Wire.Entry.Parser.ParseFrom(bytes);
            wire.Channel = Contracts.Directory.V1.Channel.Unspecified;
            return Google.Protobuf.MessageExtensions.ToByteArray(wire);
        }
    }
}
