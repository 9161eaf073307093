using System.Runtime.CompilerServices;
using Coordination.CountryNode.Desks;
using Coordination.Domain.Dossiers;

namespace Coordination.CountryNode.Tests.Referrals;

/// <summary>
/// <c>rights.tsv</c>, written by hand: the focal point works on a referral, whoever is with the person says what happened to
/// the person and what the person wants, an approver reads and approves, an auditor reads codes, an administrator what no
/// office is known for; every other role has no part in a referral.
/// </summary>
public sealed class RightsTests
{
    static readonly IReadOnlyList<string[]> Lines = Read();

    static readonly IReadOnlyList<Body> Statements =
    [
        .. typeof(Body).Assembly.GetTypes()
            .Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body)) && type != typeof(NotUnderstood) && type != typeof(Misshapen))
            .Select(type => (Body)RuntimeHelpers.GetUninitializedObject(type)),
    ];

    [Fact]
    public void Every_role_and_statement_stands_in_the_table_of_rights_once()
    {
        Lines[0].Skip(1).ShouldBe(Enum.GetValues<Role>().Select(Office.NameOf), ignoreOrder: true);
        Lines.Skip(1).Select(line => line[0]).ShouldBe([.. Enum.GetNames<Act>(), .. Statements.Select(statement => statement.GetType().Name)], ignoreOrder: true);
        Lines.Skip(1).SelectMany(line => line.Skip(1)).ShouldAllBe(cell => cell == "yes" || cell == "-");
    }

    [Fact]
    public void An_office_may_what_the_table_says()
    {
        foreach (var line in Lines.Skip(1))
        {
            foreach (var (role, cell) in Lines[0].Zip(line).Skip(1))
            {
                var office = HomeNode.Parse($"{role}@datip");
                var refused = Enum.TryParse<Act>(line[0], out var act)
                    ? Rights.Check(office, act)
                    : Rights.Check(office, Statements.Single(statement => statement.GetType().Name == line[0]));
                (refused is null ? "yes" : "-").ShouldBe(cell, $"{role}: {line[0]}");
            }
        }
    }

    /// <summary>A correction is the statement that it puts right, or takes back.</summary>
    [Fact]
    public void Whoever_may_say_something_may_correct_it()
    {
        var worker = HomeNode.Parse("case-worker@datip");
        foreach (var said in Statements.OfType<Happening>().Where(said => said is not Corrected))
            foreach (var correction in new[] { new Corrected(said), new Corrected(null) })
                Rights.Check(worker, Rights.SaidBy(correction, said)).ShouldBe(Rights.Check(worker, said), said.GetType().Name);
    }

    static IReadOnlyList<string[]> Read()
    {
        using var reader = new StreamReader(typeof(RightsTests).Assembly.GetManifestResourceStream("rights.tsv")!);
        return [.. reader.ReadToEnd().TrimEnd().Split('\n').Select(line => line.TrimEnd('\r').Split('\t'))];
    }
}
