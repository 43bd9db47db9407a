import { CaptureError } from '../../src/base/error.ts';
import { formatTime } from '../../src/base/time.ts';
import { createParser } from '../../src/source/detect.ts';
import {
  type CaptureParser,
  createSourceContext,
  type InterfaceInfo,
  type PacketSink,
  type SourceContext,
} from '../../src/source/packet.ts';

export interface LoggedPacket {
  frame: number;
  time: string;
  wireBytes: number;
  linkType: number;
  interfaceIndex: number;
  data: number[];
}

/** Remembers what it is given. */
export class PacketLog implements PacketSink {
  readonly packets: LoggedPacket[] = [];
  readonly interfaces: InterfaceInfo[] = [];
  readonly context: SourceContext;

  constructor(context: SourceContext = createSourceContext()) {
    this.context = context;
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
    const data: number[] = [];
    for (let i = start; i < start + capturedBytes; i++) {
      if (bytes[i] !== view.getUint8(i)) throw new Error('bytes and view differ');
      data.push(bytes[i]);
    }
    const time = formatTime(this.context.timeBase, timeNanos);
    this.packets.push({ frame, time, wireBytes, linkType, interfaceIndex, data });
  }

  onInterface(info: InterfaceInfo): void {
    this.interfaces.push(info);
  }
}

export interface Parsed {
  log: PacketLog;
  parser: CaptureParser | null;
  error: CaptureError | null;
}

/** Parses a file in pieces of `pieceBytes`, each overwritten after its push, as a reader's buffer would be. */
export function parse(file: Uint8Array, pieceBytes: number = file.length || 1): Parsed {
  const log = new PacketLog();
  let parser: CaptureParser | null = null;
  try {
    parser = createParser(file.subarray(0, 32), log.context, log);
    for (let at = 0; at < file.length; at += pieceBytes) {
      const piece = file.slice(at, at + pieceBytes);
      parser.push(piece);
      piece.fill(0xee);
    }
    parser.end();
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { log, parser, error };
  }
  return { log, parser, error: null };
}
