using System.Runtime.CompilerServices;
using System.Text;
using Coordination.Hosting.Referrals;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Coordination.CountryNode.Pages.Forms;

/// <summary>A form with files, read as it comes: first its fields, then each file, a piece at a time. Unlike the framework's own way of reading, nothing of it is ever on a disk.</summary>
sealed class Upload
{
    /// <summary>Of all fields together, in bytes, and how many there may be.</summary>
    const int MostBytes = 4 * 1024 * 1024, MostFields = 2000;

    /// <summary>What was sent beyond what is taken is read so far and thrown away, so that the sender hears why.</summary>
    const int MostThrownAway = 64 * 1024 * 1024;

    readonly MultipartReader _reader;
    MultipartSection? _next;

    Upload(MultipartReader reader) => _reader = reader;

    /// <summary>The files of a request; null where it brought none of the kind.</summary>
    public static Upload? Of(HttpContext http) => http.Features.Get<Upload>();

    /// <summary>Whether a request brings a form with files.</summary>
    public static bool IsOne(HttpRequest request) => request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) is true;

    /// <summary>Reads the fields, up to the first file: from now on the request's form is they alone.</summary>
    /// <returns>False where it is no form, or has too much in it.</returns>
    public static async Task<bool> BeginAsync(HttpContext http, TakesFiles takes)
    {
        if (http.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size) size.MaxRequestBodySize = takes.MostBytes + MostThrownAway;
        if (!MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary).Value is not { Length: > 0 and <= 200 } boundary) return false;
        var upload = new Upload(new MultipartReader(boundary, http.Request.Body));
        var fields = new Dictionary<string, StringValues>(StringComparer.Ordinal);
        try
        {
            var (left, count) = (MostBytes, 0);
            while ((upload._next = await upload._reader.ReadNextSectionAsync(http.RequestAborted)) is { } section && FileOf(section) is null)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var about) || ++count > MostFields) return false;
                if (await TextAsync(section.Body, left, http.RequestAborted) is not { } text) return false;
                left -= Encoding.UTF8.GetByteCount(text);
                var name = HeaderUtilities.RemoveQuotes(about.Name).Value ?? "";
                fields[name] = StringValues.Concat(fields.GetValueOrDefault(name), text);
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or IOException)
        {
            return false;
        }
        http.Features.Set<IFormFeature>(new FormFeature(new FormCollection(fields)));
        http.Features.Set(upload);
        return true;
    }

    /// <summary>The files in their order; each is to be read before the next, and what is left of it is thrown away.</summary>
    public async IAsyncEnumerable<UploadedFile> FilesAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var section = _next; section is not null; section = await _reader.ReadNextSectionAsync(cancellationToken))
            // A field in which no file was chosen comes without a name.
            if (FileOf(section) is { Name.Length: > 0 } file) yield return file;
        _next = null;
    }

    static UploadedFile? FileOf(MultipartSection section)
    {
        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var about) || !about.IsFileDisposition() && !about.FileName.HasValue) return null;
        var name = HeaderUtilities.RemoveQuotes(about.FileNameStar.HasValue ? about.FileNameStar : about.FileName).Value ?? "";
        // Some browsers tell the folder too, which is nobody's business.
        return new UploadedFile(HeaderUtilities.RemoveQuotes(about.Name).Value ?? "", name[(name.LastIndexOfAny(['/', '\\']) + 1)..].Normalize(), section.Body);
    }

    static async Task<string?> TextAsync(Stream body, int most, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var piece = new byte[8192];
        for (int read; (read = await body.ReadAsync(piece, cancellationToken)) > 0;)
        {
            if (bytes.Length + read > most) return null;
            bytes.Write(piece, 0, read);
        }
        return Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length);
    }
}

/// <summary>A file of a form, while it comes.</summary>
/// <param name="Field">By which it was chosen.</param>
/// <param name="Name">As whoever chose it calls it; no program makes a path of it.</param>
/// <param name="Content">Read once, from its beginning.</param>
sealed record UploadedFile(string Field, string Name, Stream Content);

/// <summary>Of an address: a form with files may come there.</summary>
/// <param name="MostBytes">All that a form may bring.</param>
sealed record TakesFiles(long MostBytes)
{
    /// <summary>Within which a form with files has come: 25 MiB over a line of half a megabit take seven minutes.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(10);

    /// <summary>As many as go with one case file, each as large as may be.</summary>
    public static TakesFiles OfCaseFiles { get; } = new((long)CaseFileWire.MostAttachments * AttachmentWire.MostBytes);

    public static TakesFiles OfTables { get; } = new(NewReferral.Importing.MostBytes);

    public static TakesFiles OfLetters { get; } = new(32 * 1024 * 1024);
}
