import { NANOS_PER_SECOND } from '../base/time.ts';
import { BATCH_ROWS, ROW_DOUBLES, ROW_WORDS, type SegmentBatch, TcpOption, Word } from './batch.ts';
import type { ChecksumCounts } from './checksum.ts';
import { decodeEthernet } from './ethernet.ts';
import type { FragmentCounts } from './fragments.ts';
import { decodeSubframe } from './ieee80211.ts';
import { decodeIpv4 } from './ipv4.ts';
import { decodeLayer } from './layers.ts';
import { decodeLink } from './link.ts';
import { LinkType } from './linktype.ts';
import { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';
import { Skip } from './skip.ts';
import { type DecoderCounts, sumTallies, Tally } from './tally.ts';
import { decodeTcp } from './tcp.ts';

/** What a decoder does beyond the plain way, and its bounds. */
export interface DecoderOptions {
  /** Follow tunnels to the innermost TCP (default true); otherwise stop at the outer IP header. */
  readonly decapsulate?: boolean;
  /** Verify IPv4 and TCP checksums where the whole segment was captured (default false). */
  readonly verifyChecksums?: boolean;
  /** Unfinished fragmented datagrams held at a time (default 4096). */
  readonly maxFragmentedDatagrams?: number;
  /** Octets of fragments held at a time (default 16 MiB). */
  readonly maxFragmentBytes?: number;
  /** Seconds of capture time after which an unfinished datagram is given up (default 60, as RFC 8200 §4.5 says). */
  readonly fragmentTimeoutSeconds?: number;
  /** Keep first fragments whose rest does not come, for `decodeGivenUp` (default false). */
  readonly keepIncomplete?: boolean;
}

/** Headers one inside the other after which a packet is given up. */
const MAXIMUM_LAYERS = 48;
/** A longer packet is no packet: its claimed length on the wire is not believed. */
const MAXIMUM_WIRE_BYTES = 1 << 24;

/**
 * Turns frames into rows of a batch; what gives no row is counted by reason.
 *
 * Never throws and never reads outside the captured octets, whatever they are.
 */
export class Decoder {
  readonly #packet: Packet;
  /** By interface index. */
  readonly #tallies = new Map<number, Tally>();

  constructor(batch: SegmentBatch, options: DecoderOptions = {}) {
    this.#packet = new Packet(batch, options.decapsulate ?? true, options.verifyChecksums ?? false, {
      datagrams: options.maxFragmentedDatagrams ?? 4096,
      bytes: options.maxFragmentBytes ?? 1 << 24,
      timeoutNanos: (options.fragmentTimeoutSeconds ?? 60) * NANOS_PER_SECOND,
      keepsGivenUp: options.keepIncomplete ?? false,
    });
    this.#tallies.set(0, this.#packet.tally);
  }

  /**
   * Appends the frame's row to the batch, if it has one; an 802.11 aggregate may have several, as long as there is
   * room. The caller empties the batch when `count` reaches `BATCH_ROWS`, and `icmpErrors` with it.
   *
   * `bytes` and `view` show the same memory. `start` and `capturedBytes` must lie within it; `wireBytes` is the length
   * before the snap length cut it; `linkType` is a LINKTYPE_ number. @hot
   */
  decode(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void {
    const packet = this.#packet;
    const batch = packet.batch;
    const row = batch.count;
    // What needs no header is written first: a row counts only once `count` moves past it.
    identify(batch, row, frame, timeNanos);
    if (packet.view !== view) {
      packet.bytes = bytes;
      packet.view = view;
    }
    packet.offset = start;
    packet.end = start + capturedBytes;
    packet.wireEnd = wireBytes > capturedBytes && wireBytes <= MAXIMUM_WIRE_BYTES ? start + wireBytes : packet.end;
    packet.scope = 0;
    packet.origin = 0;
    packet.tunnelPath = 0;
    if (interfaceIndex !== packet.interfaceIndex) this.#switchTo(interfaceIndex);
    packet.aggregateOffset = 0;
    peel(packet, linkType === LinkType.ETHERNET ? decodeEthernet(packet) : decodeLink(packet, linkType));
    if (batch.count !== row) this.#noteRow(packet, row);
    if (packet.aggregateOffset !== 0) this.#peelAggregate(packet, row);
  }

  /** Rows of an interface were appended by somebody else. */
  countRows(interfaceIndex: number, rows: number): void {
    if (interfaceIndex !== this.#packet.interfaceIndex) this.#switchTo(interfaceIndex);
    this.#packet.tally.rows += rows;
  }

  /** Whether `decodeGivenUp` has something to append. @hot */
  get hasGivenUp(): boolean {
    return this.#packet.reassembler.givenUp.length > 0;
  }

  /**
   * Appends the row of a fragmented segment whose rest did not come in time (`RowOrigin.INCOMPLETE`), with the frame and
   * the time of its first fragment; false if there is none left. The batch must have room.
   */
  decodeGivenUp(): boolean {
    const packet = this.#packet;
    const { batch } = packet;
    const row = batch.count;
    const first = packet.reassembler.takeGivenUp(packet);
    if (first === null) return false;
    if (first.interfaceIndex !== packet.interfaceIndex) this.#switchTo(first.interfaceIndex);
    identify(batch, row, first.frame, first.timeNanos);
    packet.tally.skips.takeBack(Skip.FRAGMENT);
    decodeTcp(packet);
    if (batch.count !== row) this.#noteRow(packet, row);
    return true;
  }

  /** Time has passed, nanoseconds: fragmented segments whose rest is overdue are for `decodeGivenUp`. */
  expireFragments(nowNanos: number): void {
    this.#packet.reassembler.expire(nowNanos);
  }

  /** The capture is over: what is left of fragmented segments is for `decodeGivenUp`. */
  giveUpFragments(): void {
    this.#packet.reassembler.giveUpAll();
  }

  /** What was counted of some interfaces, by their index, or of all. */
  counts(interfaces?: readonly number[]): DecoderCounts {
    if (interfaces === undefined) return sumTallies(this.#tallies.values());
    return sumTallies(interfaces.flatMap((index) => this.#tallies.get(index) ?? []));
  }

  /** Appends rows to another batch from now on. */
  continueIn(batch: SegmentBatch): void {
    this.#packet.batch = batch;
  }

  /** Packets that gave no row, by reason (kebab case; see `Skip`). */
  skippedCounts(): Record<string, number> {
    return this.counts().skipped;
  }

  /** Rows that came through tunnels, by path, outermost first: `gre > vxlan`. */
  tunnelCounts(): Record<string, number> {
    return this.counts().tunnels;
  }

  /** What became of IP fragments; `pending` datagrams are not finished. */
  fragmentCounts(): FragmentCounts & { pending: number } {
    return { ...this.counts().fragments, pending: this.#packet.reassembler.pendingCount };
  }

  /** What the verification of checksums found; all 0 without `verifyChecksums`. */
  checksumCounts(): ChecksumCounts {
    return this.counts().checksums;
  }

  /** Rows appended so far. */
  get tcpSegmentCount(): number {
    return this.counts().tcpSegmentCount;
  }

  /** Tunnels that the latest frame came through (see tunnel.ts); 0 is none. */
  get tunnelPath(): number {
    return this.#packet.tunnelPath;
  }

  /** Frames of the datagram that was put together last. */
  get reassembledFrames(): readonly number[] {
    return this.#packet.reassembler.completedFrames;
  }

  #switchTo(interfaceIndex: number): void {
    let tally = this.#tallies.get(interfaceIndex);
    if (tally === undefined) {
      tally = new Tally();
      this.#tallies.set(interfaceIndex, tally);
    }
    this.#packet.switchTo(tally);
    this.#packet.interfaceIndex = interfaceIndex;
  }

  /** @hot */
  #noteRow(packet: Packet, row: number): void {
    const { tally, tunnelPath } = packet;
    tally.rows++;
    if ((packet.batch.options(row) & TcpOption.MALFORMED) !== 0) tally.malformedOptions++;
    if (tunnelPath !== 0) tally.tunnelRows.set(tunnelPath, (tally.tunnelRows.get(tunnelPath) ?? 0) + 1);
  }

  /** Goes through the other subframes of an 802.11 aggregate, each with the identity that the frame had. */
  #peelAggregate(packet: Packet, firstRow: number): void {
    const { batch } = packet;
    while (packet.aggregateOffset !== 0 && batch.count < BATCH_ROWS) {
      const row = batch.count;
      identify(batch, row, batch.frame(firstRow), batch.timeNanos(firstRow));
      packet.bytes = packet.aggregateBytes;
      packet.view = packet.aggregateView;
      packet.offset = packet.aggregateOffset;
      packet.end = packet.aggregateEnd;
      packet.wireEnd = packet.aggregateWireEnd;
      packet.scope = packet.aggregateScope;
      packet.origin = packet.aggregateOrigin;
      packet.tunnelPath = packet.aggregateTunnelPath;
      peel(packet, decodeSubframe(packet));
      if (batch.count !== row) this.#noteRow(packet, row);
    }
  }
}

/** Writes what a row has of its frame. @hot */
function identify(batch: SegmentBatch, row: number, frame: number, timeNanos: number): void {
  const at = row * ROW_WORDS;
  batch.nanos[row * ROW_DOUBLES] = timeNanos;
  batch.words[at + Word.FRAME] = frame;
  batch.words[at + Word.HASH] = 0;
}

/** Steps from header to header until the packet is done; IPv4 and TCP, nearly all there is, come first. @hot */
function peel(packet: Packet, first: number): void {
  let protocol = first === Protocol.IPV4 ? decodeIpv4(packet) : first;
  for (let layers = 0; layers < MAXIMUM_LAYERS; layers++) {
    if (protocol === Protocol.TCP) protocol = decodeTcp(packet);
    if (protocol === Protocol.DONE) return;
    protocol = decodeLayer(packet, protocol);
  }
  if (protocol !== Protocol.DONE) packet.skip(Skip.TOO_DEEP);
}
