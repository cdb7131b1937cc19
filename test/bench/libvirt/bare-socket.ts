/**
 * The floor: one socket, fixed bytes out, complete frames in, nothing around them. `node bare-socket.ts SOCKET` prints what
 * a lookup and 1,000 definitions in turn take then, in milliseconds. What it takes, daemon, kernel and Node take.
 */
import {createConnection} from 'node:net';
import {median} from '../timing.ts';

const [path = ''] = process.argv.slice(2);
const domains = 1000;
const repeats = 5;
const authList = 66;
const connectOpen = 1;
const getXmlDesc = 14;
const lookupByName = 23;
const headerBytes = 28;

let serial = 0;
let partial = Buffer.alloc(0);
let answered: (frame: Buffer) => void = () => {};

const callback = (length: number, memory: Uint8Array): boolean => {
  partial = Buffer.concat([partial, memory.subarray(0, length)]);
  if (partial.length >= 4 && partial.length >= partial.readUInt32BE(0)) {
    const frame = partial;
    partial = Buffer.alloc(0);
    answered(frame);
  }
  return true;
};
const socket = createConnection({path, onread: {buffer: Buffer.alloc(65_536), callback}});

await call(authList);
await call(connectOpen, words(1), text('test:///default'), words(0));
const refs: Buffer[] = [];
const lookups: number[] = [];
for (let number = 1; number <= domains; number++) {
  const name = text(`bench-${number}`);
  const start = performance.now();
  const frame = await call(lookupByName, name);
  lookups.push(performance.now() - start);
  refs.push(frame.subarray(headerBytes));
}
const runs: number[] = [];
for (let run = 0; run < repeats; run++) {
  const start = performance.now();
  for (const ref of refs) {
    const frame = await call(getXmlDesc, ref, words(0));
    frame.toString('utf8', headerBytes + 4, headerBytes + 4 + frame.readUInt32BE(headerBytes));
  }
  runs.push(performance.now() - start);
}
socket.destroy();
console.log(JSON.stringify({lookup: median(lookups), xmlsInTurn: median(runs)}));

function call(procedure: number, ...args: readonly Buffer[]): Promise<Buffer> {
  const length = args.reduce((sum, arg) => sum + arg.length, headerBytes);
  serial += 1;
  socket.write(Buffer.concat([words(length, 0x2000_8086, 1, procedure, 0, serial, 0), ...args], length));
  const {promise, resolve} = Promise.withResolvers<Buffer>();
  answered = resolve;
  return promise;
}

function words(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, index) => bytes.writeUInt32BE(value, index * 4));
  return bytes;
}

function text(value: string): Buffer {
  const bytes = Buffer.alloc(4 + Math.ceil(value.length / 4) * 4);
  bytes.writeUInt32BE(value.length);
  bytes.write(value, 4);
  return bytes;
}
