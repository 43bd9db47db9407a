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

const pad = (value: number, digits: number): string => String(value).padStart(digits, '0');

/**
 * RFC 3339 in UTC with nine decimals: `2026-11-21T01:22:26.000000001Z`. Out-of-range times are clamped to year 0..9999;
 * more than 104 days from the base, where a float64 has no nanoseconds any more, the time is rounded to microseconds.
 */
export function formatTime(base: TimeBase, timeNanos: number): string {
  const unitNanos = Number.isSafeInteger(timeNanos) ? 1 : 1000;
  const units = Math.round(timeNanos / unitNanos);
  const unitsPerSecond = NANOS_PER_SECOND / unitNanos;
  const wholeSeconds = Math.floor(units / unitsPerSecond);
  const nanos = (units - wholeSeconds * unitsPerSecond) * unitNanos;
  const seconds = Math.min(253402300799, Math.max(-62167219200, base.epochSeconds + wholeSeconds));
  const date = new Date(seconds * 1000).toISOString();
  return `${date.slice(0, 19)}.${pad(nanos, 9)}Z`;
}

/** Nanoseconds to seconds, rounded to the nanosecond, for JSON numbers. */
export function toSeconds(nanos: number): number {
  return Math.round(nanos) / NANOS_PER_SECOND;
}
