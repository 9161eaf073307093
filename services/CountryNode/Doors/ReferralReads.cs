using Coordination.Contracts.Referral.V1;
using Coordination.CountryNode.Desks;
using Coordination.CountryNode.Store;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Enum = System.Enum;
using Notice = Coordination.Contracts.Referral.V1.Notice;
using NoticeKind = Coordination.Contracts.Referral.V1.NoticeKind;
using Referrals = Coordination.Domain.Referrals;
using Whose = Coordination.Contracts.Referral.V1.Whose;

namespace Coordination.CountryNode.Doors;

/// <summary>Lists over gRPC, and the stream of changes.</summary>
public sealed partial class ReferralDoor
{
    /// <summary>Changes in one look of a stream.</summary>
    const int MostChanges = 200;

    public override async Task<ListResponse> List(ListRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadReferral);
        var fields = new FieldReader();
        var filter = new ReferralFilter(
            WhoseOf(request.Whose), office, fields.OptionalCountry("country", request.Country),
            fields.OptionalCode<Referrals.ReferralType>("type", (int)request.Type)?.ToString(), StateNamed(request.State, fields),
            fields.OptionalCode<Referrals.Urgency>("urgency", (int)request.Urgency)?.ToString(), IdsBeginning(request.IdBegins, fields));
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var size = PageToken.Size(request.PageSize);
        var after = PageToken.Read<ListedAt, ReferralPlace>(request.PageToken, place => place.ToPlace());

        return await Errors.AnswerAsync(outage, async () =>
        {
            var page = await lists.ListAsync(filter, after, size + 1, time.GetUtcNow(), context.CancellationToken);
            var response = new ListResponse();
            foreach (var place in page.Take(size))
                if (await desk.FindAsync(place.Id, office, context.CancellationToken) is var (held, dossier))
                    response.Referrals.Add(view.Of(held, dossier));
            if (page.Length > size) response.NextPageToken = PageToken.Write(ListedAt.Of(page[size - 1]));
            return response;
        });
    }

    public override async Task<ListDueResponse> ListDue(ListDueRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadReferral);
        var size = PageToken.Size(request.PageSize);
        var after = PageToken.Read<DueAt, DuePlace>(request.PageToken, place => place.ToPlace());

        return await Errors.AnswerAsync(outage, async () =>
        {
            var page = await lists.ListDueAsync(WhoseOf(request.Whose), office, after, size + 1, time.GetUtcNow(), context.CancellationToken);
            var response = new ListDueResponse();
            foreach (var row in page.Take(size))
            {
                if (await desk.IsShutOutAsync(row.Dossier, office, context.CancellationToken)) continue;
                response.Rows.Add(new DueRow { DossierId = ByteString.CopyFrom(row.Dossier.ToArray()), Country = row.Country?.ToString() ?? "", Debt = view.Of(row.Debt) });
            }
            if (page.Length > size) response.NextPageToken = PageToken.Write(DueAt.Of(page[size - 1].Dossier, page[size - 1].Debt));
            return response;
        });
    }

    public override async Task<ListNoticesResponse> ListNotices(ListNoticesRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadNotices);
        var size = PageToken.Size(request.PageSize);
        var before = PageToken.Read<NoticedAt, NoticedAt>(request.PageToken, place => place)?.Notice;

        return await Errors.AnswerAsync(outage, async () =>
        {
            var page = await lists.ListNoticesAsync(office, await submissions.MayApproveNowAsync(office, context.CancellationToken), before, size + 1, context.CancellationToken);
            var response = new ListNoticesResponse();
            foreach (var row in page.Take(size))
            {
                if ((row.OfDebt?.Dossier ?? row.OfSubmission?.Dossier) is { } dossier && await desk.IsShutOutAsync(dossier, office, context.CancellationToken)) continue;
                response.Notices.Add(row.OfDebt is { } ofDebt ? ToWire(ofDebt) : ToWire(row.OfSubmission!));
            }
            if (page.Length > size) response.NextPageToken = PageToken.Write(new NoticedAt(page[size - 1].Number));
            return response;
        });
    }

    public override async Task Watch(WatchRequest request, IServerStreamWriter<WatchResponse> responseStream, ServerCallContext context)
    {
        var office = callers.Office(context, Act.ReadReferral);
        var expires = callers.TokenExpires(context);
        var place = await Errors.AnswerAsync(outage, () => PlaceAsync(request.Cursor, context.CancellationToken));
        // Who is cut off before anything came resumes here.
        await context.WriteResponseHeadersAsync(new Metadata { { CursorHeader, place.ToString() } });
        while (time.GetUtcNow() < expires)
        {
            var read = await Errors.AnswerAsync(outage, () => changes.ReadAsync(place.Number, MostChanges, context.CancellationToken));
            foreach (var change in read)
            {
                if (!await Errors.AnswerAsync(outage, () => desk.IsShutOutAsync(change.Dossier, office, context.CancellationToken))) await responseStream.WriteAsync(ToWire(change), context.CancellationToken);
                place = change.Place;
            }
            if (read.Length < MostChanges) await bell.WaitAsync(pen.Node, context.CancellationToken);
        }
        throw Callers.TokenExpired.ToException();
    }

    /// <summary>The metadata in which a stream says where it begins.</summary>
    const string CursorHeader = "coordination-cursor";

    async Task<ChangePlace> PlaceAsync(string cursor, CancellationToken cancellationToken)
    {
        if (cursor.Length == 0) return await changes.LastAsync(cancellationToken);
        return ChangePlace.Read(cursor) is { } place && await changes.KnowsAsync(place, cancellationToken)
            ? place
            : throw Refusal.Invalid("CURSOR_UNKNOWN", "cursor", "is none of this node's, or from before its database was restored: begin with \"0\", and pass over what you know").ToException();
    }

    public override async Task<FindLinkedResponse> FindLinked(FindLinkedRequest request, ServerCallContext context)
    {
        var office = callers.Office(context, Act.SeeThatAPersonExists);
        if (!Token.TryRead(request.Assistance.Span, out var token)) throw Refusal.Invalid("FIELD_INVALID", "assistance", $"is no token: {Token.Length} bytes are needed").ToException();
        var response = new FindLinkedResponse();
        foreach (var id in await Errors.AnswerAsync(outage, () => lists.FindHoldingAsync(token, context.CancellationToken)))
        {
            // To an office that the person fears there is nobody.
            if (await Errors.AnswerAsync(outage, () => desk.FindAsync(id, office, context.CancellationToken)) is not { Dossier.State: { } referral } || referral.Opened.Links.Assistance != token || referral.State is Referrals.ReferralState.Withdrawn) continue;
            var inCharge = referral.Offices.FirstOrDefault(known => known.Country == pen.Node)?.Office;
            response.Persons.Add(new LinkedPerson { Open = referral.IsOpen, Office = inCharge is null ? null : DossierWire.Write(inCharge) });
        }
        return response;
    }

    static WatchResponse ToWire(Change change)
    {
        var entry = EntryWire.Read(change.Bytes.Span) ?? throw new InvalidDataException("A held entry cannot be read.");
        return new WatchResponse
        {
            Cursor = change.Place.ToString(),
            DossierId = ByteString.CopyFrom(change.Dossier.ToArray()),
            Entry = ByteString.CopyFrom(change.Entry.ToArray()),
            Statement = entry.Body is NotUnderstood ? "" : entry.Body.Name,
            Author = entry.Author.ToString(),
            State = change.State is { } state ? ReferralView.StateOf(Enum.Parse<Referrals.ReferralState>(state)) : ReferralState.Unspecified,
        };
    }

    static Notice ToWire(Store.Notice notice) => new()
    {
        DossierId = ByteString.CopyFrom(notice.Dossier.ToArray()),
        Clock = (Clock)Enum.Parse<Referrals.Clock>(notice.Debt.Clock),
        Owes = notice.Debt.Owes.ToString(),
        Kind = (NoticeKind)notice.Kind,
        Round = (uint)notice.Round,
        Office = notice.Office?.ToString() ?? "",
        At = Timestamp.FromDateTimeOffset(notice.At),
    };

    Notice ToWire(SubmissionNotice notice) => new()
    {
        DossierId = notice.Dossier is { } id ? ByteString.CopyFrom(id.ToArray()) : ByteString.Empty,
        Owes = pen.Node.ToString(),
        Kind = notice.News switch
        {
            SubmissionNews.Submitted => NoticeKind.Submitted,
            SubmissionNews.Waiting => NoticeKind.Waiting,
            SubmissionNews.SentBack => NoticeKind.SentBack,
        },
        Round = 1,
        Office = notice.Office?.ToString() ?? "",
        At = Timestamp.FromDateTimeOffset(notice.At),
        SubmissionId = notice.Submission,
        Statement = notice.Statement,
    };

    static Store.Whose WhoseOf(Whose whose) => whose switch
    {
        Whose.Unspecified => Store.Whose.Everyones,
        Whose.Mine => Store.Whose.Mine,
        Whose.OwedByUs => Store.Whose.OwedByUs,
        Whose.OwedToUs => Store.Whose.OwedToUs,
        Whose.Late => Store.Whose.Late,
        _ => throw Refusal.Invalid("CODE_UNKNOWN", "whose", "holds an unknown code").ToException(),
    };

    static DossierRange? IdsBeginning(string digits, FieldReader fields)
    {
        if (digits.Length == 0) return null;
        if (digits.Length <= 2 * EntryHash.Length && digits.All(char.IsAsciiHexDigitLower)) return DossierRange.Beginning(digits);
        fields.Fault("id_begins", "is no beginning of a dossier's id: up to 64 hexadecimal digits in lower case are needed");
        return null;
    }

    static string? StateNamed(ReferralState state, FieldReader fields)
    {
        if (state is ReferralState.Unspecified) return null;
        foreach (var known in Enum.GetValues<Referrals.ReferralState>())
            if (ReferralView.StateOf(known) == state) return known.ToString();
        fields.Fault("state", "holds an unknown code");
        return null;
    }

    // What a page token says: its members differ from list to list, so that none is taken for another's.

    sealed record ListedAt(DateTimeOffset Since, string Id)
    {
        public static ListedAt Of(ReferralPlace place) => new(place.HeldSince, place.Id.ToString());

        public ReferralPlace ToPlace() => new(Since.ToUniversalTime(), DossierId.Read(Convert.FromHexString(Id)));
    }

    sealed record DueAt(DateTimeOffset? At, string Id, string Clock, string Owes, int Number, string Cause, string About)
    {
        public static DueAt Of(DossierId id, DueDebt debt) =>
            new(debt.DueAt, id.ToString(), debt.Key.Clock, debt.Key.Owes.ToString(), debt.Key.Number, debt.Key.Cause.ToString(), debt.Key.About?.ToString() ?? "");

        public DuePlace ToPlace() => new(At?.ToUniversalTime(), DossierId.Read(Convert.FromHexString(Id)), new DebtKey(
            Enum.Parse<Referrals.Clock>(Clock).ToString(), NodeId.Parse(Owes), Number, EntryHash.Read(Convert.FromHexString(Cause)), About.Length == 0 ? null : EntryHash.Read(Convert.FromHexString(About))));
    }

    sealed record NoticedAt(long Notice);
}
