using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Coordination.Contracts;

/// <summary>What the protos say of their methods, fields and codes, in the words of their comments.</summary>
public static class ProtoComments
{
    static readonly Lazy<IReadOnlyDictionary<string, string>> Comments = new(Read);

    /// <summary>The comment above a method, message, field, code list or code, without line ends; empty where there is none.</summary>
    /// <param name="described">By its full name, such as <c>coordination.referral.v1.Opened.reply_by</c>.</param>
    public static string Of(IDescriptor described) => Comments.Value.GetValueOrDefault(described.FullName, "");

    static IReadOnlyDictionary<string, string> Read()
    {
        using var resource = typeof(ProtoComments).Assembly.GetManifestResourceStream("protos.binpb")!;
        var files = FileDescriptor.BuildFromByteStrings(FileDescriptorSet.Parser.ParseFrom(resource).File.Select(file => file.ToByteString()));
        return files.SelectMany(Described).Select(described => (described.FullName, Text: Text(described)))
            .Where(comment => comment.Text.Length > 0)
            .ToDictionary(comment => comment.FullName, comment => comment.Text);
    }

    static IEnumerable<DescriptorBase> Described(FileDescriptor file) =>
    [
        .. file.Services, .. file.Services.SelectMany(service => service.Methods),
        .. file.EnumTypes, .. file.EnumTypes.SelectMany(list => list.Values),
        .. file.MessageTypes.SelectMany(Described),
    ];

    static IEnumerable<DescriptorBase> Described(MessageDescriptor message) =>
    [
        message, .. message.Fields.InDeclarationOrder(),
        .. message.EnumTypes, .. message.EnumTypes.SelectMany(list => list.Values),
        .. message.NestedTypes.SelectMany(Described),
    ];

    static string Text(DescriptorBase described) =>
        string.Join(' ', (described.Declaration?.LeadingComments ?? "").Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
