using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Simulation.Tests;

/// <summary>An office that asks its node for one thing, and asks again under the same id until it is answered.</summary>
sealed class Office(World world, Node node, int number, TimeSpan? hangsUpAfter)
{
    /// <summary>Who gives up leaves a command that is done or not, and nobody the wiser.</summary>
    const int MostTries = 30;

    static readonly Domain.Dossiers.Office FocalPoint = Named("focal-point@simulated");
    static readonly Domain.Dossiers.Office CaseWorker = Named("case-worker@simulated");

    readonly Chance _chance = Chance.For(world.Schedule.Seed, "office", number);

    public async Task AskAsync()
    {
        if (_chance.OneIn(40) && Held().Count > 0)
        {
            await new OtherProgram(world, node, number, _chance).WriteAsync(_chance.Of(Held()));
            return;
        }
        var (act, id, body) = MakeUpMind();
        var key = new CommandKey(_chance.OneIn(12) ? CaseWorker : FocalPoint, $"command-{node.Id}-{number:D8}");
        var hash = Hash($"{act} {number}");
        world.Tell($"{node.Id} command {number}: {act} {id?.Short} {body}");
        if (await UntilAnsweredAsync(key, hash, act, id, body) is not CommandOutcome.Done done) return;

        // Whoever is not sure that an answer came asks again, maybe much later, and hears the same.
        if (_chance.OneIn(3))
        {
            await world.Outside.PauseAsync(_chance.Between(0, 20));
            var second = await UntilAnsweredAsync(key, hash, act, id, body);
            if (second is null || world.Oracle.HasForgotten(node, key)) return;
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
            var other = await UntilAnsweredAsync(key, Hash("another request"), act, id, body);
            if (other is null || world.Oracle.HasForgotten(node, key)) return;
            world.Met(Situation.CommandIdReused);
            if (other is not CommandOutcome.Refused { Refusal.Kind: RefusalKind.AlreadyUsed }) world.Fail($"{node.Id} takes the id of command {number} for another request.");
        }
    }

    /// <summary>What to ask for, from what stands in the node's database now; when it is asked, more may stand there.</summary>
    (Act Act, DossierId? Id, Body Body) MakeUpMind()
    {
        var held = Held();
        var today = RegionalTime.Today(node.Id, node.Clock.Now);
        var others = node.Others.ToList();
        if (held.Count == 0 || _chance.OneIn(5))
        {
            var opening = _chance.Of([.. Statement.Table.Where(statement => statement.Opens)]);
            return (opening.Act, null, opening.Make(_chance, new Matter(node.Id, others, null, today)));
        }

        // Rather where something is still open than where all has ended.
        var row = held.Count == 1 ? held[0] : Enumerable.Range(0, 3).Select(_ => _chance.Of(held)).MinBy(row => Enum.TryParse<ReferralState>(row.State, out var state) ? state : ReferralState.Withdrawn)!;
        var dossier = Oracle.Fold(row);
        var matter = new Matter(node.Id, others, dossier, today);
        var statements = Statement.Table.Where(statement => !statement.Opens).SelectMany(statement => Enumerable.Repeat((statement.Act, Body: statement.Make(_chance, matter)), statement.Often)).ToList();
        // Mostly what is open; else the dossiers would soon all have ended, or stood still.
        var open = dossier.State is not { } state ? [] : statements
            .Where(statement => state.Next(dossier.Draft(node.Id, FocalPoint, statement.Body, today, Channel.Node, node.Clock.Now)) is not Voided<Referral>).ToList();
        var (act, body) = _chance.Of(open.Count > 0 && !_chance.OneIn(4) ? open : statements);
        return (act, row.Id, body);
    }

    List<DossierRow> Held() => [.. node.Database.Dossiers.Where(row => row.Participants.Contains(node.Id))];

    async Task<CommandOutcome?> UntilAnsweredAsync(CommandKey key, ReadOnlyMemory<byte> hash, Act act, DossierId? id, Body body)
    {
        var command = new Command(key, hash, HappenedOn: null, Channel.Node, AnswerFrom);
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
                        var answer = id is { } dossier
                            ? await process.Desk.WriteAsync(command, act, dossier, body, stop)
                            : await process.Desk.OpenAsync(command, (Opened)body, stop);
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
    byte[] AnswerFrom(Dossier<Referral> dossier)
    {
        var written = dossier.Waiting.LastOrDefault(entry => entry.By(node.Id) && entry.Seq == int.MaxValue)
            ?? dossier.Entries.Where(judged => judged.Entry.By(node.Id)).MaxBy(judged => judged.Entry.Seq)!.Entry;
        return [.. dossier.Id.ToArray(), .. written.Hash.ToArray()];
    }

    static ReadOnlyMemory<byte> Hash(string request) => EntryHash.Of(System.Text.Encoding.UTF8.GetBytes(request)).ToArray();

    static Domain.Dossiers.Office Named(string name) => Domain.Dossiers.Office.TryParse(name, out var office) ? office : throw new FormatException(name);

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
            var (_, bytes) = EntryWire.Write(dossier.Draft(node.Id, FocalPoint, new Cancelled(), RegionalTime.Today(node.Id, now), Channel.Node, now), []);
            if (chance.OneIn(2)) bytes = [.. bytes, .. UnknownField];
            else bytes = WithoutChannel(bytes);

            var entry = EntryWire.Read(bytes)!;
            var signed = new SignedEntry(entry, bytes, node.Pen.Key.Sign(Hosting.Trust.SignatureKind.Entry, bytes), node.Pen.Key.Id);
            var after = Oracle.Fold(id, [.. held.Entries.Select(kept => kept.Entry), entry]);
            world.Tell($"{node.Id} other program: {entry.Body} into {id.Short}");
            return await process.Store.AppendAsync(
                new Append(
                    signed, held.Entries.Length, after.State?.State.ToString(),
                    SetDigest.Of(opening, [.. held.Entries.Select(kept => kept.Entry), entry]), opening,
                    new CommandKey(FocalPoint, $"other-{node.Id}-{number:D8}"), new Answered(new byte[32], new byte[1]), process.HandOvers.Known, now), cancellationToken);
        }

        static byte[] WithoutChannel(byte[] bytes)
        {
            var wire = Wire.Entry.Parser.ParseFrom(bytes);
            wire.Channel = Contracts.Directory.V1.Channel.Unspecified;
            return Google.Protobuf.MessageExtensions.ToByteArray(wire);
        }
    }
}
