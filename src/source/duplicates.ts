import { NANOS_PER_SECOND } from '../base/time.ts';

/** Octets compared: link, IP and TCP headers with their checksums, whatever snap lengths the captures had. */
const COMPARED_BYTES = 128;
/** Shorter packets than this must have been captured to the same length. */
const LEAST_COMPARED_BYTES = 60;
/** Packets held at a time; there are never so many in a microsecond of a real capture. */
const MAX_HELD = 256;
const NANOS_PER_MICRO = NANOS_PER_SECOND / 1_000_000;

interface Held {
  readonly bytes: Uint8Array;
  readonly capturedBytes: number;
  readonly wireBytes: number;
  readonly linkType: number;
  /** Captures that had it. */
  readonly lanes: Set<number>;
}

/**
 * Knows packets that several captures of one interface have: the same octets in the same microsecond, which is the
 * finest that all clocks of a file tell. Packets that one capture has twice are left alone.
 */
export class DuplicateFilter {
  #micros = Number.NaN;
  readonly #held: Held[] = [];

  /** Whether the packet was seen in another capture than `lane`; to be asked about packets in the order of their times. */
  isCopy(
    lane: number,
    bytes: Uint8Array,
    start: number,
    capturedBytes: number,
    wireBytes: number,
    linkType: number,
    timeNanos: number,
  ): boolean {
    const micros = Math.floor(timeNanos / NANOS_PER_MICRO);
    if (micros !== this.#micros) {
      this.#micros = micros;
      this.#held.length = 0;
    }
    const compared = bytes.subarray(start, start + Math.min(capturedBytes, COMPARED_BYTES));
    for (const held of this.#held) {
      if (held.wireBytes !== wireBytes || held.linkType !== linkType || held.lanes.has(lane)) continue;
      if (!beginsAlike(held, compared, capturedBytes)) continue;
      held.lanes.add(lane);
      return true;
    }
    if (this.#held.length < MAX_HELD) {
      this.#held.push({ bytes: compared.slice(), capturedBytes, wireBytes, linkType, lanes: new Set([lane]) });
    }
    return false;
  }
}

function beginsAlike(held: Held, bytes: Uint8Array, capturedBytes: number): boolean {
  const count = Math.min(held.bytes.length, bytes.length);
  if (count < LEAST_COMPARED_BYTES && held.capturedBytes !== capturedBytes) return false;
  for (let i = 0; i < count; i++) if (held.bytes[i] !== bytes[i]) return false;
  return true;
}
