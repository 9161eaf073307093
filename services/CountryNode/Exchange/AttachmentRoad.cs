using Coordination.CountryNode.Peers;
using Coordination.CountryNode.Store;
using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Referrals;
using Coordination.Hosting.Sealing;
using Coordination.Hosting.Trust;

namespace Coordination.CountryNode.Exchange;

/// <summary>Pulls the attachments that pulled case files name, piece by piece; what a broken connection cuts off goes on where it stopped.</summary>
/// <remarks>Nothing that two nodes agree on hangs on an attachment, so this is no part of the exchange of entries.</remarks>
public sealed class AttachmentRoad(IStore store, Attachments rows, AttachmentShelf shelf, Safe safe, GrpcPeers peers, TrustInForce trust, Pen pen, TimeProvider time)
{
    /// <summary>After the first try, and after the last piece that came: until then no other replica asks. Doubled with every further try.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(10);

    const int MostNoted = 16;

    /// <summary>One try at every attachment of a peer for which it is time.</summary>
    /// <exception cref="PeerUnavailableException">The peer gave no answer that counts.</exception>
    public async Task PullAsync(NodeId peer, CancellationToken cancellationToken)
    {
        foreach (var (dossier, release) in await rows.ListUnnotedAsync(pen.Node, peer, MostNoted, cancellationToken)) await NoteAsync(dossier, release, cancellationToken);
        while (await rows.ClaimAsync(peer, time.GetUtcNow(), Pause, LongestPause, cancellationToken) is { } awaited) await PullAsync(peer, awaited, cancellationToken);
    }

    /// <summary>Notes what a case file names; nothing where it is erased already.</summary>
    async Task NoteAsync(DossierId dossier, EntryHash release, CancellationToken cancellationToken)
    {
        var named = new List<KeptAttachment>();
        if (await store.FindAsync(dossier, cancellationToken) is { } held && held.Entries.FirstOrDefault(kept => kept.Entry.Hash == release)?.Signed is { } signed
            && await store.FindCaseFileAsync(release, cancellationToken) is { } file && safe.ReadCaseFile(signed, file) is Disclosure.Opened opened)
        {
            List<EntryHash> releases = [.. held.FoldWithPending(trust.Current).State?.Releases.Select(known => known.Entry) ?? []];
            foreach (var about in CaseFile.Parser.ParseFrom(opened.Plaintext.Span).Attachments)
            {
                var key = new AttachmentKey(dossier, signed.Entry.Author, about.AttachmentId);
                if (shelf.Protect(key, release, about) is not { } aboutAtRest) continue;
                // What was erased when the person took an earlier release back is asked for anew; and what has not come whole, under the
                // newest release that names it: an older one may be closed by now.
                if (await rows.FindAsync(key, cancellationToken) is { } before
                    && (shelf.Read(before) is null || (!before.Complete && releases.IndexOf(before.Release!.Value) < releases.IndexOf(release)))) await rows.ForgetAsync(key, cancellationToken);
                named.Add(new(key, release, aboutAtRest, Complete: false));
            }
        }
        await rows.NoteAsync(release, named, time.GetUtcNow(), cancellationToken);
    }

    async Task PullAsync(NodeId peer, AwaitedAttachment awaited, CancellationToken cancellationToken)
    {
        var (key, release) = (awaited.Kept.Key, awaited.Kept.Release!.Value);
        if (shelf.Read(awaited.Kept) is not { } about || await store.FindAsync(key.Dossier, cancellationToken) is not { } held || !held.FoldWithPending(trust.Current).MayBeRead(pen.Node)) return;
        var number = awaited.Pieces;
        if (number < AttachmentWire.PiecesOf(about))
        {
            await foreach (var compact in peers.PullAttachmentAsync(peer, key.Dossier, release, key.Id, number, cancellationToken))
            {
                if (shelf.Take(key, release, about, number, compact) is not { } piece)
                {
                    await WrongAsync(peer, awaited, cancellationToken);
                    return;
                }
                if (shelf.Protect(key, release, number, piece.Span) is not { } atRest) return;
                await rows.KeepAsync(key, number++, atRest, time.GetUtcNow() + Pause, cancellationToken);
            }
            if (number < AttachmentWire.PiecesOf(about)) return;
        }
        if (await shelf.IsWholeAsync(key, release, about, cancellationToken)) await rows.FinishAsync(key, cancellationToken);
        else await WrongAsync(peer, awaited, cancellationToken);
    }

    /// <summary>Notes that a peer sent something else than its case file names, and keeps nothing of it.</summary>
    async Task WrongAsync(NodeId peer, AwaitedAttachment awaited, CancellationToken cancellationToken)
    {
        await store.AuditAsync([new AuditRow(time.GetUtcNow(), "ATTACHMENT_WRONG", peer, awaited.Kept.Release!.Value, awaited.Kept.Key.Dossier)], cancellationToken);
        await rows.ForgetPiecesAsync(awaited.Kept.Key, cancellationToken);
    }
}
