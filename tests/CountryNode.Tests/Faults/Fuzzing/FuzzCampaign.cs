using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Coordination.Contracts.Directory.V1;
using Coordination.Contracts.Dossier.V1;
using Coordination.Contracts.Peer.V1;
using Coordination.Contracts.Referral.V1;
using Coordination.Hosting.Trust;
using Coordination.Local;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.CountryNode.Tests.Faults.Fuzzing;

/// <summary>A node whose ports get what no client would send, from somebody who may call them.</summary>
public sealed class FuzzCampaign(SharedRegion shared)
{
    /// <summary>A sample by default; <c>infra/fuzz</c> sets 1,000,000.</summary>
    static readonly int Cases = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_FUZZ") ?? "2000", CultureInfo.InvariantCulture);

    /// <summary>Again the same cases: COORDINATION_FUZZ_SEED.</summary>
    static readonly int Seed = int.Parse(Environment.GetEnvironmentVariable("COORDINATION_FUZZ_SEED") ?? $"{RandomNumberGenerator.GetInt32(int.MaxValue / 2)}", CultureInfo.InvariantCulture);

    /// <summary>Whoever waits for so many is told how far it is.</summary>
    const int LongCampaign = 100_000;

    const int Workers = 6;

    /// <summary>One in so many is a connection of its own whose frames are wrong; the others are calls whose messages are.</summary>
    const int FramesOneIn = 16;

    /// <summary>From here on memory is compared: before, code is compiled, and pools and caches grow to what the load needs.</summary>
    const double WarmUp = 0.25;

    const int MayGrowMebibytes = 64;
    const double MayGrow = 0.25;

    /// <summary>A name that nobody bears, in every text: it must not be found in the log.</summary>
    const string Mark = "Mxyzptlk Nobody-in-Particular";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Mutated_frames_and_messages_leave_the_node_alive_and_its_memory_flat()
    {
        await using var region = await shared.StartAsync(["TH", "LA"]);
        var node = region["TH"];
        using var office = region.Office("TH");
        var opened = await office.OpenAsync(Regions.Repatriation("TH", "LA"));
        await node.UntilDeliveredAsync(opened.DossierId);

        using var api = new Target(new Uri(node.ApiAddress), node.Tokens[node.Country.DutyOffice], certificate: null);
        using var peers = new Target(new Uri(node.PeerAddress), token: null, KeyFolder.ReadCertificate(region["LA"].Keys.Peer));
        List<(Target Target, MethodDescriptor Method, IMessage Request)> calls =
        [
            .. from service in (ServiceDescriptor[])[ReferralService.Descriptor, DossierService.Descriptor, ApprovalService.Descriptor, AuditService.Descriptor]
               from method in service.Methods
               select (api, method, Filled(method.InputType, opened.DossierId)),
            .. from service in (ServiceDescriptor[])[Grpc.Health.V1.HealthReflection.Descriptor.Services[0], Grpc.Reflection.V1.ReflectionReflection.Descriptor.Services[0]]
               from method in service.Methods
               select (api, method, Filled(method.InputType, opened.DossierId)),
            .. from method in PeerService.Descriptor.Methods select (peers, method, Filled(method.InputType, opened.DossierId)),
            .. from _ in Enumerable.Range(0, 20) select (peers, PeerService.Descriptor.FindMethodByName("Deliver"), (IMessage)Delivery(region)),
        ];

        var process = node.ProcessId;
        var (statuses, memory, done) = (new ConcurrentDictionary<string, int>(), new ConcurrentDictionary<int, long>(), 0);
        await Task.WhenAll(Enumerable.Range(0, Workers).Select(worker => Task.Run(async () =>
        {
            var chance = new Random(Seed + worker);
            while (Interlocked.Increment(ref done) is var number && number <= Cases)
            {
                var status = await TryAsync(calls, chance);
                statuses.AddOrUpdate(status, 1, (_, times) => times + 1);
                // A hundred times over the run.
                if (number % Math.Max(1, Cases / 100) != 0) continue;
                memory[number] = Resident(node);
                if (Cases >= LongCampaign) Console.WriteLine($"{number} of {Cases} cases, resident {memory[number]} MiB");
            }
        }, Token)));

        // The largest while the pools filled, and the largest at the end.
        var first = memory.Where(at => at.Key >= Cases * WarmUp && at.Key <= Cases * 2 * WarmUp).Max(at => at.Value);
        var last = memory.Where(at => at.Key > Cases * (1 - WarmUp)).Max(at => at.Value);
        Console.WriteLine($"Fuzz campaign: {Cases} cases from seed {Seed}; resident {first} MiB after the warm-up, {last} MiB in the end; {string.Join(", ", statuses.OrderBy(status => status.Key, StringComparer.Ordinal).Select(status => $"{status.Key} {status.Value}"))}");

        node.ProcessId.ShouldBe(process);
        node.IsRunning.ShouldBeTrue();
        // UNKNOWN is what an exception in a handler becomes.
        statuses.Keys.ShouldNotContain("2");
        foreach (var expected in (string[])["0", "3", "13", "frames/"]) statuses.GetValueOrDefault(expected).ShouldBeGreaterThan(0, $"no case ended with {expected}: the campaign does not reach what it is to reach");
        ErrorLogs.In(node).ShouldBeEmpty();
        (await File.ReadAllTextAsync(node.LogFile, Token)).ShouldNotContain(Mark);
        last.ShouldBeLessThan((long)(first * (1 + MayGrow)) + MayGrowMebibytes);

        var after = await office.OpenAsync(Regions.Repatriation("TH", "LA"));
        using var vientiane = region.Office("LA");
        await vientiane.UntilAsync(after.DossierId, referral => referral.State is ReferralState.Sent);
    }

    static async Task<string> TryAsync(IReadOnlyList<(Target Target, MethodDescriptor Method, IMessage Request)> calls, Random chance)
    {
        var (target, method, request) = calls[chance.Next(calls.Count)];
        var (path, body) = (Target.PathOf(method), Target.Framed(request));
        if (chance.Next(FramesOneIn) == 0)
        {
            var frames = Frames.OfCall("127.0.0.1", path, target.Token, body).Prepend(Frames.Preface).ToList();
            for (var wrong = chance.Next(1, 4); wrong > 0; wrong--)
            {
                var which = chance.Next(frames.Count);
                frames[which] = Mutation.Of(frames[which], chance);
            }
            await target.SendAsync([.. frames.SelectMany(frame => frame)], Token);
            return "frames/";
        }
        // What streams would go on; whoever calls it goes away soon.
        var timeout = method.IsServerStreaming ? "50m" : "20S";
        return chance.Next(20) switch
        {
            0 => await target.PostAsync(path, body, timeout, "application/grpc", Token),
            1 => await target.PostAsync(path, body, timeout, $"application/{(char)chance.Next('a', 'z')}rpc", Token),
            2 => await target.PostAsync(path + (char)chance.Next('a', 'z'), body, timeout, "application/grpc", Token),
            3 => await target.PostAsync(path, body, $"{chance.Next(100)}{(char)chance.Next('A', 'z')}", "application/grpc", Token),
            // Bytes as they should be, and a message that is not.
            < 14 => await target.PostAsync(path, Target.Framed(Mutation.Of(request, chance)), timeout, "application/grpc", Token),
            _ => await target.PostAsync(path, Mutation.Of(body, chance), timeout, "application/grpc", Token),
        };
    }

    /// <summary>Entries as the other node would hand them over.</summary>
    static DeliverRequest Delivery(Region region)
    {
        var pen = region.PenOf("LA");
        var (opening, other) = (pen.Open("TH"), pen.Open("TH"));
        return new DeliverRequest
        {
            Entries = { opening.ToWire(), other.ToWire(), pen.Continue(opening, new Domain.Referrals.Cancelled()).ToWire() },
            Particulars = { new SealedParticulars { Entry = opening.Id(), Jwe = "eyJhbGciOiJFQ0RILUVTIn0..AAAA.BBBB.CCCC" } },
        };
    }

    /// <summary>A request in which every field says something.</summary>
    static IMessage Filled(MessageDescriptor message, ByteString dossier, int depth = 0)
    {
        var filled = message.Parser.ParseFrom(ByteString.Empty);
        foreach (var field in message.Fields.InFieldNumberOrder().Where(_ => depth < 6))
        {
            if (field.IsMap) ((System.Collections.IDictionary)field.Accessor.GetValue(filled)).Add("reference", Mark);
            else if (field.IsRepeated) ((System.Collections.IList)field.Accessor.GetValue(filled)).Add(Value(field, dossier, depth));
            else field.Accessor.SetValue(filled, Value(field, dossier, depth));
        }
        return filled;
    }

    static object Value(FieldDescriptor field, ByteString dossier, int depth) => field.FieldType switch
    {
        FieldType.Message when field.MessageType == Command.Descriptor => new Command { CommandId = OfficeClient.NewCommandId(), ContradictionReason = Mark },
        FieldType.Message => Filled(field.MessageType, dossier, depth + 1),
        FieldType.Bytes => dossier,
        FieldType.String => field.Name switch
        {
            "host" => "TH",
            "origin" or "recipients" or "in" or "country" => "LA",
            "note" or "gender" => Mark,
            _ when field.Name.EndsWith("_on", StringComparison.Ordinal) || field.Name is "until" or "reply_by" or "on" => Regions.InDays(14),
            _ => "LA-VTE-FB1",
        },
        FieldType.Enum => field.EnumType.Values[1].Number,
        FieldType.Bool => true,
        FieldType.UInt32 => 1u,
        FieldType.Int32 => 1,
        FieldType.UInt64 => 1ul,
        FieldType.Int64 => 1L,
        var other => throw new NotSupportedException($"No request has a field of type {other}."),
    };

    /// <summary>In MiB.</summary>
    static long Resident(RegionNode node) => long.Parse(
        File.ReadLines($"/proc/{node.ProcessId}/status").First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) / 1024;
}
