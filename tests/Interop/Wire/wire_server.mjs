// A gRPC server that the project did not write: prints its port, serves until its input ends.
// usage: node wire_server.mjs <folder of package.json>
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const require = createRequire(`${process.argv[2]}/package.json`);
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');
const { WireService } = grpc.loadPackageDefinition(
  loadSync(fileURLToPath(new URL('wire.proto', import.meta.url)), { keepCase: true, defaults: true, longs: Number })).coordination.interop.v1;

function metadata(entries) {
  const sent = new grpc.Metadata();
  for (const [key, value] of entries) sent.add(key, value);
  return sent;
}

const told = (code, details, entries) => ({ code, details, metadata: metadata(entries) });
const refusal = (request) => told(request.code, 'as told', [['x-reason', 'told to']]);

const door = {
  Echo: ({ request }, done) => done(null, request),
  Fail(call, done) {
    const { code, message, details, after_headers: afterHeaders } = call.request;
    if (afterHeaders) call.sendMetadata(metadata([['x-early', 'yes']]));
    if (code === 0) throw new Error(message);
    done(told(code, message, [['grpc-status-details-bin', details]]));
  },
  Sleep() {},
  Large: ({ request }, done) => done(null, { payload: Buffer.alloc(request.size) }),
  Reflect(call, done) {
    const reflected = Object.keys(call.metadata.getMap()).filter((key) => key.startsWith('x-')).flatMap((key) => call.metadata.get(key).map((value) => [key, value]));
    call.sendMetadata(metadata(reflected));
    done(null, { seen: reflected.map(([key, value]) => `${key}=${Buffer.isBuffer(value) ? value.toString('hex') : value}`) }, metadata(reflected));
  },
  WhoAmI: (call, done) => done(null, { user: `${call.metadata.get('user-agent')[0]}` }),
  Count(call) {
    const { messages, size, wait, code, message } = call.request;
    for (let number = 1; number <= messages; number++) call.write({ number, payload: Buffer.alloc(size) });
    if (wait) return;
    const trailers = [['x-written', `${messages}`]];
    if (code) call.emit('error', told(code, message, trailers));
    else call.end(metadata(trailers));
  },
  Sum(call, done) {
    let sum = 0, messages = 0;
    call.on('data', (request) => {
      sum += request.number;
      messages++;
      if (request.code) done(refusal(request));
    });
    call.on('end', () => done(null, { sum, messages }, metadata([['x-read', `${messages}`]])));
  },
  Chat(call) {
    let written = 0;
    call.on('data', (request) => {
      if (request.code) call.emit('error', refusal(request));
      else if (!request.wait) call.write({ number: request.number, payload: Buffer.alloc(request.size) }, () => {}) && written++;
    });
    call.on('end', () => call.end(metadata([['x-written', `${written}`]])));
  },
};

const server = new grpc.Server();
server.addService(WireService.service, door);
server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});
// A line asks for no new calls: those under way go on.
process.stdin.on('data', () => server.tryShutdown(() => {})).on('end', () => process.exit(0));
