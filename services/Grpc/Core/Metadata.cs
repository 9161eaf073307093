using System.Buffers;
using System.Collections;
using System.Text;

namespace Grpc.Core;

/// <summary>Headers or trailers of a call: keys with text, and keys ending in <c>-bin</c> with bytes.</summary>
/// <remarks>A key may occur more than once; the order among equal keys is kept.</remarks>
public sealed class Metadata : IList<Metadata.Entry>
{
    public const string BinaryHeaderSuffix = "-bin";

    /// <summary>No entries, and none can be added.</summary>
    public static readonly Metadata Empty = new(isReadOnly: true);

    readonly List<Entry> _entries = [];

    public Metadata()
    {
    }

    Metadata(bool isReadOnly) => IsReadOnly = isReadOnly;

    public int Count => _entries.Count;
    public bool IsReadOnly { get; }

    public Entry this[int index]
    {
        get => _entries[index];
        set => Writable()[index] = value ?? throw new ArgumentNullException(nameof(value));
    }

    /// <summary>The last entry with this key, or null.</summary>
    public Entry? Get(string key) => _entries.FindLast(entry => entry.Has(key));

    /// <summary>The text of the last entry with this key, or null.</summary>
    /// <exception cref="InvalidOperationException">The entry is binary.</exception>
    public string? GetValue(string key) => Get(key)?.Value;

    /// <summary>The bytes of the last entry with this key, or null.</summary>
    public byte[]? GetValueBytes(string key) => Get(key)?.ValueBytes;

    public IEnumerable<Entry> GetAll(string key) => _entries.Where(entry => entry.Has(key));

    public void Add(string key, string value) => Add(new Entry(key, value));
    public void Add(string key, byte[] valueBytes) => Add(new Entry(key, valueBytes));

    public void Add(Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Add(item);
    }

    public void Insert(int index, Entry item)
    {
        ArgumentNullException.ThrowIfNull(item);
        Writable().Insert(index, item);
    }

    public bool Remove(Entry item) => Writable().Remove(item);
    public void RemoveAt(int index) => Writable().RemoveAt(index);
    public void Clear() => Writable().Clear();
    public int IndexOf(Entry item) => _entries.IndexOf(item);
    public bool Contains(Entry item) => _entries.Contains(item);
    public void CopyTo(Entry[] array, int arrayIndex) => _entries.CopyTo(array, arrayIndex);
    public IEnumerator<Entry> GetEnumerator() => _entries.GetEnumerator();
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    List<Entry> Writable() => IsReadOnly ? throw new InvalidOperationException("This metadata is read-only.") : _entries;

    /// <summary>One key with its value.</summary>
    public class Entry
    {
        // Header-Name of the gRPC over HTTP/2 document.
        static readonly SearchValues<char> KeyCharacters = SearchValues.Create("0123456789abcdefghijklmnopqrstuvwxyz_-.");

        readonly string? _text;
        readonly byte[] _bytes = [];

        /// <param name="key">Is lowered; must not end in <c>-bin</c>.</param>
        /// <param name="value">Printable ASCII.</param>
        /// <exception cref="ArgumentException">The key holds a character that no header name may, or is a binary one.</exception>
        public Entry(string key, string value)
        {
            ArgumentNullException.ThrowIfNull(value);
            Key = Normal(key);
            if (IsBinaryKey(Key)) throw new ArgumentException($"The value of {Key} must be bytes.", nameof(key));
            _text = value;
        }

        /// <param name="key">Is lowered; must end in <c>-bin</c>.</param>
        /// <param name="valueBytes">Is copied.</param>
        /// <exception cref="ArgumentException">The key holds a character that no header name may, or is not a binary one.</exception>
        public Entry(string key, byte[] valueBytes)
        {
            ArgumentNullException.ThrowIfNull(valueBytes);
            Key = Normal(key);
            if (!IsBinaryKey(Key)) throw new ArgumentException($"The value of {Key} must be text.", nameof(key));
            _bytes = [.. valueBytes];
        }

        public string Key { get; }
        public bool IsBinary => _text is null;

        /// <exception cref="InvalidOperationException">The entry is binary.</exception>
        public string Value => _text ?? throw new InvalidOperationException($"The value of {Key} is bytes.");

        /// <summary>A copy of the bytes; of a text, its ASCII.</summary>
        public byte[] ValueBytes => _text is null ? [.. _bytes] : Encoding.ASCII.GetBytes(_text);

        public override string ToString() => IsBinary ? $"[{Key}: {_bytes.Length} bytes]" : $"[{Key}: {_text}]";

        internal ReadOnlySpan<byte> Bytes => _bytes;

        internal bool Has(string key) => string.Equals(Key, key, StringComparison.OrdinalIgnoreCase);

        internal static bool IsBinaryKey(string key) => key.EndsWith(BinaryHeaderSuffix, StringComparison.OrdinalIgnoreCase);

        internal static bool IsKey(string lowered) => lowered.Length > 0 && !lowered.AsSpan().ContainsAnyExcept(KeyCharacters);

        static string Normal(string key)
        {
            ArgumentNullException.ThrowIfNull(key);
            var lowered = key.ToLowerInvariant();
            return IsKey(lowered) ? lowered : throw new ArgumentException("A metadata key is made of 0-9 a-z _ - and dots.", nameof(key));
        }
    }
}
