using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Coordination.Domain.Dossiers;

namespace Coordination.Domain.Tests;

/// <summary>The rules stand alone: no packages, no I/O, no clock, no async; and an entry never describes a person.</summary>
public sealed class ArchitectureTests
{
    const BindingFlags Declared = BindingFlags.DeclaredOnly | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static;

    static readonly Assembly Domain = typeof(Body).Assembly;

    [Fact]
    public void The_domain_needs_nothing_but_the_framework()
    {
        foreach (var reference in Domain.GetReferencedAssemblies())
            File.Exists(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), $"{reference.Name}.dll")).ShouldBeTrue(reference.Name);
    }

    [Fact]
    public void The_domain_reads_no_clock_no_chance_and_nothing_outside()
    {
        string[] forbidden =
        [
            "System.DateTime.get_Now", "System.DateTime.get_UtcNow", "System.DateTime.get_Today", "System.DateTimeOffset.get_Now", "System.DateTimeOffset.get_UtcNow",
            "System.TimeProvider.", "System.TimeZoneInfo.", "System.Diagnostics.Stopwatch.", "System.Environment.", "System.Random.", "System.Guid.NewGuid", "System.Guid.CreateVersion7",
            "System.Security.Cryptography.RandomNumberGenerator.", "System.Console.", "System.IO.", "System.Net.", "System.Threading.", "System.Globalization.CultureInfo.",
        ];

        // The compiler's own: an enumerable asks whether its first reader is on the thread that made it.
        MembersUsed().Remove("System.Environment.get_CurrentManagedThreadId")
            .Where(member => forbidden.Any(start => member.StartsWith(start, StringComparison.Ordinal))).ShouldBeEmpty();
    }

    [Fact]
    public void The_search_for_forbidden_members_finds_what_the_domain_does_use()
    {
        MembersUsed().ShouldContain("System.Security.Cryptography.SHA256.HashData");
        MembersUsed().ShouldContain("System.DateTimeOffset.ToOffset");
    }

    [Fact]
    public void Nothing_in_the_domain_waits()
    {
        var methods = Domain.GetTypes().SelectMany(type => type.GetMethods(Declared));

        methods.Where(method => method.IsDefined(typeof(AsyncStateMachineAttribute))
            || method.ReturnType.GetMethod(nameof(Task.GetAwaiter)) is not null
            || (method.ReturnType.IsGenericType && method.ReturnType.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>)))
            .Select(method => $"{method.DeclaringType}.{method.Name}").ShouldBeEmpty();
    }

    [Fact]
    public void Statements_are_closed()
    {
        var bodies = Domain.GetTypes().Where(type => type.IsAssignableTo(typeof(Body))).ToList();

        bodies.ShouldAllBe(type => type.IsAbstract || type.IsSealed);
        bodies.Where(type => type.IsAbstract).SelectMany(type => type.GetConstructors(Declared)).ShouldAllBe(constructor => constructor.IsPrivate || constructor.IsFamily || constructor.IsFamilyAndAssembly);
        bodies.Where(type => type.IsAbstract).SelectMany(type => type.GetConstructors()).ShouldBeEmpty();
    }

    [Fact]
    public void No_statement_holds_free_text()
    {
        var statements = Domain.GetTypes().Where(type => type is { IsAbstract: false } && type.IsAssignableTo(typeof(Body))).ToList();
        statements.Count.ShouldBeGreaterThan(2);

        // A unit and a checkpoint are codes, and parsing holds them to it (OfficeTests, PlaceCodeTests).
        statements.Where(type => type != typeof(Misshapen)).SelectMany(type => FreeTextIn(type, [typeof(Office), typeof(PlaceCode)])).ShouldBeEmpty();
        FreeTextIn(typeof(Misshapen), []).ShouldBe(["Misshapen.Why is a String"]);
        FreeTextIn(typeof(PlaceCode), []).ShouldBe(["PlaceCode._code is a String"]);
    }

    [Fact]
    public void A_digest_and_a_token_hold_nothing_but_their_bytes()
    {
        typeof(Digest).GetFields(Declared).Where(field => !field.IsStatic).ShouldAllBe(field => field.FieldType == typeof(ulong));
        typeof(Token).GetFields(Declared).Where(field => !field.IsStatic).ShouldAllBe(field => field.FieldType == typeof(UInt128));
    }

    [Fact]
    public void A_place_a_unit_and_a_node_are_made_by_parsing_alone()
    {
        foreach (var code in new[] { typeof(PlaceCode), typeof(Office), typeof(NodeId) })
            code.GetConstructors().Where(constructor => constructor.GetParameters().Length > 0).ShouldBeEmpty(code.Name);
    }

    [Fact]
    public void An_entry_holds_free_text_nowhere_else()
    {
        // A node and a unit are codes, and parsing holds them to it; a statement has a test of its own.
        FreeTextIn(typeof(Entry), [typeof(Body), typeof(Office)]).ShouldBeEmpty();
        FreeTextIn(typeof(Office), []).ShouldBe(["Office.Unit is a String"]);
    }

    [Fact]
    public void No_code_is_spelt_by_default()
    {
        foreach (var code in Domain.GetTypes().Where(type => type.IsEnum))
            Enum.IsDefined(code, Enum.ToObject(code, 0)).ShouldBeFalse(code.Name);
    }

    /// <summary>The fields, all the way down, that are neither code, date, number, node nor hash. What is stored counts, whatever properties show.</summary>
    static IEnumerable<string> FreeTextIn(Type type, ImmutableHashSet<Type> passing)
    {
        // A type does not list the private fields that it inherits.
        if (type.BaseType is { } inherited && inherited.Assembly == Domain)
            foreach (var text in FreeTextIn(inherited, passing))
                yield return text;

        foreach (var field in type.GetFields(Declared).Where(field => !field.IsStatic))
        {
            // The field behind a property Why is called <Why>k__BackingField.
            var name = field.Name.TrimStart('<').Split('>')[0];
            var held = Held(field.FieldType);
            if (IsCode(held) || passing.Contains(held)) continue;
            if (held.Assembly != Domain)
                yield return $"{type.Name}.{name} is a {held.Name}";
            else
            {
                foreach (var kind in Domain.GetTypes().Where(one => one is { IsAbstract: false } && one.IsAssignableTo(held)))
                    foreach (var text in FreeTextIn(kind, passing.Add(held)))
                        yield return text;
            }
        }
    }

    /// <summary>Of a set, a list or something optional, what it is of.</summary>
    static Type Held(Type type) =>
        type is { IsGenericType: true } && type.GetGenericTypeDefinition() is var container
            && (container == typeof(Nullable<>) || container == typeof(ValueSet<>) || container == typeof(ImmutableArray<>) || container == typeof(ValueList<>))
            ? Held(type.GetGenericArguments()[0])
            : type;

    static bool IsCode(Type type) =>
        type.IsEnum || type == typeof(bool) || type == typeof(int) || type == typeof(long) || type == typeof(DateOnly) || type == typeof(TimeOnly)
        || type == typeof(DateTimeOffset) || type == typeof(NodeId) || type == typeof(EntryHash) || type == typeof(DossierId)
        || type == typeof(Digest) || type == typeof(Token);

    /// <summary>Every member of another assembly that the compiled domain names.</summary>
    static ImmutableHashSet<string> MembersUsed()
    {
        using var file = new PEReader(File.OpenRead(Domain.Location));
        var metadata = file.GetMetadataReader();
        return
        [
            .. metadata.MemberReferences.Select(metadata.GetMemberReference)
                .Where(member => member.Parent.Kind is HandleKind.TypeReference)
                .Select(member => $"{TypeName((TypeReferenceHandle)member.Parent)}.{metadata.GetString(member.Name)}"),
        ];

        string TypeName(TypeReferenceHandle handle)
        {
            var type = metadata.GetTypeReference(handle);
            return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
        }
    }
}
