using Coordination.Contracts.Dossier.V1;
using Coordination.CountryNode.Doors;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Coordination.Hosting.Trust;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Enum = System.Enum;
using Office = Coordination.Domain.Dossiers.Office;
using Referrals = Coordination.Domain.Referrals;
using Wire = Coordination.Contracts.Referral.V1;

namespace Coordination.CountryNode.Desks;

/// <summary>What whoever leaves an office leaves for whoever comes.</summary>
public sealed class TransferDesk(Transfers transfers, ReferralDesk referrals, Pen pen, TimeProvider time)
{
    /// <summary>Matters of one list.</summary>
    const int MostMatters = 2000;

    /// <summary>Leaves a note with the list of what is open in the office now, signed.</summary>
    /// <param name="office">In which.</param>
    /// <param name="person">Who leaves it.</param>
    /// <param name="note">For whoever comes.</param>
    /// <param name="replaces">What lay there as the person has read it; null for nothing.</param>
    /// <param name="cancellationToken">Leaves nothing half-written.</param>
    /// <returns>Null, and nothing is written, where something else lies there.</returns>
    public async Task<SignedTransfer?> LeaveAsync(Office office, string person, string note, DossierId? replaces, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var transfer = new Transfer { Node = pen.Node.ToString(), Office = DossierWire.Write(office), LeftBy = person, LeftAt = Timestamp.FromDateTimeOffset(now), Note = note };
        var open = await transfers.ListOpenAsync(office, MostMatters + 1, cancellationToken);
        transfer.More = open.Count > MostMatters;
        foreach (var row in open.Take(MostMatters))
            if (!await referrals.IsShutOutAsync(DossierId.Read(row.Id), office, cancellationToken)) transfer.Matters.Add(ToWire(row));
        var bytes = transfer.ToByteArray();
        var signed = new SignedTransfer { Transfer = ByteString.CopyFrom(bytes), Signature = ByteString.CopyFrom(pen.Key.Sign(SignatureKind.Transfer, bytes)), KeyId = pen.Key.Id };
        return await transfers.LeaveAsync(office, signed, replaces, person, now, cancellationToken) ? signed : null;
    }

    static OpenMatter ToWire(OpenMatterRow row) => new()
    {
        DossierId = ByteString.CopyFrom(row.Id),
        Country = row.Counterpart ?? "",
        Type = Enum.TryParse<Referrals.ReferralType>(row.Type, out var type) ? (Wire.ReferralType)type : default,
        State = ReferralView.StateOf(Enum.Parse<Referrals.ReferralState>(row.State)),
        Owed = Enum.TryParse<Referrals.Clock>(row.Clock, out var clock) ? (Wire.Clock)clock : default,
        DueAt = row.DueAt is { } due ? Timestamp.FromDateTime(DateTime.SpecifyKind(due, DateTimeKind.Utc)) : null,
    };
}
