/** Cuts the packets of connections out of captures, byte for byte, into one pcapng file. */
import { describeResolved } from './annotations.ts';
import { encodeEnhancedPacket, encodeInterface, encodeNames, encodeSectionHeader } from './base/pcapng-writer.ts';
import { NANOS_PER_SECOND } from './base/time.ts';
import type { ConnectionResult } from './report/result.ts';
import {
  createSourceContext,
  type InterfaceInfo,
  type PacketOption,
  type PacketSink,
  type ResolvedName,
  type SourceContext,
} from './source/packet.ts';
import type { CaptureReport } from './source/reader.ts';
import { type ReadProgress, readInSteps } from './source/session.ts';
import { hashEnd, joinEnds, tupleOfEnds, tupleOfRow } from './tuple.ts';
import { type IcmpError, RowOrigin, SegmentBatch } from './wire/batch.ts';
import { Decoder } from './wire/decode.ts';

/** A connection whose packets are wanted. */
export interface WantedConnection {
  readonly id: number;
  readonly client: ConnectionResult['client'];
  readonly server: ConnectionResult['server'];
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** What to say of each of its frames; without it the frames are known by tuple and range alone. */
  readonly comments: ReadonlyMap<number, string> | null;
}

export interface ExtractOptions {
  readonly decapsulate?: boolean;
  /** Name of the writing program. */
  readonly application: string;
  /** Take the bytes of the new file, in order; they may be kept. */
  readonly write: (bytes: Uint8Array) => void;
}

export interface Extracted {
  readonly reports: readonly CaptureReport[];
  readonly packetCount: number;
}

/** Interfaces are described as they come, up to this many; further ones only when a packet of theirs is wanted. */
const MAX_INTERFACES_DESCRIBED = 256;
/** A clock finer than this is written in nanoseconds, which is what lastack reads of it. */
const FINEST_TICKS_PER_SECOND = 2 ** 40;

/** Which packets are wanted, found out frame by frame. */
class Selection {
  readonly #byTuple = new Map<number, WantedConnection[]>();
  readonly #batch: SegmentBatch;
  readonly #decoder: Decoder;
  /** Comments on frames that carried the other fragments of a wanted segment, or its first and no other came. */
  readonly fragments = new Map<number, string>();
  readonly addresses: ReadonlySet<string>;

  constructor(wanted: readonly WantedConnection[], decapsulate: boolean) {
    this.#batch = new SegmentBatch({ epochSeconds: 0 });
    this.#decoder = new Decoder(this.#batch, { decapsulate, keepIncomplete: true });
    this.addresses = new Set(wanted.flatMap(({ client, server }) => [client.address, server.address]));
    for (const each of wanted) {
      const tuple = tupleOfEnds(each.client, each.server);
      this.#byTuple.set(tuple, [...(this.#byTuple.get(tuple) ?? []), each]);
    }
  }

  /** The comment on a frame, empty when there is nothing to say; null when the frame is not wanted. */
  commentOn(...packet: Parameters<PacketSink['onPacket']>): string | null {
    const batch = this.#batch;
    batch.clear();
    this.#decoder.decode(...packet);
    const frame = packet[6];
    let comment: string | null = this.fragments.get(frame) ?? null;
    for (let row = 0; row < batch.count; row++) comment = this.#commentOnRow(row, frame) ?? comment;
    for (const error of batch.icmpErrors) comment = this.#commentOnError(error) ?? comment;
    if (this.#decoder.hasGivenUp) this.#noteIncomplete();
    return comment;
  }

  /** No more packets come: first fragments whose rest is missing are known for what they are. */
  end(): void {
    this.#decoder.giveUpFragments();
    this.#noteIncomplete();
  }

  #noteIncomplete(): void {
    const batch = this.#batch;
    for (batch.clear(); this.#decoder.decodeGivenUp(); batch.clear()) {
      const comment = batch.count === 0 ? null : this.#commentOnRow(0, batch.frame(0));
      if (comment !== null) this.fragments.set(batch.frame(0), comment);
    }
  }

  #commentOnRow(row: number, frame: number): string | null {
    for (const each of this.#byTuple.get(tupleOfRow(this.#batch, row)) ?? []) {
      const comment = each.comments === null ? '' : each.comments.get(frame);
      if (comment === undefined || frame < each.firstFrame || frame > each.lastFrame) continue;
      if ((this.#batch.origin(row) & RowOrigin.REASSEMBLED) !== 0) this.#noteFragments(each, frame);
      return comment === '' ? '' : `lastack #${each.id}, frame ${frame}: ${comment}`;
    }
    return null;
  }

  #noteFragments({ id }: WantedConnection, last: number): void {
    for (const frame of this.#decoder.reassembledFrames) {
      if (frame !== last) this.fragments.set(frame, `lastack #${id}, frame ${frame}: fragment of frame ${last}`);
    }
  }

  #commentOnError(error: IcmpError): string | null {
    const source = hashEnd(error.sourceAddress, 0, error.sourcePort);
    const tuple = joinEnds(source, hashEnd(error.destinationAddress, 0, error.destinationPort));
    const wanted = this.#byTuple.get(tuple)?.findLast((each) => each.firstFrame <= error.frame);
    if (wanted === undefined) return null;
    return `lastack #${wanted.id}, frame ${error.frame}: ICMP error about a segment of this connection`;
  }
}

/** Writes what it is given as a pcapng file. */
class PacketWriter implements PacketSink {
  packetCount = 0;
  readonly #selection: Selection;
  readonly #context: SourceContext;
  readonly #write: (bytes: Uint8Array) => void;
  readonly #interfaces = new Map<number, InterfaceInfo>();
  /** Index in the new file by index in the session. */
  readonly #written = new Map<number, number>();
  /** What the original says of packets that have yet to come, by frame. */
  readonly #options = new Map<number, readonly PacketOption[]>();

  constructor(selection: Selection, context: SourceContext, write: (bytes: Uint8Array) => void) {
    this.#selection = selection;
    this.#context = context;
    this.#write = write;
  }

  onPacket(...packet: Parameters<PacketSink['onPacket']>): void {
    const comment = this.#selection.commentOn(...packet);
    const options = this.#options.get(packet[6]);
    this.#options.delete(packet[6]);
    if (comment === null) return;
    const [bytes, , start, capturedBytes, wireBytes, , , timeNanos, index] = packet;
    const info = this.#interfaces.get(index);
    if (info === undefined) return;
    this.packetCount++;
    this.#write(
      encodeEnhancedPacket({
        interfaceIndex: this.#written.get(index) ?? this.#describe(info),
        ticks: toTicks(info, this.#context.timeBase.epochSeconds, timeNanos),
        bytes: bytes.subarray(start, start + capturedBytes),
        originalBytes: wireBytes,
        ...(comment === '' ? {} : { comment }),
        ...(options === undefined ? {} : { options }),
      }),
    );
  }

  onPacketOptions(frame: number, options: readonly PacketOption[]): void {
    this.#options.set(frame, options);
  }

  onInterface(info: InterfaceInfo): void {
    this.#interfaces.set(info.index, info);
    if (this.#written.size < MAX_INTERFACES_DESCRIBED) this.#describe(info);
  }

  onName(name: ResolvedName): void {
    if (this.#selection.addresses.has(describeResolved(name).address)) this.#write(encodeNames([name]));
  }

  #describe(info: InterfaceInfo): number {
    const index = this.#written.size;
    this.#written.set(info.index, index);
    const { linkType, snapLength, name, description, filter, system, fcsBytes, offsetSeconds } = info;
    this.#write(
      encodeInterface({
        linkType,
        snapLengthBytes: snapLength,
        resolution: resolutionOf(info.ticksPerSecond),
        name,
        description,
        filter,
        system,
        fcsBytes,
        offsetSeconds,
      }),
    );
    return index;
  }
}

/** The byte if_tsresol. */
function resolutionOf(ticksPerSecond: number): number {
  if (ticksPerSecond > FINEST_TICKS_PER_SECOND) return 9;
  const decimals = Math.log10(ticksPerSecond);
  return Number.isInteger(decimals) ? decimals : 0x80 | Math.log2(ticksPerSecond);
}

/**
 * The time stamp that `timeNanos` was read from: the smallest that is not before it, because parts of a nanosecond were
 * cut off. Far from the epoch of the session (104 days) nanoseconds are no longer exact, so there it is the nearest.
 */
function toTicks({ ticksPerSecond, offsetSeconds }: InterfaceInfo, epochSeconds: number, timeNanos: number): bigint {
  const billion = BigInt(NANOS_PER_SECOND);
  const ticks = ticksPerSecond > FINEST_TICKS_PER_SECOND ? billion : BigInt(ticksPerSecond);
  const scaled = (BigInt(epochSeconds - offsetSeconds) * billion + BigInt(timeNanos)) * ticks;
  const isExact = Number.isSafeInteger(timeNanos);
  return (scaled + (isExact ? billion - 1n : billion / 2n)) / billion;
}

/**
 * Cuts the packets of connections out of captures, and the ICMP errors about them, and pauses after every block.
 *
 * Fragments come before the segment they make is known: with `hasFragments` the captures are read once more before.
 */
export async function* extractInSteps(
  paths: readonly string[],
  wanted: readonly WantedConnection[],
  hasFragments: boolean,
  { decapsulate = true, application, write }: ExtractOptions,
): AsyncGenerator<ReadProgress, Extracted, undefined> {
  const finder = new Selection(wanted, decapsulate);
  if (hasFragments) {
    yield* readInSteps(paths, {
      onPacket(...packet) {
        finder.commentOn(...packet);
      },
    });
    finder.end();
  }
  const selection = new Selection(wanted, decapsulate);
  for (const [frame, comment] of finder.fragments) selection.fragments.set(frame, comment);
  const context = createSourceContext();
  const writer = new PacketWriter(selection, context, write);
  write(encodeSectionHeader({ application, comment: describeContents(wanted) }));
  const reports = yield* readInSteps(paths, writer, { timeBase: context.timeBase });
  return { reports, packetCount: writer.packetCount };
}

const IDS_TOLD = 20;

function describeContents(wanted: readonly WantedConnection[]): string {
  const ids = wanted.slice(0, IDS_TOLD).map(({ id }) => `#${id}`);
  const rest = wanted.length - ids.length;
  return `Connections cut out by lastack: ${ids.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
