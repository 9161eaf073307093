using System.Collections.Concurrent;
using Google.Protobuf.Reflection;
using Grpc.AspNetCore.Server;
using Grpc.Core;
using Grpc.Reflection.V1;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Grpc.Server.Reflection;

/// <summary>Tells clients without protos what the services here are. No proto here has extensions.</summary>
sealed class ReflectionService(IEnumerable<EndpointDataSource> sources) : ServerReflection.ServerReflectionBase
{
    /// <summary>By the method through which they are asked for.</summary>
    readonly ConcurrentDictionary<GrpcMethodMetadata, ReflectedServices> _services = [];

    public override async Task ServerReflectionInfo(
        IAsyncStreamReader<ServerReflectionRequest> requestStream, IServerStreamWriter<ServerReflectionResponse> responseStream, ServerCallContext context)
    {
        var method = context.GetHttpContext().GetEndpoint()!.Metadata.GetMetadata<GrpcMethodMetadata>()!;
        var services = _services.GetOrAdd(method, asked => new(asked, sources));
        await foreach (var request in requestStream.ReadAllAsync(context.CancellationToken))
        {
            var response = Answer(request, services);
            response.ValidHost = request.Host;
            response.OriginalRequest = request;
            await responseStream.WriteAsync(response, context.CancellationToken);
        }
    }

    static ServerReflectionResponse Answer(ServerReflectionRequest request, ReflectedServices services) => request.MessageRequestCase switch
    {
        ServerReflectionRequest.MessageRequestOneofCase.ListServices =>
            new() { ListServicesResponse = new() { Service = { services.All.Select(service => new ServiceResponse { Name = service.FullName }) } } },
        ServerReflectionRequest.MessageRequestOneofCase.FileByFilename => Files(services.FindFile(request.FileByFilename), request.FileByFilename),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingSymbol => Files(services.FindFileOf(request.FileContainingSymbol), request.FileContainingSymbol),
        ServerReflectionRequest.MessageRequestOneofCase.FileContainingExtension => Error(StatusCode.NotFound, "No proto here has extensions."),
        ServerReflectionRequest.MessageRequestOneofCase.AllExtensionNumbersOfType => services.FindFileOf(request.AllExtensionNumbersOfType) is null
            ? Error(StatusCode.NotFound, $"{request.AllExtensionNumbersOfType} is not known here.")
            : new() { AllExtensionNumbersResponse = new() { BaseTypeName = request.AllExtensionNumbersOfType } },
        _ => Error(StatusCode.InvalidArgument, "Nothing is asked."),
    };

    static ServerReflectionResponse Files(FileDescriptor? file, string asked)
    {
        if (file is null) return Error(StatusCode.NotFound, $"{asked} is not known here.");
        var files = new List<FileDescriptor>();
        Add(file);
        return new() { FileDescriptorResponse = new() { FileDescriptorProto = { files.Select(found => found.SerializedData) } } };

        void Add(FileDescriptor next)
        {
            if (files.Contains(next)) return;
            files.Add(next);
            foreach (var imported in next.Dependencies) Add(imported);
        }
    }

    static ServerReflectionResponse Error(StatusCode code, string words) => new() { ErrorResponse = new() { ErrorCode = (int)code, ErrorMessage = words } };
}
