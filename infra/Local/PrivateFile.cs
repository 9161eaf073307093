using System.Text;

namespace Coordination.Local;

/// <summary>Files that only their owner reads.</summary>
static class PrivateFile
{
    const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Writes the whole file or leaves the old one.</summary>
    public static void Write(string path, string text) => Write(path, Encoding.UTF8.GetBytes(text));

    /// <summary>Writes the whole file or leaves the old one.</summary>
    public static void Write(string path, ReadOnlySpan<byte> bytes)
    {
        var next = $"{path}.next";
        File.Delete(next);
        using (var file = new FileStream(next, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        }))
        {
            file.Write(bytes);
        }
        File.Move(next, path, overwrite: true);
    }

    /// <summary>Makes a folder that only its owner opens.</summary>
    public static string Folder(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>Makes a folder that others pass through to what is theirs in it, and do not list.</summary>
    public static string PassableFolder(string path)
    {
        Directory.CreateDirectory(path, OwnerOnly | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        return path;
    }
}
