using Coordination.Domain.Dossiers;
using Coordination.Domain.Referrals;
using Coordination.Hosting.Dossiers;
using Wire = Coordination.Contracts.Referral.V1;

namespace Coordination.Hosting.Referrals;

/// <summary>The statements of a referral, between records and protobuf.</summary>
public static class ReferralWire
{
    public static Opened Read(Wire.Opened? wire, FieldReader fields)
    {
        wire = Required(wire, "opened", fields);
        return new(
            fields.Code<ReferralType>("opened.type", (int)wire.Type),
            fields.Node("opened.host", wire.Host),
            fields.Node("opened.origin", wire.Origin),
            fields.Code<Instrument>("opened.instrument", (int)wire.Instrument),
            fields.Code<Urgency>("opened.urgency", (int)wire.Urgency),
            fields.Code<Minority>("opened.minority", (int)wire.Minority),
            fields.Code<Basis>("opened.basis", (int)wire.Basis),
            wire.Consent is null ? null : Read(wire.Consent, fields),
            fields.OptionalCode<AuthorisedBy>("opened.authorised_by", (int)wire.AuthorisedBy),
            fields.Date("opened.reply_by", wire.ReplyBy),
            fields.OptionalDate("opened.best_interests_on", wire.BestInterestsOn));
    }

    public static Declined Read(Wire.Declined? wire, FieldReader fields) =>
        new(fields.Code<DeclineReason>("declined.reason", (int)Required(wire, "declined", fields).Reason));

    public static ConsentWithdrawn Read(Wire.ConsentWithdrawn? wire, FieldReader fields)
    {
        wire = Required(wire, "withdrawn", fields);
        if (wire.ScopeCase is Wire.ConsentWithdrawn.ScopeOneofCase.Part)
        {
            if (wire.Part.Purposes.Count + wire.Part.Recipients.Count == 0)
                fields.Fault("withdrawn.part", "names nothing: purposes, recipients or both are needed");
            return new(new WithdrawalScope.Part(
                Purposes("withdrawn.part.purposes", wire.Part.Purposes, fields),
                Nodes("withdrawn.part.recipients", wire.Part.Recipients, fields)));
        }
        if (wire.ScopeCase is not Wire.ConsentWithdrawn.ScopeOneofCase.Everything)
            fields.Fault("withdrawn.scope", "is missing: everything or part is needed");
        return new(new WithdrawalScope.Everything());
    }

    public static Wire.Opened Write(Opened opened) => new()
    {
        Type = (Wire.ReferralType)opened.Type,
        Host = opened.Host.ToString(),
        Origin = opened.Origin.ToString(),
        Instrument = (Wire.Instrument)opened.Instrument,
        Urgency = (Wire.Urgency)opened.Urgency,
        Minority = (Wire.Minority)opened.Minority,
        Basis = (Wire.Basis)opened.Basis,
        Consent = opened.Consent is null ? null : Write(opened.Consent),
        AuthorisedBy = opened.AuthorisedBy is { } by ? (Wire.AuthorisedBy)by : Wire.AuthorisedBy.Unspecified,
        ReplyBy = EntryWire.Write(opened.ReplyBy),
        BestInterestsOn = opened.BestInterestsOn is { } on ? EntryWire.Write(on) : "",
    };

    public static Wire.Declined Write(Declined declined) => new() { Reason = (Wire.DeclineReason)declined.Reason };

    public static Wire.ConsentWithdrawn Write(ConsentWithdrawn withdrawn)
    {
        if (withdrawn.Scope is not WithdrawalScope.Part part) return new() { Everything = new() };
        var wire = new Wire.ConsentWithdrawn { Part = new() };
        wire.Part.Purposes.AddRange(part.Purposes.Select(purpose => (Wire.Purpose)purpose));
        wire.Part.Recipients.AddRange(part.Recipients.Select(node => node.ToString()));
        return wire;
    }

    public static Wire.Consent Write(Consent consent)
    {
        var wire = new Wire.Consent { Until = EntryWire.Write(consent.Until) };
        wire.Purposes.AddRange(consent.Purposes.Select(purpose => (Wire.Purpose)purpose));
        wire.Recipients.AddRange(consent.Recipients.Select(node => node.ToString()));
        return wire;
    }

    static Consent Read(Wire.Consent wire, FieldReader fields)
    {
        if (wire.Purposes.Count == 0) fields.Fault("opened.consent.purposes", "is empty: at least one purpose is needed");
        if (wire.Recipients.Count == 0) fields.Fault("opened.consent.recipients", "is empty: at least one country is needed");
        return new(
            Purposes("opened.consent.purposes", wire.Purposes, fields),
            Nodes("opened.consent.recipients", wire.Recipients, fields),
            fields.Date("opened.consent.until", wire.Until));
    }

    static ValueSet<Purpose> Purposes(string field, IEnumerable<Wire.Purpose> wire, FieldReader fields) =>
        new(wire.Select(purpose => fields.Code<Purpose>(field, (int)purpose)));

    static ValueSet<NodeId> Nodes(string field, IEnumerable<string> wire, FieldReader fields)
    {
        var nodes = wire.Select(node => fields.Node(field, node)).ToList();
        // A faulty code reads as no node, which no set can hold.
        return new(nodes.Where(node => node != default));
    }

    static TWire Required<TWire>(TWire? wire, string field, FieldReader fields) where TWire : class, new()
    {
        if (wire is null) fields.Fault(field, "is missing");
        return wire ?? new();
    }
}
