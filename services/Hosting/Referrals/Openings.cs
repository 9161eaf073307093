using Coordination.Contracts.Referral.V1;
using Coordination.Domain.Dossiers;

namespace Coordination.Hosting.Referrals;

/// <summary>What an opening says of where it goes.</summary>
public static class Openings
{
    /// <summary>Fills in what is usual where it is not said: the memorandum that binds all six, routine clocks, and host and origin by the country that it goes to.</summary>
    /// <param name="request">What is known of it so far.</param>
    /// <param name="own">Who opens it.</param>
    /// <param name="to">To whom; null where host and origin say it.</param>
    /// <returns>False where it goes to no other country, of which nothing is filled in.</returns>
    public static bool Complete(OpenRequest request, string own, string? to)
    {
        var opened = request.Opened ??= new();
        if (opened.Instrument is Instrument.Unspecified) opened.Instrument = Instrument.CommitMemorandum;
        if (opened.Urgency is Urgency.Unspecified) opened.Urgency = Urgency.Routine;
        if (to is null) return true;
        if (to == own || !NodeId.TryParse(to, out var receiver) || !receiver.IsCountry) return false;
        // Who reports a person held abroad is where the person comes from; else the person is with whoever opens it.
        var isLocate = opened.Type is ReferralType.LocateAndProtect;
        if (opened.Host.Length == 0) opened.Host = isLocate ? to : own;
        if (opened.Origin.Length == 0) opened.Origin = isLocate ? own : to;
        if (opened.Consent is { Recipients.Count: 0 } consent) consent.Recipients.Add(to);
        return true;
    }
}
