/**
 * Writes packets to pcapng files while they are captured: batch by batch, so that whenever the process ends, and however,
 * the file holds whole blocks up to the last batch that was committed.
 *
 *     SHB: type 4 | length 4 | byte-order magic 4 | version 2 2 | section length 8 (not told) | length 4
 *     IDB: type 4 | length 4 | link type 2 | 0 2 | snap length 4 | if_tsresol 9 (nanoseconds) | end of options | length 4
 *     EPB: type 4 | length 4 | interface 4 | time 4 4 | captured 4 | original 4 | bytes, padded to 4 | length 4
 */
import { closeSync, fsync, fsyncSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { extname } from 'node:path';
import { encodeInterface, encodeSectionHeader } from '../base/pcapng-writer.ts';
import type { TimeBase } from '../base/time.ts';

export interface Rotation {
  /** A file that has so many bytes is followed by another. */
  readonly bytes?: number;
  /** So many seconds after its first packet as well. */
  readonly seconds?: number;
}

const FIRST_BATCH_BYTES = 1 << 18;
/** A batch of so many bytes is written at once, whatever the time. */
const FULL_BATCH_BYTES = 1 << 20;
const PACKET_BLOCK = 6;
const EPB_BYTES = 32;
const HEADER_BYTES = 28;

/** One file, or several that follow each other. */
export class PcapngFile {
  /** Packets in files so far, and packets that no longer could be written. */
  writtenCount = 0;
  lostCount = 0;
  readonly #path: string;
  readonly #timeBase: TimeBase;
  readonly #rotation: Rotation;
  readonly #onFailure: (path: string, error: NodeJS.ErrnoException) => void;
  readonly #linkTypes: number[] = [];
  readonly paths: string[] = [];
  #fd = -1;
  #fileBytes = 0;
  #fileStartNanos = Number.NaN;
  #known = 0;
  #batch = Buffer.alloc(FIRST_BATCH_BYTES);
  #fill = 0;
  #inBatch = 0;
  #isSyncing = false;
  #hasFailed = false;

  /**
   * Opens the first file, so that what is wrong with the path shows at once.
   *
   * @throws NodeJS.ErrnoException when it cannot be opened
   */
  constructor(
    path: string,
    timeBase: TimeBase,
    rotation: Rotation,
    onFailure: (path: string, error: NodeJS.ErrnoException) => void,
  ) {
    this.#path = path;
    this.#timeBase = timeBase;
    this.#rotation = rotation;
    this.#onFailure = onFailure;
    this.#open();
  }

  add(
    bytes: Uint8Array,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    timeNanos: number,
  ): void {
    if (this.#hasFailed) {
      this.lostCount++;
      return;
    }
    if (this.#isFull(timeNanos)) this.#rotate();
    let index = this.#linkTypes.indexOf(linkType);
    if (index === -1) index = this.#linkTypes.push(linkType) - 1;
    while (this.#known < this.#linkTypes.length)
      this.#append(encodeInterface({ linkType: this.#linkTypes[this.#known++] }));
    const padded = (capturedBytes + 3) & ~3;
    const total = EPB_BYTES + padded;
    const at = this.#reserve(total);
    const out = this.#batch;
    const seconds = this.#timeBase.epochSeconds + Math.floor(timeNanos / 1e9);
    const nanos = Math.floor(timeNanos - Math.floor(timeNanos / 1e9) * 1e9);
    const ticks = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
    out.writeUInt32LE(PACKET_BLOCK, at);
    out.writeUInt32LE(total, at + 4);
    out.writeUInt32LE(index, at + 8);
    out.writeUInt32LE(Number(ticks >> 32n), at + 12);
    out.writeUInt32LE(Number(ticks & 0xffffffffn), at + 16);
    out.writeUInt32LE(capturedBytes, at + 20);
    out.writeUInt32LE(wireBytes, at + 24);
    out.set(bytes.subarray(start, start + capturedBytes), at + HEADER_BYTES);
    out.fill(0, at + HEADER_BYTES + capturedBytes, at + HEADER_BYTES + padded);
    out.writeUInt32LE(total, at + total - 4);
    if (Number.isNaN(this.#fileStartNanos)) this.#fileStartNanos = timeNanos;
    this.#inBatch++;
    if (this.#fill >= FULL_BATCH_BYTES) this.commit();
  }

  /** Writes what was added since the last time, and has the disk keep it. */
  commit(): void {
    this.#write();
    if (this.#isSyncing || this.#fd < 0) return;
    this.#isSyncing = true;
    const fd = this.#fd;
    fsync(fd, () => {
      this.#isSyncing = false;
      if (this.#fd !== fd) closeQuietly(fd);
    });
  }

  close(): void {
    this.#write();
    this.#closeFile();
  }

  #isFull(timeNanos: number): boolean {
    const { bytes, seconds } = this.#rotation;
    if (bytes !== undefined && this.#fileBytes + this.#fill >= bytes && this.#inBatch + this.#fileBytes > 0)
      return true;
    return seconds !== undefined && timeNanos - this.#fileStartNanos >= seconds * 1e9;
  }

  #rotate(): void {
    this.#write();
    this.#closeFile();
    try {
      this.#open();
    } catch (error) {
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  #open(): void {
    const path = this.#nextPath();
    this.#fd = openSync(path, 'w');
    this.paths.push(path);
    this.#fileBytes = 0;
    this.#fileStartNanos = Number.NaN;
    this.#known = 0;
    this.#append(encodeSectionHeader());
  }

  /** `trace.pcapng`, or `trace-00001.pcapng`, `trace-00002.pcapng`, ... */
  #nextPath(): string {
    const { bytes, seconds } = this.#rotation;
    if (bytes === undefined && seconds === undefined) return this.#path;
    const extension = extname(this.#path);
    const stem = this.#path.slice(0, this.#path.length - extension.length);
    return `${stem}-${String(this.paths.length + 1).padStart(5, '0')}${extension}`;
  }

  #append(block: Uint8Array): void {
    const at = this.#reserve(block.length);
    this.#batch.set(block, at);
  }

  /** Makes room in the batch; returns where. */
  #reserve(bytes: number): number {
    const at = this.#fill;
    if (at + bytes > this.#batch.length) {
      const grown = Buffer.alloc(Math.max(at + bytes, this.#batch.length * 2));
      grown.set(this.#batch.subarray(0, at));
      this.#batch = grown;
    }
    this.#fill = at + bytes;
    return at;
  }

  #write(): void {
    if (this.#hasFailed || this.#fd < 0) return;
    let at = 0;
    try {
      while (at < this.#fill) at += writeSync(this.#fd, this.#batch, at, this.#fill - at);
      this.#fileBytes += this.#fill;
      this.writtenCount += this.#inBatch;
      this.#fill = 0;
      this.#inBatch = 0;
    } catch (error) {
      this.#countWhole(at);
      this.#fail(error as NodeJS.ErrnoException);
    }
  }

  /** Of a batch only so many bytes were written: the whole blocks among them stay. */
  #countWhole(writtenBytes: number): void {
    for (let at = 0; at + HEADER_BYTES <= writtenBytes; ) {
      const total = this.#batch.readUInt32LE(at + 4);
      if (at + total > writtenBytes) return;
      if (this.#batch.readUInt32LE(at) === PACKET_BLOCK) {
        this.writtenCount++;
        this.#inBatch--;
      }
      this.#fileBytes += total;
      at += total;
    }
  }

  /** The disk is full, or worse: the file keeps its whole blocks, and no more is written. */
  #fail(error: NodeJS.ErrnoException): void {
    this.#hasFailed = true;
    this.lostCount += this.#inBatch;
    this.#fill = 0;
    this.#inBatch = 0;
    try {
      if (this.#fd >= 0) ftruncateSync(this.#fd, this.#fileBytes);
    } catch {
      // What could not be written is behind the last whole block; readers tell where it ends.
    }
    this.#closeFile();
    this.#onFailure(this.paths.at(-1) ?? this.#path, error);
  }

  #closeFile(): void {
    if (this.#fd < 0) return;
    const fd = this.#fd;
    this.#fd = -1;
    if (this.#isSyncing) return; // closed by the end of that call
    try {
      fsyncSync(fd);
    } catch {
      // A pipe or a terminal has nothing to keep.
    }
    closeQuietly(fd);
  }
}

function closeQuietly(fd: number): void {
  try {
    closeSync(fd);
  } catch {
    // It is gone either way.
  }
}
