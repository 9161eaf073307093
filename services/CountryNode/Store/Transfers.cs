using System.Security.Cryptography;
using Coordination.Contracts.Dossier.V1;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Sealing;
using Dapper;
using Google.Protobuf;
using Npgsql;
using Office = Coordination.Domain.Dossiers.Office;

namespace Coordination.CountryNode.Store;

/// <summary>What lies in offices for whoever comes: one transfer in each, under a key of its own, which goes with it.</summary>
public sealed class Transfers(NpgsqlDataSource database, DossierKeys keys, Pen pen)
{
    /// <summary>In which nothing is over yet: also what lapsed, which somebody may still revive or close.</summary>
    static readonly string[] Open = [.. Enum.GetValues<ReferralState>().Where(state => state < ReferralState.Declined).Select(state => state.ToString())];

    /// <summary>Open referrals of an office, what this country owes first first.</summary>
    public async Task<IReadOnlyList<OpenMatterRow>> ListOpenAsync(Office office, int most, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<OpenMatterRow>(new CommandDefinition(
            """
            select dossier.id, counterpart, type, state, owed.clock, owed.due_at from dossier
            left join lateral (
                select clock, due_at from debt where debt.dossier_id = dossier.id and owes = @Own order by coalesce(due_at, 'infinity'), clock limit 1) as owed on true
            where kind = 'Referral' and dossier.office = @Office and state = any(@Open)
            order by coalesce(owed.due_at, 'infinity'), dossier.id
            limit @Most
            """, new { Own = pen.Node.ToString(), Office = office.ToString(), Open, Most = most }, cancellationToken: cancellationToken))];
    }

    /// <summary>Leaves a transfer in an office, in place of what lay there.</summary>
    /// <param name="office">In which.</param>
    /// <param name="transfer">As it was signed.</param>
    /// <param name="replaces">What has to lie there; null for nothing.</param>
    /// <param name="person">Who leaves it.</param>
    /// <param name="now">UTC.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <returns>False, and nothing is written, where something else lies there.</returns>
    public async Task<bool> LeaveAsync(Office office, SignedTransfer transfer, DossierId? replaces, string person, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var id = DossierId.Read(RandomNumberGenerator.GetBytes(EntryHash.Length));
        var content = keys.Protect(id, transfer.ToByteArray(), Associated(id)) is Protection.Protected kept ? kept.Bytes.ToArray() : throw new IOException("A transfer's key cannot be used: look at the key folder.");
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var isLeft = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into transfer (office, id, content, left_by, left_at)
            select @Office, @Id, @Content, @Person, @Now where @Replaces::bytea is null or exists (select from transfer where office = @Office)
            on conflict (office) do update set (id, content, left_by, left_at, taken_by, taken_at) = (excluded.id, excluded.content, excluded.left_by, excluded.left_at, null, null)
            where transfer.id = @Replaces
            """, new { Office = office.ToString(), Id = id.ToArray(), Content = content, Person = person, Now = now, Replaces = replaces?.ToArray() }, cancellationToken: cancellationToken)) == 1;
        // The key of what lies there no more: of what was, or of what was not left.
        if ((isLeft ? replaces : id) is { } gone) keys.Destroy(gone);
        return isLeft;
    }

    /// <summary>What lies in an office; null where nothing does, or it cannot be read any more.</summary>
    public async Task<KeptTransfer?> FindAsync(Office office, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            "select id, content, taken_by, taken_at from transfer where office = @Office", new { Office = office.ToString() }, cancellationToken: cancellationToken));
        return row is not null && DossierId.Read(row.Id) is var id && keys.Open(id, row.Content, Associated(id)) is Disclosure.Opened opened
            ? new(id, SignedTransfer.Parser.ParseFrom(opened.Plaintext.Span), row.TakenBy, row.TakenAt is { } at ? new DateTimeOffset(at) : null)
            : null;
    }

    /// <summary>Notes who goes on with the office's matters: whoever says so first stands.</summary>
    /// <returns>Who took over, and when; null where this is not what lies in the office now.</returns>
    public async Task<(string By, DateTimeOffset At)?> TakeOverAsync(Office office, DossierId id, string person, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenConnectionAsync(cancellationToken);
        var taken = await connection.QuerySingleOrDefaultAsync<Taken>(new CommandDefinition(
            "update transfer set taken_by = coalesce(taken_by, @Person), taken_at = coalesce(taken_at, @Now) where office = @Office and id = @Id returning taken_by, taken_at",
            new { Office = office.ToString(), Id = id.ToArray(), Person = person, Now = now }, cancellationToken: cancellationToken));
        return taken is null ? null : (taken.TakenBy, new DateTimeOffset(taken.TakenAt));
    }

    static byte[] Associated(DossierId id) => [.. "transfer "u8, .. id.ToArray()];

    sealed record Row(byte[] Id, byte[] Content, string? TakenBy, DateTime? TakenAt);

    sealed record Taken(string TakenBy, DateTime TakenAt);
}

/// <param name="Id">Of the dossier, 32 bytes.</param>
/// <param name="Counterpart">The other country.</param>
/// <param name="Type">As the domain calls it.</param>
/// <param name="State">As the domain calls it.</param>
/// <param name="Clock">What this country owes next; null for nothing.</param>
/// <param name="DueAt">UTC; null while its clock does not run.</param>
public sealed record OpenMatterRow(byte[] Id, string? Counterpart, string? Type, string State, string? Clock, DateTime? DueAt);

/// <param name="Id">By which it is taken over.</param>
/// <param name="Signed">As it was signed.</param>
/// <param name="TakenBy">Who took over; null for nobody yet.</param>
/// <param name="TakenAt">UTC.</param>
public sealed record KeptTransfer(DossierId Id, SignedTransfer Signed, string? TakenBy, DateTimeOffset? TakenAt);
