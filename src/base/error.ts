/** Why a capture could not be read (further); stable codes that tests and scripts may match. */
export type CaptureErrorCode =
  | 'not-a-capture'
  | 'empty-file'
  | 'unreadable'
  | 'is-directory'
  | 'truncated-header'
  | 'truncated-packet'
  | 'truncated-block'
  | 'bad-length'
  | 'bad-block'
  | 'unsupported-version'
  | 'unsupported-format'
  | 'decompression-failed'
  | 'no-interface'
  | 'limit-reached';

export interface CaptureErrorDetails {
  /** Path as the user gave it; `-` is standard input. */
  readonly path?: string;
  /** Offset in bytes, from the start of the (decompressed) file, of what could not be read. */
  readonly byteOffset: number;
  /** Number (from 1) of the packet that could not be read; 0 when the file header could not. */
  readonly packetNumber: number;
  /** What the user can do about it, one sentence. */
  readonly hint: string;
}

/**
 * A capture file that is damaged or is no capture.
 *
 * What was read before the damage is kept by whoever catches this.
 */
export class CaptureError extends Error {
  readonly code: CaptureErrorCode;
  readonly path: string | undefined;
  readonly byteOffset: number;
  readonly packetNumber: number;
  readonly hint: string;

  constructor(code: CaptureErrorCode, message: string, details: CaptureErrorDetails) {
    super(message);
    this.name = 'CaptureError';
    this.code = code;
    this.path = details.path;
    this.byteOffset = details.byteOffset;
    this.packetNumber = details.packetNumber;
    this.hint = details.hint;
  }
}

/** Whoever is given packets has no room for more of them; where in which file that was is for the reader to say. */
export class SinkFullError extends Error {
  /** What the user can do about it, one sentence. */
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.name = 'SinkFullError';
    this.hint = hint;
  }
}

/** Throws when a promise of our own code is broken; never for bad input. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`lastack bug: ${what}`);
}
