using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.CountryNode.Store;

namespace Coordination.CountryNode.Desks;

/// <summary>What an office asks to be written.</summary>
/// <param name="Key">The office and the id that the caller made.</param>
/// <param name="Person">Who asks, as the office's own accounts know the person; never leaves the node.</param>
/// <param name="RequestHash">Of the request as it came: the same again, or another under the same id.</param>
/// <param name="Dossier">Into which dossier; null for an opening.</param>
/// <param name="Body">The statement.</param>
public sealed record Command(CommandKey Key, string Person, ReadOnlyMemory<byte> RequestHash, DossierId? Dossier, Body Body)
{
    /// <summary>The day it happened; null means today.</summary>
    public DateOnly? HappenedOn { get; init; }

    /// <summary>How it reached the office.</summary>
    public Channel Channel { get; init; } = Channel.Node;

    /// <inheritdoc cref="Entry.Answers"/>
    public EntryHash? Answers { get; init; }

    /// <inheritdoc cref="Entry.OnBehalfOf"/>
    public NodeId? OnBehalfOf { get; init; }

    /// <inheritdoc cref="Entry.Letter"/>
    public Digest? Letter { get; init; }

    /// <summary>The office knows that it contradicts, and has said why in the particulars.</summary>
    public bool ConfirmsContradiction { get; init; }

    /// <summary>Nobody else is on duty, and a life is at risk: it waits for no second person.</summary>
    public bool Alone { get; init; }

    /// <summary>It waits for no second person because it rests on the person's consent: it is written only while it does.</summary>
    public bool RestsOnConsent { get; init; }

    /// <summary>For what is written alone, what a second person is to be asked afterwards; null for anything else.</summary>
    public Submission? Owed { get; init; }

    /// <summary>What is sealed beside the entry; empty for nothing.</summary>
    public ReadOnlyMemory<byte> Particulars { get; init; }

    /// <summary>For a release: the case file, a serialised CaseFile; empty for anything else.</summary>
    public ReadOnlyMemory<byte> CaseFile { get; init; }

    /// <summary>For an opening: the earlier referral of the person that the new one is to name; null for none.</summary>
    public DossierId? Earlier { get; init; }

    /// <summary>The statement as an entry makes it.</summary>
    public Statement On(DateOnly today) => new(Key.Office, Body, HappenedOn ?? today, Channel) { Answers = Answers, OnBehalfOf = OnBehalfOf, Letter = Letter };
}

/// <summary>Writes the answer to a caller from the dossier as a command leaves it.</summary>
/// <param name="held">What is held with it.</param>
/// <param name="dossier">The fold of that.</param>
/// <returns>The bytes that the command is answered with, now and whenever it comes again.</returns>
public delegate byte[] Answering(HeldDossier held, Dossier<Referral> dossier);
