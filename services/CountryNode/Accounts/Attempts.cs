using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.AspNetCore.Identity;
using Npgsql;

namespace Coordination.CountryNode.Accounts;

/// <summary>Counts wrong passwords and codes under each name that somebody tries, be anybody called so or not.</summary>
/// <remarks>An attempt is counted before it is looked at, and given back if it was right: of many at once no more are looked at than of one after the other.</remarks>
public sealed class Attempts(NpgsqlDataSource database, ILookupNormalizer names, TimeProvider time)
{
    /// <summary>So many wrong ones, and nothing is looked at under the name for a while.</summary>
    public const int Most = 5;

    /// <summary>For so long after the last one that was looked at.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromMinutes(15);

    /// <summary>Counts an attempt, as a wrong one for now.</summary>
    /// <returns>What it is where it is wrong: the last one locks the name. Null where the name is locked: it is not looked at.</returns>
    public async Task<Shown?> TakeAsync(string name)
    {
        await using var connection = await database.OpenConnectionAsync();
        var wrong = await connection.ExecuteScalarAsync<int?>(
            """
            with forgotten as (
                delete from accounts.attempt where name in (select name from accounts.attempt where until <= @Now and name <> @Name limit 100 for update skip locked))
            insert into accounts.attempt as known (name, wrong, until) values (@Name, 1, @Until)
            on conflict (name) do update set wrong = case when known.until <= @Now then 1 else known.wrong + 1 end, until = excluded.until
            where known.until <= @Now or known.wrong < @Most
            returning wrong
            """, new { Name = DigestOf(name), Now = time.GetUtcNow(), Until = time.GetUtcNow() + Remembered, Most });
        return wrong is null ? null : wrong < Most ? Shown.Wrong : Shown.Locked;
    }

    /// <summary>The attempt was right, and says nothing of those before.</summary>
    public async Task GiveBackAsync(string name)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync("update accounts.attempt set wrong = greatest(wrong - 1, 0) where name = @Name", new { Name = DigestOf(name) });
    }

    /// <summary>Whoever is called so is let in, or invited: those before are forgotten.</summary>
    public async Task ForgetAsync(string name)
    {
        await using var connection = await database.OpenConnectionAsync();
        await connection.ExecuteAsync("delete from accounts.attempt where name = @Name", new { Name = DigestOf(name) });
    }

    /// <summary>Which of some names are locked.</summary>
    public async Task<IReadOnlySet<string>> LockedAsync(params IReadOnlyCollection<string> among)
    {
        await using var connection = await database.OpenConnectionAsync();
        var locked = (await connection.QueryAsync<byte[]>("select name from accounts.attempt where name = any(@Names) and wrong >= @Most and until > @Now", new { Names = among.Select(DigestOf).ToArray(), Most, Now = time.GetUtcNow() }))
            .Select(Convert.ToHexString).ToHashSet(StringComparer.Ordinal);
        return among.Where(name => locked.Contains(Convert.ToHexString(DigestOf(name)))).ToHashSet(StringComparer.Ordinal);
    }

    byte[] DigestOf(string name) => SHA256.HashData(Encoding.UTF8.GetBytes(names.NormalizeName(name) ?? ""));
}
