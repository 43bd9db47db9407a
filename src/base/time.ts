/**
 * Time in the core is a float64 of nanoseconds after an epoch of whole seconds that the capture session fixes at
 * its first packet: exact to the nanosecond for 104 days, and plain subtraction gives a duration.
 */
export interface TimeBase {
  /** Whole seconds since 1970-01-01T00:00:00Z to which every `timeNanos` of the session is relative. */
  epochSeconds: number;
}

export const NANOS_PER_SECOND = 1_000_000_000;
export const NANOS_PER_MILLI = 1_000_000;

/** `000` to `999`. */
const THOUSAND = Array.from({ length: 1000 }, (_, value) => String(value).padStart(3, '0'));
/** Seconds whose text is remembered: nearly all times of a connection are near those before. */
const REMEMBERED = 64;
const knownSeconds = new Float64Array(REMEMBERED).fill(Number.NaN);
const knownTexts = new Array<string>(REMEMBERED).fill('');

/**
 * RFC 3339 in UTC with nine decimals: `2026-11-21T01:22:26.000000001Z`. Out-of-range times are clamped to year 0..9999;
 * more than 104 days from the base, where a float64 has no nanoseconds any more, the time is rounded to microseconds.
 */
export function formatTime(base: TimeBase, timeNanos: number): string {
  const unitNanos = Number.isSafeInteger(timeNanos) ? 1 : 1000;
  const units = Math.round(timeNanos / unitNanos);
  const unitsPerSecond = NANOS_PER_SECOND / unitNanos;
  const wholeSeconds = Math.floor(units / unitsPerSecond);
  const nanos = Math.min(999_999_999, Math.max(0, (units - wholeSeconds * unitsPerSecond) * unitNanos));
  const micros = Math.floor(nanos / 1000);
  const millis = Math.floor(micros / 1000);
  const second = formatSecond(base.epochSeconds + wholeSeconds);
  return `${second}.${THOUSAND[millis]}${THOUSAND[micros - millis * 1000]}${THOUSAND[nanos - micros * 1000]}Z`;
}

/** As `formatTime`, of whole seconds since 1970, as far as the decimal point. */
export function formatSecond(epochSeconds: number): string {
  const seconds = Math.min(253402300799, Math.max(-62167219200, epochSeconds));
  const place = Math.abs(seconds % REMEMBERED);
  if (knownSeconds[place] !== seconds) {
    knownSeconds[place] = seconds;
    knownTexts[place] = new Date(seconds * 1000).toISOString().slice(0, 19);
  }
  return knownTexts[place];
}

/** Nanoseconds to seconds, rounded to the nanosecond, for JSON numbers. */
export function toSeconds(nanos: number): number {
  return Math.round(nanos) / NANOS_PER_SECOND;
}
