/** What is held against damaged input: each target makes its input from random numbers and says what is wrong with the outcome. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { CaptureError } from '../../src/base/error.ts';
import { analyzeBytes } from '../../src/index.ts';
import { createParser } from '../../src/source/detect.ts';
import { type CaptureParser, createSourceContext, type PacketSink } from '../../src/source/packet.ts';
import { readChunks } from '../../src/source/session.ts';
import { BATCH_ROWS, SegmentBatch } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { generateCapture, generatePcap, generatePcapng } from './captures.ts';
import { generateFrame } from './frames.ts';
import { mutate } from './mutate.ts';
import type { Random } from './random.ts';
import { LZ4_SEEDS, ZSTD_SEEDS } from './seeds.ts';

/** A property that does not hold, or an exception that is no CaptureError. */
export class Violation extends Error {}

export interface Target {
  readonly name: string;
  /** What the parser is given. */
  generate(random: Random): Uint8Array;
  /** Throws a {@link Violation} or whatever the parser throws wrongly. */
  check(input: Uint8Array, random: Random): void | Promise<void>;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Violation(what);
}

/** Packets and errors of one reading, as a line. */
class Outcome implements PacketSink {
  readonly #hash = createHash('md5');
  packets = 0;
  capturedBytes = 0;

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    const [bytes, view, start, captured, ...numbers] = packet;
    demand(start >= 0 && captured >= 0 && start + captured <= bytes.length, 'a packet lies outside its memory');
    demand(view.byteLength === bytes.length && view.buffer === bytes.buffer, 'bytes and view show different memory');
    demand(numbers.every(Number.isFinite), `a packet has the numbers ${numbers}`);
    this.packets++;
    this.capturedBytes += captured;
    this.#hash.update(bytes.subarray(start, start + captured)).update(numbers.join());
  }

  onName(name: { name: string }): void {
    this.#hash.update(name.name);
  }

  line(error: unknown, parser: CaptureParser | null): string {
    if (error !== null && !(error instanceof CaptureError)) throw error;
    const problem =
      error === null ? null : [error.code, error.message, error.byteOffset, error.packetNumber, error.hint];
    if (error !== null) checkComplaint(error);
    const rest = [
      parser?.interfaces,
      parser?.sections,
      parser?.names.length,
      parser?.firstTimeNanos,
      parser?.lastTimeNanos,
    ];
    return JSON.stringify([this.packets, this.#hash.digest('hex'), problem, rest]);
  }
}

function checkComplaint({ message, hint, byteOffset, packetNumber }: CaptureError): void {
  demand(
    !/[\n\r]|undefined|NaN|\[object/.test(message + hint),
    `the message "${message}" / "${hint}" is not for people`,
  );
  demand(/[.!?]$/.test(hint) || hint.length > 0, 'an error without a hint');
  demand(
    Number.isSafeInteger(byteOffset) && byteOffset >= 0 && packetNumber >= 0,
    `an error at ${byteOffset}, ${packetNumber}`,
  );
}

/** Feeds a file to its parser in pieces, each overwritten after its push. */
function parseIn(file: Uint8Array, nextPiece: () => number): { outcome: Outcome; line: string } {
  const outcome = new Outcome();
  let parser: CaptureParser | null = null;
  let error: unknown = null;
  try {
    parser = createParser(file.subarray(0, 32), createSourceContext(), outcome, 'file');
    for (let at = 0; at < file.length; ) {
      const piece = file.slice(at, at + Math.max(1, nextPiece()));
      parser.push(piece);
      at += piece.length;
      piece.fill(0xee);
    }
    parser.end();
  } catch (caught) {
    error = caught ?? new Violation('something empty was thrown');
  }
  return { outcome, line: outcome.line(error, parser) };
}

const SMALLEST_PACKET_BYTES = 16;
/** What a parser may allot for each byte it is given, and besides. */
const ALLOTTED_PER_BYTE = 24;
const ALLOTTED_BESIDES = 4 << 20;

function checkParser(file: Uint8Array, random: Random): void {
  const before = process.memoryUsage().arrayBuffers;
  const { outcome, line } = parseIn(file, () => file.length);
  const allotted = process.memoryUsage().arrayBuffers - before;
  demand(
    allotted <= file.length * ALLOTTED_PER_BYTE + ALLOTTED_BESIDES,
    `${file.length} bytes made it allot ${allotted}`,
  );
  demand(outcome.packets * SMALLEST_PACKET_BYTES <= file.length, `${outcome.packets} packets of ${file.length} bytes`);
  demand(outcome.capturedBytes <= file.length, 'more was captured than the file has');
  const most = random.pick([1, 7, 64, 1000]);
  const inPieces = parseIn(file, () => (random.oneIn(4) ? 1 : random.between(1, most)));
  demand(inPieces.line === line, `in pieces of up to ${most}: ${inPieces.line}, at once: ${line}`);
}

/** What was read, and what is told of it: of zlib's several faults, and of what is no longer packed, only whether there is one. */
async function readPacked(packed: Uint8Array, pieceBytes: number): Promise<string> {
  const outcome = new Outcome();
  function* pieces(): Generator<Uint8Array> {
    for (let at = 0; at < packed.length; at += pieceBytes) yield packed.slice(at, at + pieceBytes);
  }
  const report = await readChunks(pieces(), outcome);
  const line = outcome.line(report.problem, null);
  if (report.compression === 'zstd' || report.compression === 'lz4') return line;
  const [packets, octets, problem] = JSON.parse(line);
  return JSON.stringify([packets, octets, problem !== null]);
}

async function checkPacked(packed: Uint8Array, random: Random): Promise<void> {
  const whole = await readPacked(packed, packed.length + 1);
  const pieceBytes = random.pick([1, 7, 64, 1000]);
  const inPieces = await readPacked(packed, pieceBytes);
  demand(whole === inPieces, `in pieces of ${pieceBytes}: ${inPieces}, at once: ${whole}`);
}

const packed = (name: string, seeds: readonly Uint8Array[]): Target => ({
  name,
  generate: (random) => mutate(random.pick(seeds), random, 4),
  check: checkPacked,
});

/** Frames one after the other: link type 2, length on the wire 4, captured length 2, octets. */
function encodeFrames(random: Random): Uint8Array {
  const parts: Uint8Array[] = [];
  for (let left = random.between(1, 12); left > 0; left--) {
    const { linkType, bytes, wireBytes } = generateFrame(random);
    const head = new Uint8Array(8);
    const view = new DataView(head.buffer);
    view.setUint16(0, linkType);
    view.setUint32(2, wireBytes);
    view.setUint16(6, bytes.length);
    parts.push(head, bytes);
  }
  return Buffer.concat(parts);
}

interface Placed {
  readonly linkType: number;
  readonly wireBytes: number;
  readonly octets: Uint8Array;
}

function decodeFrames(input: Uint8Array): Placed[] {
  const view = new DataView(input.buffer, input.byteOffset, input.length);
  const frames: Placed[] = [];
  for (let at = 0; at + 8 <= input.length; ) {
    const count = Math.min(view.getUint16(at + 6), input.length - at - 8);
    const octets = input.slice(at + 8, at + 8 + count);
    frames.push({ linkType: view.getUint16(at), wireBytes: view.getUint32(at + 2), octets });
    at += 8 + count;
  }
  return frames;
}

const COLUMNS = [
  'seq',
  'ack',
  'flags',
  'payloadBytes',
  'options',
  'scope',
  'origin',
  'ttl',
  'mss',
  'tsVal',
  'sackCount',
] as const;

/** Rows and counts of frames that lie `lead` octets behind the beginning of their memory. */
function decodeAt(frames: readonly Placed[], lead: number): string {
  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch, { verifyChecksums: true, maxFragmentedDatagrams: 8, maxFragmentBytes: 1 << 16 });
  frames.forEach(({ linkType, wireBytes, octets }, index) => {
    const bytes = new Uint8Array(lead + octets.length + lead).fill(0x5a);
    bytes.set(octets, lead);
    const before = batch.count + batch.icmpErrors.length;
    const view = new DataView(bytes.buffer);
    const skippedBefore = sum(decoder.skippedCounts());
    decoder.decode(bytes, view, lead, octets.length, wireBytes, linkType, index + 1, index * 1e9, index % 3);
    const after = batch.count + batch.icmpErrors.length + sum(decoder.skippedCounts());
    demand(after > before + skippedBefore, `frame ${index + 1} gave neither row nor reason`);
    demand(batch.count <= BATCH_ROWS, 'more rows than a batch has');
  });
  demand(decoder.fragmentCounts().pending <= 8, 'more datagrams are held than allowed');
  const rows = COLUMNS.map((column) => Array.from({ length: batch.count }, (_, row) => batch[column](row)));
  return JSON.stringify([rows, decoder.skippedCounts(), decoder.tunnelCounts(), decoder.fragmentCounts()]);
}

const sum = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);

function checkDecoder(input: Uint8Array, random: Random): void {
  const frames = decodeFrames(input);
  const line = decodeAt(frames, 0);
  const lead = random.between(1, 40);
  const elsewhere = decodeAt(frames, lead);
  demand(line === elsewhere, `behind ${lead} octets: ${elsewhere}, at the beginning: ${line}`);
}

function checkAnalysis(input: Uint8Array): void {
  try {
    const { connections } = analyzeBytes(input, { segments: true, checksums: true });
    for (const { segments = [], client, server } of connections) {
      demand(segments.length > 0, `${client.address} > ${server.address} has no segment`);
    }
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
  }
}

/** One target a parser, and the whole of it at the end. */
export const TARGETS: readonly Target[] = [
  { name: 'pcap', generate: generatePcap, check: checkParser },
  { name: 'pcapng', generate: generatePcapng, check: checkParser },
  { name: 'decoder', generate: encodeFrames, check: checkDecoder },
  {
    name: 'gzip',
    generate: (random) => mutate(gzipSync(generateCapture(random), { level: random.below(10) }), random, 3),
    check: checkPacked,
  },
  packed('zstd', ZSTD_SEEDS),
  packed('lz4', LZ4_SEEDS),
  { name: 'analysis', generate: generateCapture, check: checkAnalysis },
];
