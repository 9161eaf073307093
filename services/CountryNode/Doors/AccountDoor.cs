using System.Globalization;
using Coordination.Contracts.Directory.V1;
using Coordination.CountryNode.Accounts;
using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;
using Coordination.Hosting.Dossiers;
using Grpc.Core;
using Person = Coordination.Contracts.Directory.V1.Person;

namespace Coordination.CountryNode.Doors;

/// <summary>The console's people over gRPC: parse, call, map.</summary>
public sealed class AccountDoor(IServiceScopeFactory scopes, Callers callers, Pen pen, TimeProvider time, Outage outage) : AccountService.AccountServiceBase
{
    const int LongestGrantInYears = 2;

    public override Task<ListPeopleResponse> ListPeople(ListPeopleRequest request, ServerCallContext context)
    {
        callers.Office(context, Act.ManageAccounts);
        return WithPeopleAsync(async people =>
        {
            var response = new ListPeopleResponse();
            foreach (var (person, grants, locked) in await people.ListAsync(context.CancellationToken))
                response.People.Add(new Person
                {
                    Name = person.UserName,
                    Ready = person.PasswordHash is not null && person.TwoFactorEnabled,
                    Locked = locked,
                    Grants = { grants.Select(grant => ToWire(grant, people)) },
                });
            return response;
        });
    }

    public override Task<InviteResponse> Invite(InviteRequest request, ServerCallContext context)
    {
        var by = callers.Office(context, Act.ManageAccounts);
        var person = callers.Person(context);
        var fields = new FieldReader();
        if (!People.IsName(request.Name)) fields.Fault("name", "is no name to sign in by: 3 to 64 of A-Z, a-z, 0-9, \".\", \"-\", \"_\" and \"@\" are needed");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        return WithPeopleAsync(async people =>
        {
            var (personId, secret) = await people.InviteAsync(request.Name, $"{by} {person}");
            return new InviteResponse { Path = Pages.SignIn.InvitationPage.PathOf(personId, secret) };
        });
    }

    public override Task<GrantOfficeResponse> GrantOffice(GrantOfficeRequest request, ServerCallContext context)
    {
        var by = callers.Office(context, Act.ManageAccounts);
        var fields = new FieldReader();
        var office = request.Office is null ? null : DossierWire.Read(request.Office, fields.Within("office"));
        if (office is null) fields.Fault("office", "is missing: an office of this node is needed");
        else if (!callers.IsOfficeHere(office)) fields.Fault("office", "is no office of this node");
        var today = RegionalTime.Today(pen.Node, time.GetUtcNow());
        var from = fields.OptionalDate("from", request.From) ?? today;
        var until = fields.Date("until", request.Until);
        if (fields.Faults.Count == 0 && until < from) fields.Fault("until", "lies before the first day");
        if (fields.Faults.Count == 0 && until > today.AddYears(LongestGrantInYears)) fields.Fault("until", $"lies more than {LongestGrantInYears} years ahead: people move on, and the office stays");
        if (fields.Faults.Count > 0) throw Refusal.Invalid(fields.Faults).ToException();
        var person = callers.Person(context);
        return WithPeopleAsync(async people => await people.FindAsync(request.Name) is { } granted
            ? new GrantOfficeResponse { Grant = ToWire(await people.GrantAsync(granted, office!, from, until, $"{by} {person}", context.CancellationToken), people) }
            : throw new Refusal(RefusalKind.NotFound, "PERSON_NOT_FOUND", "Nobody is called so here. Invite the person first.").ToException());
    }

    public override Task<EndGrantResponse> EndGrant(EndGrantRequest request, ServerCallContext context)
    {
        var by = callers.Office(context, Act.ManageAccounts);
        var person = callers.Person(context);
        if (!long.TryParse(request.GrantId, NumberStyles.None, CultureInfo.InvariantCulture, out var id)) throw Refusal.Invalid("FIELD_INVALID", "grant_id", "is no id of a grant: ListPeople has them").ToException();
        return WithPeopleAsync(async people => await people.EndAsync(id, $"{by} {person}", context.CancellationToken)
            ? new EndGrantResponse()
            : throw new Refusal(RefusalKind.NotFound, "GRANT_NOT_FOUND", "There is no such grant. ListPeople has those that there are.").ToException());
    }

    Task<TResponse> WithPeopleAsync<TResponse>(Func<People, Task<TResponse>> answer) => Errors.AnswerAsync(outage, async () =>
    {
        await using var scope = scopes.CreateAsyncScope();
        return await answer(scope.ServiceProvider.GetRequiredService<People>());
    });

    static Grant ToWire(OfficeGrant grant, People people) => new()
    {
        GrantId = grant.Id.ToString(CultureInfo.InvariantCulture),
        Office = Domain.Dossiers.Office.TryParse(grant.Office, out var office) ? DossierWire.Write(office) : null,
        From = EntryWire.Write(grant.From),
        Until = EntryWire.Write(grant.Until),
        Ended = grant.EndedAt is not null,
        InForce = people.IsInForce(grant),
    };
}
