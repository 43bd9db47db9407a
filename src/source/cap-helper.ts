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
import { PcapMagic } from './pcap.ts';

interface CapSession {
  open(device: string, filter: string, bufferBytes: number, buffer: Buffer): string;
  on(event: 'packet', listener: (bytes: number, isTruncated: boolean) => void): void;
}

const BUFFER_BYTES = 65_536;
const BATCH_BYTES = 256 << 10;
const PACKET_HEADER_BYTES = 16;
const FILE_HEADER_BYTES = 24;
const PAUSE_MILLIS = 1;

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

/** Captures until the process is ended; arguments: interface, filter, bytes kept of a packet, bytes of the kernel's buffer. */
export function runCapHelper([device, filter, snapLength, kernelBytes]: readonly string[]): void {
  const buffer = Buffer.alloc(BUFFER_BYTES);
  const batch = new Batch(Number(snapLength));
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
  held.push(buffer, session);
  batch.begin(LINK_TYPES[linkName] ?? Number(/\d+$/.exec(linkName)?.[0] ?? 1));
  session.on('packet', (bytes) => batch.add(buffer, bytes));
  process.stdin.on('close', () => process.exit(0)).resume();
  process.on('SIGTERM', () => {
    batch.flush();
    process.exit(0);
  });
  process.stderr.write(`listening on ${device}\n`);
}

/** Packets on their way out. */
class Batch {
  readonly #bytes = Buffer.alloc(BATCH_BYTES);
  readonly #snapLength: number;
  #fill = 0;
  #isScheduled = false;

  constructor(snapLength: number) {
    this.#snapLength = snapLength;
  }

  begin(linkType: number): void {
    const out = this.#bytes;
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
    if (this.#fill + PACKET_HEADER_BYTES + kept > BATCH_BYTES) this.flush();
    const out = this.#bytes;
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
    setImmediate(() => {
      this.#isScheduled = false;
      this.flush();
    });
  }

  /** Writes what there is; when the reader is behind it waits, and the kernel's buffer takes what comes meanwhile. */
  flush(): void {
    for (let at = 0; at < this.#fill; ) {
      try {
        at += writeSync(1, this.#bytes, at, this.#fill - at);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') process.exit(0);
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MILLIS);
      }
    }
    this.#fill = 0;
  }
}
