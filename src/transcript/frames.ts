/** Finds the frames of one connection in its captures again, with all that a scenario can tell of them. */
import { formatAddress } from '../base/address.ts';
import { NANOS_PER_SECOND, type TimeBase } from '../base/time.ts';
import type { ConnectionResult, PlaceResult } from '../report/result.ts';
import type { PacketSink } from '../source/packet.ts';
import { readCaptures } from '../source/session.ts';
import type { TcpFrame } from '../synth/frame.ts';
import type { PrintedIcmp } from '../synth/print.ts';
import type { Taken } from '../synth/resolve.ts';
import { readIpFields, readTcpFrame } from '../synth/unframe.ts';
import { type IcmpError, SegmentBatch } from '../wire/batch.ts';
import { Decoder } from '../wire/decode.ts';
import { LinkType } from '../wire/linktype.ts';
import { readRow } from './row.ts';

const USUAL_TTL = 64;

/** A frame of the connection as it was captured. */
export type FoundFrame = Taken & { number: number } & (
    | { kind: 'tcp'; frame: TcpFrame }
    | { kind: 'icmp'; frame: Omit<PrintedIcmp, 'quotedNumber'> & { seq: number } }
  );

/** What a capture holds of one connection. */
export interface FoundFrames {
  /** In the order of the capture; times are nanoseconds after `startSeconds`. */
  frames: FoundFrame[];
  /** Seconds since 1970. */
  startSeconds: number;
  /** Time of the last packet of the capture, whatever it was, nanoseconds after `startSeconds`. */
  lastNanos: number;
}

/** Reads the captures once more for the frames of a connection that was analysed with `segments`. */
export async function findFrames(
  paths: readonly string[],
  connection: ConnectionResult,
  decapsulate: boolean,
): Promise<FoundFrames> {
  const finder = new FrameFinder(connection, decapsulate);
  await readCaptures(paths, finder, { timeBase: finder.timeBase });
  const frames = finder.frames.sort((a, b) => a.number - b.number);
  const wholeSeconds = Math.floor((frames[0]?.timeNanos ?? 0) / NANOS_PER_SECOND);
  const startNanos = wholeSeconds * NANOS_PER_SECOND;
  return {
    frames: frames.map((each) => ({ ...each, timeNanos: each.timeNanos - startNanos })),
    startSeconds: finder.timeBase.epochSeconds + wholeSeconds,
    lastNanos: finder.lastNanos - startNanos,
  };
}

class FrameFinder implements PacketSink {
  readonly timeBase: TimeBase = { epochSeconds: 0 };
  readonly frames: FoundFrame[] = [];
  lastNanos = Number.NEGATIVE_INFINITY;
  readonly #connection: ConnectionResult;
  readonly #wanted: ReadonlySet<number>;
  readonly #batch = new SegmentBatch(this.timeBase);
  readonly #decoder: Decoder;

  constructor(connection: ConnectionResult, decapsulate: boolean) {
    this.#connection = connection;
    this.#wanted = new Set(connection.segments?.map((segment) => segment.frame));
    this.#decoder = new Decoder(this.#batch, { decapsulate });
  }

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
  ): void {
    this.lastNanos = Math.max(this.lastNanos, timeNanos);
    const batch = this.#batch;
    batch.clear();
    this.#decoder.decode(bytes, view, start, capturedBytes, wireBytes, linkType, frame, timeNanos, interfaceIndex);
    const taken = { timeNanos, interfaceIndex, number: frame };
    const captured = bytes.subarray(start, start + capturedBytes);
    const isEthernet = linkType === LinkType.ETHERNET;
    if (this.#wanted.has(frame)) {
      const told = isEthernet ? readTcpFrame(captured) : null;
      const isCut = capturedBytes < wireBytes;
      if (told !== null) this.frames.push({ ...taken, snapBytes: isCut ? capturedBytes : 0, kind: 'tcp', frame: told });
      else if (batch.count > 0) this.#addRow(taken, captured, isCut);
    }
    for (const error of batch.icmpErrors) {
      if (!this.#isAbout(error)) continue;
      const snapBytes = isEthernet && capturedBytes < wireBytes ? capturedBytes : 0;
      this.frames.push({
        ...taken,
        snapBytes,
        kind: 'icmp',
        frame: describeIcmp(error, isEthernet ? readIpFields(captured) : null),
      });
    }
  }

  /** A frame of which only the decoder knows how to read it. */
  #addRow(taken: Omit<Taken, 'snapBytes'> & { number: number }, captured: Uint8Array, isCut: boolean): void {
    const batch = this.#batch;
    for (let row = 0; row < batch.count; row++) {
      const { frame, snapBytes } = readRow(batch, row, captured, isCut);
      const { client, server } = this.#connection;
      const ports = [frame.sourcePort, frame.destinationPort];
      if (ports.includes(client.port) && ports.includes(server.port)) {
        this.frames.push({ ...taken, snapBytes, kind: 'tcp', frame });
      }
    }
  }

  /** Whether an ICMP error quotes a segment of this connection. */
  #isAbout(error: IcmpError): boolean {
    const { client, server } = this.#connection;
    const told = formatAddress(error.ipVersion, error.sourceAddress);
    const other = formatAddress(error.ipVersion, error.destinationAddress);
    const isOne = (end: PlaceResult, address: string, port: number): boolean =>
      end.address === address && end.port === port;
    const isOurTuple = [[client, server] as const, [server, client] as const].some(
      ([end, peer]) => isOne(end, told, error.sourcePort) && isOne(peer, other, error.destinationPort),
    );
    return isOurTuple && this.frames.some((found) => found.kind === 'tcp' && found.frame.seq === error.seq);
  }
}

function describeIcmp(
  error: IcmpError,
  fields: ReturnType<typeof readIpFields>,
): Omit<PrintedIcmp, 'quotedNumber'> & { seq: number } {
  return {
    source: formatAddress(error.ipVersion, error.reporter),
    destination: formatAddress(error.ipVersion, error.sourceAddress),
    ...(fields ?? { ttl: USUAL_TTL, ipId: 0, vlans: [] }),
    type: error.type,
    code: error.code,
    seq: error.seq,
  };
}
