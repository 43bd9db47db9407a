/**
 * The process that captures by the package `cap` and writes classic pcap with nanoseconds to standard output.
 *
 * A process of its own, because of what that binding is: it calls back in a loop that does not return to the event loop
 * as long as packets keep coming, it can take the process down with it when the interface goes away, and it knows
 * one buffer only, which the next packet overwrites. Each packet is copied out of it at once, behind a header with the
 * time of its arrival, as the binding hands out none of libpcap's times.
 */
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { setPriority } from 'node:os';
import { PcapMagic } from './pcap.ts';

interface CapSession {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (bytes: number, isTruncated: boolean) => void): void;
}

const BUFFER_BYTES = 65_536;
const BATCH_BYTES = 256 << 10;
const PACKET_HEADER_BYTES = 16;
const FILE_HEADER_BYTES = 24;
const PAUSE_MILLIS = 2;
const LAST_CALL_MILLIS = 20;
/** Batches that wait at most, 64 MB, and those that are kept for later. */
const MOST_BATCHES = 256;
const SPARE_BATCHES = 8;
/** Better than others, so that the kernel's buffer is emptied in time on a busy machine. */
const PRIORITY = -10;
/** Begins a line on standard error: so many packets more found no room here. */
const DROPPED = 'dropped';

/** LINKTYPE_ numbers of the names that the binding gives; others it gives as numbers. */
const LINK_TYPES: Readonly<Record<string, number>> = {
  NULL: 0,
  ETHERNET: 1,
  IEEE802_11_RADIO: 127,
  LINKTYPE_LINUX_SLL: 113,
  RAW: 101,
};

/** Held as long as the process lives: the binding keeps a pointer into the buffer, but no reference to it. */
const held: unknown[] = [];

/**
 * Captures until the process is ended, which it does itself; arguments: interface, filter, bytes kept of a packet, bytes of the
 * kernel's buffer.
 */
export function runCapHelper([device, filter, snapLength, kernelBytes]: readonly string[]): Promise<never> {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const outbox = new Outbox(Number(snapLength));
  let session: CapSession;
  let linkName: string;
  try {
    const { Cap } = createRequire(import.meta.url)('cap') as { Cap: new () => CapSession };
    session = new Cap();
    linkName = session.open(device, filter, Number(kernelBytes), buffer);
  } catch (error) {
    process.stderr.write(`cap: ${(error as Error).message}\n`);
    process.exit(1);
  }
  // Writes to standard output do not wait from here on.
  held.push(buffer, session, new Socket({ fd: 1, readable: false, writable: true }));
  try {
    setPriority(PRIORITY);
  } catch {
    // Only root may.
  }
  outbox.begin(LINK_TYPES[linkName] ?? Number(/\d+$/.exec(linkName)?.[0] ?? 1));
  session.on('packet', (bytes) => outbox.add(buffer, bytes));
  process.stdin.on('close', () => process.exit(0)).resume();
  process.on('SIGTERM', () => {
    // Once more around, for what the kernel still has.
    setTimeout(() => endWhenOut(outbox), LAST_CALL_MILLIS);
  });
  process.stderr.write(`listening on ${device}\n`);
  return new Promise(() => {});
}

function endWhenOut(outbox: Outbox): void {
  if (outbox.flush() && outbox.flush()) process.exit(0);
  setTimeout(() => endWhenOut(outbox), PAUSE_MILLIS);
}

/** Packets on their way out: they wait here, and not in the kernel's small buffer, when the reader is busy. */
class Outbox {
  readonly #snapLength: number;
  readonly #full: Buffer[] = [];
  readonly #spare: Buffer<ArrayBuffer>[] = [];
  #batch = Buffer.from(new ArrayBuffer(BATCH_BYTES));
  #fill = 0;
  /** Bytes of the oldest batch that are out already. */
  #written = 0;
  #isScheduled = false;
  #dropped = 0;

  constructor(snapLength: number) {
    this.#snapLength = snapLength;
  }

  begin(linkType: number): void {
    const out = this.#batch;
    out.fill(0, 0, FILE_HEADER_BYTES);
    out.writeUInt32LE(PcapMagic.NANOS, 0);
    out.writeUInt16LE(2, 4);
    out.writeUInt16LE(4, 6);
    out.writeUInt32LE(BUFFER_BYTES, 16);
    out.writeUInt32LE(linkType, 20);
    this.#fill = FILE_HEADER_BYTES;
    this.flush();
  }

  /** @hot */
  add(source: Buffer, wireBytes: number): void {
    const kept = Math.min(wireBytes, this.#snapLength);
    if (this.#fill + PACKET_HEADER_BYTES + kept > BATCH_BYTES && !this.#next()) {
      this.#dropped++;
      return;
    }
    const out = this.#batch;
    const at = this.#fill;
    const nowMillis = performance.timeOrigin + performance.now();
    const seconds = Math.floor(nowMillis / 1000);
    const nanos = Math.floor((nowMillis - seconds * 1000) * 1_000_000);
    out.writeUInt32LE(seconds, at);
    out.writeUInt32LE(nanos, at + 4);
    out.writeUInt32LE(kept, at + 8);
    out.writeUInt32LE(wireBytes, at + 12);
    source.copy(out, at + PACKET_HEADER_BYTES, 0, kept);
    this.#fill = at + PACKET_HEADER_BYTES + kept;
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    setImmediate(this.#drain);
  }

  /** Writes what it can without waiting; false if something is left. */
  flush(): boolean {
    if (this.#full.length === 0 && this.#fill > 0) this.#next();
    for (let [oldest] = this.#full; oldest !== undefined; [oldest] = this.#full) {
      try {
        this.#written += writeSync(1, oldest, this.#written, oldest.length - this.#written);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(0);
        return false;
      }
      if (this.#written < oldest.length) continue;
      this.#written = 0;
      this.#full.shift();
      if (this.#spare.length < SPARE_BATCHES)
        this.#spare.push(Buffer.from(oldest.buffer as ArrayBuffer, 0, BATCH_BYTES));
    }
    return true;
  }

  /** Says how many packets found no room since the last time. */
  tellDropped(): void {
    if (this.#dropped > 0) process.stderr.write(`${DROPPED} ${this.#dropped}\n`);
    this.#dropped = 0;
  }

  readonly #drain = (): void => {
    this.#isScheduled = this.#full.length > 0 || this.#fill > 0;
    if (this.flush()) this.#isScheduled = false;
    else setTimeout(this.#drain, PAUSE_MILLIS);
    this.tellDropped();
  };

  /** Begins another batch, and lets full ones go; false if there is no room for one. */
  #next(): boolean {
    if (this.#full.length >= MOST_BATCHES) {
      this.flush();
      if (this.#full.length >= MOST_BATCHES) return false;
    }
    this.#full.push(this.#batch.subarray(0, this.#fill));
    this.#batch = this.#spare.pop() ?? Buffer.from(new ArrayBuffer(BATCH_BYTES));
    this.#fill = 0;
    if (this.#full.length > 1) this.flush();
    return true;
  }
}
