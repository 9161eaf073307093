using System.Diagnostics;
using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Referrals;
using Correction = Coordination.Contracts.Dossier.V1.Corrected.CorrectionOneofCase;
using DirectoryWire = Coordination.Contracts.Directory.V1;
using Wire = Coordination.Contracts.Dossier.V1;

namespace Coordination.Hosting.Dossiers;

/// <summary>The statements that are common to every exchange, between records and protobuf.</summary>
public static class DossierWire
{
    public static Resolved Read(Wire.Resolved? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "resolved", fields);
        return new(fields.Code<Resolution>("resolution", (int)wire.Resolution));
    }

    public static UnitAssigned Read(Wire.UnitAssigned? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "unit_assigned", fields);
        (var office, fields) = Statement(wire.Office, "office", fields);
        if (office.Role is DirectoryWire.Role.Unspecified) fields.Fault("role", "is missing: the part that the office plays is needed");
        // There is no office that could stand in for a faulty one; nobody uses what is returned for it.
        return new(Read(office, fields)!);
    }

    /// <summary>An office; null where its role is missing, or only a newer program knows it.</summary>
    public static Office? Read(DirectoryWire.Office wire, FieldReader fields)
    {
        var role = fields.OptionalCode<Role>("role", (int)wire.Role);
        // The unit is looked at whatever the role is: words of people must not hide behind a code that is not known yet.
        if (!Office.TryCreate(role ?? default, wire.Unit, out var office))
            fields.Fault("unit", $"is no unit: a letter, then letters, digits and hyphens, in lower case and {Office.UnitLength} at most, is needed");
        return role is null ? null : office;
    }

    public static Corrected Read(Wire.Corrected? wire, FieldReader fields)
    {
        (wire, fields) = Statement(wire, "corrected", fields);
        if (wire.CorrectionCase is Correction.None)
            fields.Fault("correction", "is missing: retracted, or the same statement said right, is needed");
        var referral = fields.Before("referral_");
        return new(wire.CorrectionCase switch
        {
            Correction.UnitAssigned => Read(wire.UnitAssigned, fields),
            Correction.ReferralConsentRecorded => ReferralWire.Read(wire.ReferralConsentRecorded, referral),
            Correction.ReferralCaseFileReceived => new CaseFileReceived(),
            Correction.ReferralIdentificationChanged => new IdentificationChanged(),
            Correction.ReferralAssessmentReported => ReferralWire.Read(wire.ReferralAssessmentReported, referral),
            Correction.ReferralWishRecorded => ReferralWire.Read(wire.ReferralWishRecorded, referral),
            Correction.ReferralChildSafeguardRecorded => ReferralWire.Read(wire.ReferralChildSafeguardRecorded, referral),
            Correction.ReferralPreparationReported => ReferralWire.Read(wire.ReferralPreparationReported, referral),
            Correction.ReferralAccompanied => ReferralWire.Read(wire.ReferralAccompanied, referral),
            Correction.ReferralDidNotTravel => ReferralWire.Read(wire.ReferralDidNotTravel, referral),
            Correction.ReferralMet => ReferralWire.Read(wire.ReferralMet, referral),
            Correction.ReferralNotArrived => ReferralWire.Read(wire.ReferralNotArrived, referral),
            Correction.ReferralFoundSafe => ReferralWire.Read(wire.ReferralFoundSafe, referral),
            Correction.ReferralReintegrationStarted => new ReintegrationStarted(),
            Correction.ReferralFollowUpReported => ReferralWire.Read(wire.ReferralFollowUpReported, referral),
            Correction.ReferralAppearanceDone => new AppearanceDone(),
            Correction.ReferralEntitlementNoted => new EntitlementNoted(),
            Correction.ReferralProceedingsNoted => new ProceedingsNoted(),
            Correction.ReferralContactEnded => new ContactEnded(),
            Correction.ReferralContactResumed => new ContactResumed(),
            Correction.ReferralDataStopped => ReferralWire.Read(wire.ReferralDataStopped, referral),
            Correction.Retracted or Correction.None => null,
        });
    }

    public static Wire.Resolved Write(Resolved resolved) => new() { Resolution = (Wire.Resolution)resolved.Resolution };

    public static Wire.UnitAssigned Write(UnitAssigned assigned) => new() { Office = Write(assigned.Office) };

    public static DirectoryWire.Office Write(Office office) => new() { Role = (DirectoryWire.Role)office.Role, Unit = office.Unit };

    public static Wire.Corrected Write(Corrected corrected) => corrected.Replacement switch
    {
        null => new() { Retracted = new() },
        UnitAssigned assigned => new() { UnitAssigned = Write(assigned) },
        ConsentRecorded recorded => new() { ReferralConsentRecorded = ReferralWire.Write(recorded) },
        CaseFileReceived => new() { ReferralCaseFileReceived = new() },
        IdentificationChanged => new() { ReferralIdentificationChanged = new() },
        AssessmentReported reported => new() { ReferralAssessmentReported = ReferralWire.Write(reported) },
        WishRecorded recorded => new() { ReferralWishRecorded = ReferralWire.Write(recorded) },
        ChildSafeguardRecorded recorded => new() { ReferralChildSafeguardRecorded = ReferralWire.Write(recorded) },
        PreparationReported reported => new() { ReferralPreparationReported = ReferralWire.Write(reported) },
        Accompanied accompanied => new() { ReferralAccompanied = ReferralWire.Write(accompanied) },
        DidNotTravel stayed => new() { ReferralDidNotTravel = ReferralWire.Write(stayed) },
        Met met => new() { ReferralMet = ReferralWire.Write(met) },
        NotArrived missed => new() { ReferralNotArrived = ReferralWire.Write(missed) },
        FoundSafe found => new() { ReferralFoundSafe = ReferralWire.Write(found) },
        ReintegrationStarted => new() { ReferralReintegrationStarted = new() },
        FollowUpReported reported => new() { ReferralFollowUpReported = ReferralWire.Write(reported) },
        AppearanceDone => new() { ReferralAppearanceDone = new() },
        EntitlementNoted => new() { ReferralEntitlementNoted = new() },
        ProceedingsNoted => new() { ReferralProceedingsNoted = new() },
        ContactEnded => new() { ReferralContactEnded = new() },
        ContactResumed => new() { ReferralContactResumed = new() },
        DataStopped stopped => new() { ReferralDataStopped = ReferralWire.Write(stopped) },
        var other => throw new UnreachableException($"{other.Name} is nothing that a correction says right: it is followed by another, or retracted."),
    };

    /// <summary>A statement, or an empty one with a fault where it is missing, and the reader of its fields.</summary>
    internal static (TWire Wire, FieldReader Fields) Statement<TWire>(TWire? wire, string name, FieldReader fields) where TWire : class, new()
    {
        if (wire is null) fields.Fault(name, "is missing");
        return (wire ?? new(), fields.Within(name));
    }
}
