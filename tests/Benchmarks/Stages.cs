using System.Security.Cryptography;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Doors;
using Coordination.CountryNode.Exchange;
using Coordination.CountryNode.Offices;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Postgres;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Microsoft.IdentityModel.Tokens;
using Npgsql;
using Admission = Coordination.CountryNode.Store.Admission;
using Referral = Coordination.Domain.Referrals.Referral;

namespace Coordination.Benchmarks;

/// <summary>What each part of the work costs by itself: the product's own code, repeated in this process, by the process's CPU time.</summary>
/// <remarks>Parts that are measured alone are warmer than among others, so the rest that is left of a whole is an upper bound of what is not named.</remarks>
sealed record Stages(IReadOnlyList<Stage> Opening, IReadOnlyList<Stage> Door)
{
    const string Alone = "measured by itself, in a loop";

    /// <summary>Of an opening, with what they leave of the node's whole.</summary>
    public IReadOnlyList<Stage> OfOpening(double whole) => WithRest(Opening, whole);

    /// <summary>Of an entry at the door, with what they leave of the node's whole.</summary>
    public IReadOnlyList<Stage> OfDoor(double whole) => WithRest(Door, whole);

    static IReadOnlyList<Stage> WithRest(IReadOnlyList<Stage> parts, double whole) =>
        [.. parts.Select(part => part with { Name = $"· {part.Name}" }), new("· rest", whole - parts.Sum(part => part.Microseconds), "the whole less these parts")];

    public static async Task<Stages> MeasureAsync(Extent extent, Region region, Unary unary, CancellationToken stop)
    {
        var (home, other) = (region.Nodes[0], region.Nodes[1]);
        var pen = Pen.Of(NodeId.Parse(home.Id), home.Keys);
        var overviews = new Overviews(pen, OfficeDirectory.Empty);
        var now = TimeProvider.System.GetUtcNow();

        var request = Openings.Request();
        var asked = request.ToByteArray();
        var draft = Batches.Draft(pen.Node, other.Id);
        var signed = pen.Sign(draft);
        var entry = new HeldEntry(signed, null, now);
        var parameters = new TokenValidationParameters
        {
            ValidIssuer = DevelopmentIssuer.Issuer,
            ValidAudience = DevelopmentIssuer.Audience(home.Id),
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKeys = new JsonWebKeySet(System.Text.Encoding.UTF8.GetString(region.Issuer.Keys())).GetSigningKeys(),
        };
        using var tokens = new RememberedTokens();
        var token = home.Tokens[home.Country.DutyOffice];

        var parseRequest = Repeat(extent, () =>
        {
            var read = OpenRequest.Parser.ParseFrom(asked);
            ReferralWire.Read(read.Opened, new FieldReader());
            return UnknownFields.AreIn(read, read.ToByteArray());
        });
        var verifyToken = Repeat(extent, () => tokens.ValidateTokenAsync(token, parameters).GetAwaiter().GetResult().IsValid);
        var judge = Repeat(extent, () => overviews.Of(Fold(signed), [entry], [], now));
        var sign = Repeat(extent, () => pen.Sign(draft));

        var wire = new DeliverRequest { Entries = { signed.ToWire() } }.ToByteArray();
        var parseEntry = Repeat(extent, () => EntryWire.Read(DeliverRequest.Parser.ParseFrom(wire).Entries[0].Entry.Span));
        var verifyEntry = Repeat(extent, () => pen.Key.Verify(SignatureKind.Entry, signed.Bytes.Span, signed.Signature.Span));
        var receipt = Repeat(extent, () => pen.Receipt(signed.Entry, now));
        using var aes = new AesGcm(RandomNumberGenerator.GetBytes(32), 16);
        var (nonce, sealedBytes, tag) = (new byte[12], new byte[wire.Length], new byte[16]);
        var record = Repeat(extent, () =>
        {
            aes.Encrypt(nonce, wire, sealedBytes, tag);
            return tag;
        });
        var (append, admit) = await StoredAsync(extent, region, pen, other, overviews, stop);

        return new(
            [
                new("TLS", unary.Tls, "what a unary call of 0.5 KB takes more over TLS than without: h2load, the server's CPU"),
                new("HTTP/2 and gRPC", unary.Grpc, "a unary call of 0.5 KB without TLS: h2load, the server's CPU"),
                new("parse", parseRequest, $"the request read, checked and written again to be hashed; {Alone}"),
                new("verify", verifyToken, $"the bearer token, found again after the first time; {Alone}"),
                new("domain", judge, $"the fold and what it means for lists and deadlines; {Alone}"),
                new("sign", sign, $"the entry written and signed, P-256; {Alone}"),
                new("database, at the node", append, $"PostgresStore.AppendAsync in this process, {Openings.Callers} at once: parameters, Npgsql, and waiting"),
            ],
            [
                new("TLS", record, $"AES-256-GCM over the entry's bytes in the batch; {Alone}"),
                new("parse", parseEntry, $"the entry out of the batch; {Alone}"),
                new("verify", verifyEntry, $"the author's signature, P-256; {Alone}"),
                new("domain", judge, $"the fold and what it means for lists and deadlines; {Alone}"),
                new("sign", receipt, $"the receipt, P-256; {Alone}"),
                new("database, at the node", admit, $"PostgresStore.AdmitAsync in this process, {Batch.MostEntries} entries a transaction, divided among them"),
            ]);
    }

    static Dossier<Referral> Fold(SignedEntry signed) => Dossier<Referral>.Fold(signed.Entry.Dossier, [signed.Entry], new HashSet<EntryHash>());

    /// <summary>This process's CPU time per append and per admitted entry, on a database of its own.</summary>
    static async Task<(double Append, double Admit)> StoredAsync(Extent extent, Region region, Pen pen, RegionNode other, Overviews overviews, CancellationToken stop)
    {
        var database = await region.Postgres.CreateDatabaseAsync("stages", stop);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 64 });
        await Migrations.ApplyAsync(source, typeof(PostgresStore).Assembly, stop);
        var store = new PostgresStore(source, pen);
        var theirs = Pen.Of(NodeId.Parse(other.Id), other.Keys);

        var size = extent.IsQuick ? Batch.MostEntries : 16 * Batch.MostEntries;
        double append = 0, admit = 0;
        // The first time compiles.
        for (var time = 0; time < 2; time++)
        {
            var appends = Enumerable.Range(0, size).Select(_ => AppendOf(pen.Sign(Batches.Draft(pen.Node, other.Id)))).ToList();
            append = await CpuAsync(() => Parallel.ForEachAsync(appends, new ParallelOptions { MaxDegreeOfParallelism = Openings.Callers, CancellationToken = stop }, async (one, token) =>
            {
                if (await store.AppendAsync(one, token) is not AppendOutcome.Kept) throw new LocalException("An append was not kept.");
            }));
            var admissions = Enumerable.Range(0, size).Select(_ => AdmissionOf(theirs.Sign(Batches.Draft(theirs.Node, pen.Node.ToString())))).Chunk(Batch.MostEntries).ToList();
            admit = await CpuAsync(async () =>
            {
                foreach (var batch in admissions) await store.AdmitAsync([.. batch.Select(one => one.Id)], _ => batch, stop);
            });
        }
        return (append, admit);

        async Task<double> CpuAsync(Func<Task> work)
        {
            var before = Environment.CpuUsage.TotalTime;
            await work();
            return (Environment.CpuUsage.TotalTime - before).TotalMicroseconds / size;
        }

        Append AppendOf(SignedEntry signed)
        {
            var (dossier, opening, now) = (Fold(signed), signed.Entry.Opening!, TimeProvider.System.GetUtcNow());
            return new(
                signed, 0, overviews.Of(dossier, [new HeldEntry(signed, null, now)], [], now), [], SetDigest.Of(opening, [signed.Entry]), opening,
                new CommandKey(signed.Entry.Office!, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16))), new Answered(RandomNumberGenerator.GetBytes(32), RandomNumberGenerator.GetBytes(500)), 0, now);
        }

        Admission AdmissionOf(SignedEntry signed)
        {
            var (dossier, opening, now) = (Fold(signed), signed.Entry.Opening!, TimeProvider.System.GetUtcNow());
            var held = new HeldEntry(signed, signed.Entry.Author, now);
            return new(signed.Entry.Dossier, [held], opening, overviews.Of(dossier, [held], [], now), [], SetDigest.Of(opening, [signed.Entry]), null, [], [pen.Receipt(signed.Entry, now)], []);
        }
    }

    /// <summary>Microseconds of CPU time of one repetition.</summary>
    static double Repeat<T>(Extent extent, Func<T> work)
    {
        // Often enough that it is compiled as in a node that has run for a while.
        For(extent.Stage / 2);
        return For(extent.Stage);

        double For(TimeSpan wanted)
        {
            var (begun, times) = (Environment.CpuUsage.TotalTime, 0);
            var spent = TimeSpan.Zero;
            while (spent < wanted)
            {
                for (var i = 0; i < 20; i++) GC.KeepAlive(work());
                times += 20;
                spent = Environment.CpuUsage.TotalTime - begun;
            }
            return spent.TotalMicroseconds / times;
        }
    }
}
