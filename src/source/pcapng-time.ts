/**
 * pcapng time stamps: 64 bits in two halves, of a resolution that each interface names (if_tsresol), counted from an
 * offset in seconds (if_tsoffset).
 *
 *     if_tsresol   0nnnnnnn  10^-n seconds        1nnnnnnn  2^-n seconds        absent: 10^-6
 *
 * The split into seconds and nanoseconds is a long division in float64, exact up to resolutions of 2^-45 s; finer ones
 * are exact to the nanosecond because their 64 bits span less than a week of seconds. Parts of a nanosecond are cut off.
 */
import { NANOS_PER_SECOND } from '../base/time.ts';
import { fixTimeBase, type SourceContext } from './packet.ts';

const EXACT_HIGH_WORD = 0x20_0000;
const TWO_32 = 0x1_0000_0000;
const TWO_37 = 2 ** 37;
const TWO_45 = 2 ** 45;

/** Ticks in a second by an if_tsresol byte. */
export function ticksPerSecond(resolution: number): number {
  return resolution & 0x80 ? 2 ** (resolution & 0x7f) : 10 ** resolution;
}

/** Turns the time stamps of one interface into nanoseconds of the session. */
export class TimestampReader {
  readonly ticksPerSecond: number;
  private readonly offsetSeconds: number;
  private readonly context: SourceContext;
  private remainder = 0;

  constructor(context: SourceContext, ticks: number, offsetSeconds: number) {
    this.context = context;
    this.ticksPerSecond = ticks;
    this.offsetSeconds = offsetSeconds;
  }

  /** @hot Nanoseconds after the session's epoch; the first call of a session fixes the epoch. */
  read(high: number, low: number): number {
    const ticks = this.ticksPerSecond;
    let seconds: number;
    if (high < EXACT_HIGH_WORD) {
      const total = high * TWO_32 + low;
      seconds = Math.floor(total / ticks);
      this.remainder = total - seconds * ticks;
    } else {
      seconds = this.divide(high, low);
    }
    seconds += this.offsetSeconds;
    if (!this.context.timeBaseKnown) fixTimeBase(this.context, seconds);
    const nanos = Math.floor(
      ticks <= NANOS_PER_SECOND
        ? (this.remainder * NANOS_PER_SECOND) / ticks
        : this.remainder / (ticks / NANOS_PER_SECOND),
    );
    return (seconds - this.context.timeBase.epochSeconds) * NANOS_PER_SECOND + nanos;
  }

  /** Whole seconds of a time stamp of more than 53 bits; leaves the rest in `remainder`. */
  private divide(high: number, low: number): number {
    const ticks = this.ticksPerSecond;
    if (ticks > TWO_45) {
      const seconds = Math.floor((high * TWO_32 + low) / ticks);
      this.remainder = Math.max(0, high * TWO_32 - seconds * ticks + low);
      return seconds;
    }
    const digitBits = ticks <= TWO_37 ? 16 : 8;
    const digitMask = (1 << digitBits) - 1;
    const scale = 1 << digitBits;
    let quotient = Math.floor(high / ticks);
    let rest = high - quotient * ticks;
    for (let shift = 32 - digitBits; shift >= 0; shift -= digitBits) {
      const part = rest * scale + ((low >>> shift) & digitMask);
      const digit = Math.floor(part / ticks);
      rest = part - digit * ticks;
      quotient = quotient * scale + digit;
    }
    this.remainder = rest;
    return quotient;
  }
}
