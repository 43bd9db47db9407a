/**
 * Puts IP fragments together (RFC 791 §3.2, RFC 8200 §4.5), within bounds.
 *
 * Lengths are what counts: a datagram is complete when its fragments cover it by their IP lengths, even if the snap
 * length cut each of them; what can be read then ends at the first gap. Where fragments overlap, the one that starts
 * first wins (RFC 5722 has receivers drop such datagrams, so overlaps are counted for the report).
 *
 * What is given up, for whatever reason, is not lost: if the first fragment holds a whole TCP header, and nothing
 * overlaps, it shows which segment was sent. It waits in `givenUp` until the decoder makes a row of it.
 * Left out: the checksums of the fragments' headers.
 */
import { RowOrigin } from './batch.ts';
import { IPV4_DESTINATION_OFFSET, IPV4_SOURCE_OFFSET } from './ipv4.ts';
import { IPV6_DESTINATION_OFFSET, IPV6_SOURCE_OFFSET } from './ipv6.ts';
import type { Packet } from './packet.ts';
import { Protocol } from './protocol.ts';

/** Bounds of the reassembly; reaching one drops the oldest datagram and counts it. */
export interface FragmentLimits {
  /** Unfinished datagrams held at a time. */
  readonly datagrams: number;
  /** Octets held at a time, over all unfinished datagrams. */
  readonly bytes: number;
  /** Nanoseconds of capture time after which an unfinished datagram is given up. */
  readonly timeoutNanos: number;
  /** Whether somebody takes what is in `givenUp`. */
  readonly keepsGivenUp: boolean;
}

/** What became of the fragments of a capture. */
export interface FragmentCounts {
  reassembled: number;
  /** Exact copies of a fragment already held. */
  duplicates: number;
  /** Fragments that cover octets already held, without being exact copies. */
  overlaps: number;
  /** Overlaps whose octets differ: an attack or damage. */
  conflicts: number;
  timedOut: number;
  /** Dropped because a bound was reached. */
  evicted: number;
  /** Fragments beyond the largest datagram. */
  oversized: number;
  /** Not complete when the capture was over. */
  unfinished: number;
  /** Datagrams that were never completed and gave a row all the same, that of their first fragment. */
  incompleteSegments: number;
}

/** Counts before the first fragment. */
export function newFragmentCounts(): FragmentCounts {
  return {
    reassembled: 0,
    duplicates: 0,
    overlaps: 0,
    conflicts: 0,
    timedOut: 0,
    evicted: 0,
    oversized: 0,
    unfinished: 0,
    incompleteSegments: 0,
  };
}

interface Piece {
  /** Frame that carried it. */
  readonly frame: number;
  readonly start: number;
  readonly end: number;
  /** Captured octets of the fragment, `end - start` or, cut by the snap length, fewer. */
  readonly bytes: Uint8Array;
}

/** How the fragment at offset 0 came. */
export interface FirstFragment {
  readonly frame: number;
  readonly timeNanos: number;
  readonly interfaceIndex: number;
  readonly ipVersion: number;
  readonly scope: number;
  readonly origin: number;
  readonly tunnelPath: number;
}

interface Datagram {
  readonly firstNanos: number;
  /** Where it is counted. */
  readonly counts: FragmentCounts;
  /** Null until it comes. */
  first: FirstFragment | null;
  isOverlapped: boolean;
  /** Sorted by start. */
  readonly pieces: Piece[];
  /** IP header of the fragment at offset 0, empty until it comes. */
  header: Uint8Array;
  /** Protocol of the payload, from the fragment at offset 0. */
  next: number;
  /** Payload length, -1 until the last fragment comes. */
  payloadBytes: number;
  heldBytes: number;
  /** Sum of the lengths of the pieces: below `payloadBytes` nobody need look for gaps. */
  pieceBytes: number;
}

const TCP = Protocol.TCP - Protocol.IP_PROTOCOL;
const TCP_HEADER_BYTES = 20;
const LARGEST_DATAGRAM = 65535;
/** Tiny fragments that overlap make a list long; no honest datagram has so many. */
const LARGEST_PIECE_COUNT = 8192;

/** Holds unfinished datagrams of one capture. */
export class Reassembler {
  /** Where things are counted; the decoder changes it with the interface. */
  counts: FragmentCounts = newFragmentCounts();
  /** Frames of the datagram that was completed last. */
  completedFrames: readonly number[] = [];
  /** Given up, with a whole TCP header in the first fragment; in the order in which they were given up. */
  readonly givenUp: { readonly first: FirstFragment; readonly datagram: Datagram }[] = [];
  readonly #limits: FragmentLimits;
  /** In order of their first fragment. */
  readonly #datagrams = new Map<string, Datagram>();
  #heldBytes = 0;

  constructor(limits: FragmentLimits) {
    this.#limits = limits;
  }

  /** Datagrams that are not finished. */
  get pendingCount(): number {
    return this.#datagrams.size;
  }

  /**
   * Takes the fragment that lies at `packet.offset`; when it completes a datagram, aims `packet` at the whole and
   * returns the protocol number of its payload, otherwise -1.
   *
   * `headerBytes` of the IP header (without extensions) go in front of the payload; `identification` is the one of the
   * IP header, `next` the protocol number of the payload as this fragment tells it.
   */
  add(
    packet: Packet,
    identification: string,
    fragmentOffset: number,
    moreFragments: boolean,
    headerBytes: number,
    next: number,
  ): number {
    const timeNanos = packet.batch.timeNanos(packet.batch.count);
    const identity = identify(packet, identification);
    this.expire(timeNanos);
    const payloadBytes = packet.wireEnd - packet.offset;
    const fragmentEnd = fragmentOffset + payloadBytes;
    if (payloadBytes <= 0) return -1;
    if (fragmentEnd > LARGEST_DATAGRAM) {
      this.counts.oversized++;
      return -1;
    }
    const datagram = this.#datagrams.get(identity) ?? this.#begin(identity, timeNanos);
    if (!this.#insert(datagram, packet, fragmentOffset, fragmentEnd)) return -1;
    if (fragmentOffset === 0 && datagram.next < 0) {
      datagram.header = packet.bytes.slice(packet.networkOffset, packet.networkOffset + headerBytes);
      datagram.next = next;
      datagram.first = noteFirst(packet, timeNanos);
    }
    if (!moreFragments && datagram.payloadBytes < 0) datagram.payloadBytes = fragmentEnd;
    if (!isComplete(datagram)) {
      this.#enforceLimits();
      return -1;
    }
    this.#remove(identity, datagram);
    this.counts.reassembled++;
    this.completedFrames = datagram.pieces.map((piece) => piece.frame);
    aimAt(packet, datagram);
    return datagram.next;
  }

  #begin(identity: string, timeNanos: number): Datagram {
    const datagram: Datagram = {
      firstNanos: timeNanos,
      counts: this.counts,
      first: null,
      isOverlapped: false,
      pieces: [],
      header: new Uint8Array(0),
      next: -1,
      payloadBytes: -1,
      heldBytes: 0,
      pieceBytes: 0,
    };
    this.#datagrams.set(identity, datagram);
    return datagram;
  }

  /** Returns false for an exact copy. */
  #insert(datagram: Datagram, packet: Packet, start: number, end: number): boolean {
    const { pieces } = datagram;
    const bytes = packet.bytes.slice(packet.offset, packet.end);
    let at = pieces.length;
    while (at > 0 && pieces[at - 1].start > start) at--;
    const overlapping = findOverlap(pieces, start, end);
    if (overlapping !== undefined) {
      const same = haveSameOctets(overlapping, start, bytes);
      if (overlapping.start === start && overlapping.end === end && same) {
        this.counts.duplicates++;
        return false;
      }
      this.counts.overlaps++;
      datagram.isOverlapped = true;
      if (!same) this.counts.conflicts++;
    }
    if (pieces.length >= LARGEST_PIECE_COUNT) return false;
    pieces.splice(at, 0, { frame: packet.batch.frame(packet.batch.count), start, end, bytes });
    datagram.heldBytes += bytes.length;
    datagram.pieceBytes += end - start;
    this.#heldBytes += bytes.length;
    return true;
  }

  /** Time has passed: datagrams that waited too long are given up. */
  expire(timeNanos: number): void {
    if (this.#datagrams.size === 0) return;
    for (const [identity, datagram] of this.#datagrams) {
      if (timeNanos - datagram.firstNanos <= this.#limits.timeoutNanos) return;
      this.#giveUp(identity, datagram);
      datagram.counts.timedOut++;
    }
  }

  #enforceLimits(): void {
    for (const [identity, datagram] of this.#datagrams) {
      if (this.#datagrams.size <= this.#limits.datagrams && this.#heldBytes <= this.#limits.bytes) return;
      this.#giveUp(identity, datagram);
      datagram.counts.evicted++;
    }
  }

  /** No more fragments come. */
  giveUpAll(): void {
    for (const [identity, datagram] of this.#datagrams) {
      this.#giveUp(identity, datagram);
      datagram.counts.unfinished++;
    }
  }

  #giveUp(identity: string, datagram: Datagram): void {
    this.#remove(identity, datagram);
    const { first } = datagram;
    if (first === null || !this.#limits.keepsGivenUp || !holdsTcpHeader(datagram)) return;
    datagram.pieces.length = 1;
    this.givenUp.push({ first, datagram });
  }

  /** Aims `packet` at the first fragment of what was given up first, behind its IP header; null when there is none left. */
  takeGivenUp(packet: Packet): FirstFragment | null {
    const next = this.givenUp.shift();
    if (next === undefined) return null;
    const { first, datagram } = next;
    datagram.counts.incompleteSegments++;
    datagram.payloadBytes = datagram.pieces[0].end;
    packet.ipVersion = first.ipVersion;
    packet.scope = first.scope;
    packet.tunnelPath = first.tunnelPath;
    packet.origin = first.origin;
    aimAt(packet, datagram);
    packet.origin = (packet.origin & ~RowOrigin.REASSEMBLED) | RowOrigin.INCOMPLETE;
    return first;
  }

  #remove(identity: string, datagram: Datagram): void {
    this.#datagrams.delete(identity);
    this.#heldBytes -= datagram.heldBytes;
  }
}

/** Addresses, where the packet was captured and through which tunnels it came, and the identification. */
function identify(packet: Packet, identification: string): string {
  const { view, networkOffset, scope, interfaceIndex, tunnelPath } = packet;
  const isIpv4 = packet.ipVersion === 4;
  let identity = `${identification} ${interfaceIndex} ${scope} ${tunnelPath}`;
  const first = networkOffset + (isIpv4 ? IPV4_SOURCE_OFFSET : IPV6_SOURCE_OFFSET);
  for (let at = first; at < first + (isIpv4 ? 8 : 32); at += 4) identity += ` ${view.getInt32(at)}`;
  return identity;
}

function noteFirst(packet: Packet, timeNanos: number): FirstFragment {
  const { interfaceIndex, ipVersion, scope, origin, tunnelPath, batch } = packet;
  return { frame: batch.frame(batch.count), timeNanos, interfaceIndex, ipVersion, scope, origin, tunnelPath };
}

/** Whether the first fragment has a TCP header with all its options, and no other one contradicts it. */
function holdsTcpHeader({ next, isOverlapped, pieces: [{ start, bytes }] }: Datagram): boolean {
  if (next !== TCP || isOverlapped || start !== 0 || bytes.length < TCP_HEADER_BYTES) return false;
  const headerBytes = (bytes[12] >>> 4) * 4;
  return headerBytes >= TCP_HEADER_BYTES && headerBytes <= bytes.length;
}

/** The piece with the same bounds, else the first that overlaps. */
function findOverlap(pieces: readonly Piece[], start: number, end: number): Piece | undefined {
  const same = pieces.find((piece) => piece.start === start && piece.end === end);
  return same ?? pieces.find((piece) => piece.start < end && piece.end > start);
}

function haveSameOctets(piece: Piece, start: number, bytes: Uint8Array): boolean {
  const from = Math.max(piece.start, start);
  const to = Math.min(piece.start + piece.bytes.length, start + bytes.length);
  for (let at = from; at < to; at++) {
    if (piece.bytes[at - piece.start] !== bytes[at - start]) return false;
  }
  return true;
}

function isComplete(datagram: Datagram): boolean {
  if (datagram.payloadBytes < 0 || datagram.next < 0 || datagram.pieceBytes < datagram.payloadBytes) return false;
  let covered = 0;
  for (const piece of datagram.pieces) {
    if (piece.start > covered) return false;
    covered = Math.max(covered, piece.end);
  }
  return covered >= datagram.payloadBytes;
}

/** Copies header and captured payload into a buffer of their own and points the packet there. */
function aimAt(packet: Packet, datagram: Datagram): void {
  const { header, pieces, payloadBytes } = datagram;
  const bytes = new Uint8Array(header.length + payloadBytes);
  bytes.set(header);
  let readable = 0;
  for (const piece of pieces) {
    if (piece.start > readable) break;
    const fresh = piece.bytes.subarray(
      readable - piece.start,
      Math.min(piece.bytes.length, payloadBytes - piece.start),
    );
    bytes.set(fresh, header.length + readable);
    readable += fresh.length;
  }
  packet.bytes = bytes;
  packet.view = new DataView(bytes.buffer);
  packet.networkOffset = 0;
  packet.destinationOffset = packet.ipVersion === 4 ? IPV4_DESTINATION_OFFSET : IPV6_DESTINATION_OFFSET;
  packet.origin = (packet.origin & ~RowOrigin.LENGTH_FROM_CAPTURE) | RowOrigin.REASSEMBLED;
  packet.offset = header.length;
  packet.end = header.length + readable;
  packet.wireEnd = bytes.length;
}
