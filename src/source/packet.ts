import type { TimeBase } from '../base/time.ts';
import type { PacketRun } from '../wire/run.ts';

/** What a capture says about one interface it was taken on. */
export interface InterfaceInfo {
  /** Index within the session, from 0; what `PacketSink.onPacket` gets. */
  readonly index: number;
  /** LINKTYPE_ number as in the file (1 is Ethernet). */
  readonly linkType: number;
  /** Most bytes captured of a packet; 0 when there is no limit. */
  readonly snapLength: number;
  /** Ticks of the file's clock in a second: 1e6, 1e9, or a power of 2 or 10. */
  readonly ticksPerSecond: number;
  /** Seconds that the file adds to every time of this interface (if_tsoffset). */
  readonly offsetSeconds: number;
  /** Bytes of a frame check sequence at the end of every packet; null when the file does not say. */
  readonly fcsBytes: number | null;
  readonly name: string | null;
  readonly description: string | null;
  /** The capture filter, as text. */
  readonly filter: string | null;
  /** Operating system of the machine that captured. */
  readonly system: string | null;
  /** Packets the interface saw, by its statistics block; null when there was none. */
  receivedCount: number | null;
  /** Packets the interface or the kernel dropped before the capture could have them; null when it is not told (yet). */
  droppedCount: number | null;
}

/** What opens a capture, or a section of one: a pcap file header or a pcapng section header. */
export interface SectionInfo {
  readonly byteOrder: 'little-endian' | 'big-endian';
  /** `2.4`, `1.0`. */
  readonly version: string;
  /** A variant of the format that has a name of its own; null for the ordinary one. */
  readonly variant: string | null;
  /** Program that wrote it. */
  readonly application: string | null;
  readonly system: string | null;
  readonly hardware: string | null;
  readonly comment: string | null;
}

/** A name for an address, from a pcapng name resolution block. */
export interface ResolvedName {
  /** Four or sixteen bytes, network order. */
  readonly address: Uint8Array;
  readonly name: string;
}

/** Something that a pcapng file says of a packet and that is true of it in any file. */
export interface PacketOption {
  /** As in an enhanced packet block: 1 is a comment. */
  readonly code: number;
  /** A copy; numbers in it are little-endian. */
  readonly value: Uint8Array;
}

/**
 * Where a source delivers its packets.
 *
 * Times are nanoseconds after the session's `TimeBase`, lengths are bytes.
 */
export interface PacketSink {
  /**
   * One packet; `bytes` and `view` are the same memory, valid only during the call.
   *
   * `start` is the first byte of the packet in it, `frame` its number from 1, `linkType` a LINKTYPE_ number.
   */
  onPacket(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    frame: number,
    timeNanos: number,
    interfaceIndex: number,
  ): void;
  /**
   * Takes packets without being told of each: those whose headers and octets are all in `bytes[from, end)`, up to the
   * first that it would rather be told of. Returns where that one begins, or what is left of a half one.
   */
  onRun?: ((bytes: Uint8Array, from: number, end: number, run: PacketRun) => number) | undefined;
  /** Memory from which it takes runs most easily, for whoever reads octets to lay them down. */
  openBlock?(bytes: number): Uint8Array;
  /** An interface is known; called before its first packet. */
  onInterface?(info: InterfaceInfo): void;
  /** A pcapng section begins: no later packet belongs to an interface announced before. */
  onSection?(): void;
  /**
   * What a pcapng file says of the packet with this number besides its octets; called before that packet, not always
   * right before it, and only if there is something.
   */
  onPacketOptions?: ((frame: number, options: readonly PacketOption[]) => void) | undefined;
  /** The capture gives a name to an address. */
  onName?(name: ResolvedName): void;
}

/** An incremental parser of one capture: bytes in, packets out, no I/O. */
export interface CaptureParser {
  readonly format: 'pcap' | 'pcapng';
  /** True once the file header was understood. */
  readonly headerRead: boolean;
  /** Packets delivered so far. */
  readonly packetCount: number;
  /** Earliest time seen; Infinity before the first packet that has a time. */
  readonly firstTimeNanos: number;
  /** Latest time seen; -Infinity before the first packet that has a time. */
  readonly lastTimeNanos: number;
  readonly interfaces: readonly InterfaceInfo[];
  /** The first 1000 sections. */
  readonly sections: readonly SectionInfo[];
  readonly sectionCount: number;
  /** Names found in the file, in file order, bounded. */
  readonly names: readonly ResolvedName[];
  /**
   * Takes the next bytes of the file, cut anywhere; they may be overwritten once the call returns.
   *
   * @throws CaptureError where the file cannot be understood; packets before it have been delivered.
   */
  push(bytes: Uint8Array): void;
  /**
   * As `push`, but does not keep what is at the end of a unit that is not all there: returns how many bytes that is. The next
   * ones have to begin with them.
   */
  take(bytes: Uint8Array): number;
  /**
   * Tells that there are no more bytes.
   *
   * @throws CaptureError when the file stops inside something.
   */
  end(): void;
  /** Sends the packets from now on elsewhere. */
  redirect(sink: PacketSink): void;
  /** Called once a section has a second interface, before any packet of it; may call `redirect`. */
  onSecondInterface: (() => void) | null;
}

/** What the captures read together share: one clock, one numbering of interfaces. */
export interface SourceContext {
  readonly timeBase: TimeBase;
  /** False until the first packet with a time has fixed `timeBase`. */
  timeBaseKnown: boolean;
  /** Interfaces announced so far. */
  interfaceCount: number;
}

/** Interface indices are 16 bits wide in a batch. */
export const MAX_INTERFACES = 65_536;

/** A context for a new session; `timeBase` may be shared with the batches that packets are decoded into. */
export function createSourceContext(timeBase: TimeBase = { epochSeconds: 0 }): SourceContext {
  return { timeBase, timeBaseKnown: false, interfaceCount: 0 };
}

/** Fixes the session's epoch at the first packet that has a time. */
export function fixTimeBase(context: SourceContext, seconds: number): void {
  if (context.timeBaseKnown) return;
  context.timeBaseKnown = true;
  context.timeBase.epochSeconds = seconds;
}

/** LINKTYPE_ numbers whose packets may be larger than others, as capture tools allow them. */
const LARGE_PACKET_BYTES: ReadonlyMap<number, number> = new Map([
  [189, 128 << 20],
  [220, 128 << 20],
  [231, 128 << 20],
  [249, 128 << 20],
  [279, 8 << 20],
]);

const MAX_PACKET_BYTES = 262_144;
export const MAX_SECTIONS_KEPT = 1000;

/** Most bytes a packet of this link type can have; a length above it means a damaged file. */
export function maxPacketBytes(linkType: number): number {
  return LARGE_PACKET_BYTES.get(linkType) ?? MAX_PACKET_BYTES;
}
