// A gRPC client that the project did not write: makes one call and prints what came of it as JSON.
// usage: node wire_client.mjs <folder of package.json> ADDRESS SCENARIO [CA]
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [folder, address, scenario, ca] = process.argv.slice(2);
const require = createRequire(`${folder}/package.json`);
const grpc = require('@grpc/grpc-js');
const { loadSync } = require('@grpc/proto-loader');

const SECONDS = 20;
const { WireService } = grpc.loadPackageDefinition(
  loadSync(fileURLToPath(new URL('wire.proto', import.meta.url)), { keepCase: true, defaults: true, longs: Number })).coordination.interop.v1;
const client = new WireService(
  address, ca ? grpc.credentials.createSsl(readFileSync(ca)) : grpc.credentials.createInsecure(),
  { 'grpc.max_send_message_length': -1, 'grpc.max_receive_message_length': -1 });
const compressing = new WireService(address, grpc.credentials.createInsecure(), { 'grpc.default_compression_algorithm': 2 });

const within = (seconds) => ({ deadline: new Date(Date.now() + seconds * 1000) });

function metadata(entries = {}) {
  const sent = new grpc.Metadata();
  for (const [key, value] of Object.entries(entries)) sent.add(key, value);
  return sent;
}

function pairs(received) {
  return Object.keys(received?.getMap() ?? {})
    .filter((key) => (key.startsWith('x-') && key !== 'x-connection') || key === 'grpc-status-details-bin')
    .flatMap((key) => received.get(key).map((value) => [key, Buffer.isBuffer(value) ? value.toString('hex') : value]))
    .sort();
}

/** The outcome of a call with one answer, whichever it is. */
function told(start, answer = () => '') {
  return new Promise((resolve) => {
    let headers, response;
    const call = start((error, message) => { response = message; });
    call.on('metadata', (received) => { headers = received; });
    call.on('status', (status) => resolve({
      code: status.code, detail: status.details, answer: status.code === 0 ? answer(response) : '',
      headers: pairs(headers), trailers: pairs(status.metadata),
    }));
  });
}

const unary = (method, request, { seconds = SECONDS, sent, answer, by = client } = {}) =>
  told((done) => by[method](request, metadata(sent), within(seconds), done), answer);

/** The outcome of a call with many answers: as answer their numbers, joined by blanks. */
function streamed(call, leaveAfter) {
  return new Promise((resolve) => {
    let headers;
    const numbers = [];
    call.on('metadata', (received) => { headers = received; });
    call.on('data', (message) => {
      if (numbers.push(message.number) === leaveAfter) call.cancel();
    });
    call.on('error', () => {});
    call.on('status', (status) => resolve({
      code: status.code, detail: status.details, answer: numbers.join(' '), headers: pairs(headers), trailers: pairs(status.metadata),
    }));
  });
}

const counted = (request, { seconds = SECONDS, leaveAfter, method = 'Count' } = {}) =>
  streamed(client[method](request, metadata(), within(seconds)), leaveAfter);

/** A reader that takes its first message, waits, and then takes all others. */
function slow(request) {
  return new Promise((resolve) => {
    const call = client.Count(request, metadata(), within(SECONDS));
    let others = -1;
    call.on('data', () => {
      others++;
      if (others === 0) {
        call.pause();
        setTimeout(() => call.resume(), 1000);
      }
    });
    call.on('status', (status) => resolve({ code: status.code, detail: status.details, answer: `${others}`, headers: [], trailers: [] }));
  });
}

/** Writes what it is given; ends the stream unless it is to stay open. */
function write(call, messages, end) {
  call.on('error', () => {});
  for (const message of messages) call.write(message);
  if (end) call.end();
  return call;
}

const summed = (messages, { name = 'javascript sum', seconds = SECONDS, end = true } = {}) => told(
  (done) => write(client.Sum(metadata({ 'x-id': name }), within(seconds), done), messages, end), ({ sum, messages: read }) => `${sum} of ${read}`);

function chatted(messages, { name = 'javascript chat', seconds = SECONDS, end = true, leaveAfter } = {}) {
  const call = client.Chat(metadata({ 'x-id': name }), within(seconds));
  const outcome = streamed(call, leaveAfter);
  write(call, messages, end);
  return outcome;
}

const numbers = (from, to) => Array.from({ length: to - from + 1 }, (_, index) => ({ number: from + index }));
const two = [{ number: 1 }, { number: 2 }];

const outcome = await {
  'echo': () => unary('Echo', { text: 'hello', payload: Buffer.of(0, 1) }, { answer: ({ text, payload }) => `${text} ${payload.toString('hex')}` }),
  'refusal': () => unary('Fail', { code: 5, message: 'ไม่พบ 100%\n', details: Buffer.of(0, 1, 255) }),
  'refusal after headers': () => unary('Fail', { code: 9, message: 'late', details: Buffer.of(1), after_headers: true }),
  'unforeseen': () => unary('Fail', { message: 'a secret' }),
  'metadata': () => unary('Reflect', {}, {
    sent: { 'x-text': 'plain', 'x-data-bin': Buffer.of(250, 251), 'x-more-bin': Buffer.of(250, 251, 252) }, answer: ({ seen }) => seen.join(' '),
  }),
  'deadline': () => unary('Sleep', { id: 'javascript deadline' }, { seconds: 0.3 }),
  'stubborn': () => unary('Sleep', { id: 'javascript stubborn', stubborn: true }, { seconds: 0.3 }),
  'sleep': () => unary('Sleep', { id: 'javascript sleep' }),
  'ceiling': () => unary('SleepUnderCeiling', { id: 'javascript ceiling' }),
  'oversize': () => unary('Echo', { payload: Buffer.alloc(5_000_000) }),
  'large': () => unary('Large', { size: 5_000_000 }),
  'unimplemented': () => unary('Missing', {}),
  'compressed': () => unary('Echo', { text: 'x'.repeat(1000) }, { by: compressing }),
  'count': () => counted({ id: 'javascript count', messages: 1000 }),
  'count none': () => counted({ id: 'javascript none' }),
  'count error': () => counted({ id: 'javascript error', messages: 3, code: 5, message: 'ไม่พบ' }),
  'count deadline': () => counted({ id: 'javascript count deadline', messages: 2, wait: true }, { seconds: 2 }),
  'count left': () => counted({ id: 'javascript count left', messages: 2, wait: true }, { leaveAfter: 2 }),
  'count waits': () => counted({ id: 'javascript count waits', messages: 2, wait: true }),
  'count ceiling': () => counted({ id: 'javascript count ceiling', messages: 2, wait: true }, { method: 'CountUnderCeiling' }),
  'count slow': () => slow({ id: 'javascript count slow', messages: 2000, size: 10_000 }),
  'sum': () => summed(numbers(1, 1000)),
  'sum none': () => summed([]),
  'sum error': () => summed(numbers(1, 5).map((message) => ({ ...message, code: message.number === 3 ? 9 : 0 }))),
  'sum deadline': () => summed([{ number: 1 }], { name: 'javascript sum deadline', seconds: 2, end: false }),
  'sum large': () => summed([{ number: 1 }, { payload: Buffer.alloc(5_000_000) }]),
  'chat': () => chatted(numbers(1, 1000)),
  'chat none': () => chatted([]),
  'chat error': () => chatted(numbers(1, 5).map((message) => ({ ...message, code: message.number === 4 ? 9 : 0 }))),
  'chat deadline': () => chatted(two, { name: 'javascript chat deadline', seconds: 2, end: false }),
  'chat left': () => chatted(two, { name: 'javascript chat left', end: false, leaveAfter: 2 }),
  'unauthenticated': () => unary('WhoAmI', {}),
}[scenario]();
process.stdout.write(JSON.stringify(outcome), () => process.exit(0));
