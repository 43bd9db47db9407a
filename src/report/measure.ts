/** Numbers as a person reads them: counts, bytes, durations, times of day. */

/** `1,234,567`. */
export function formatCount(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** `1 segment`, `2 segments`; the plural is formed with `s` unless it is given. */
export function formatQuantity(count: number, unit: string, plural = `${unit}s`): string {
  return `${formatCount(count)} ${count === 1 ? unit : plural}`;
}

/** `512 B`, `1.2 kB`, `34 MB`: decimal units, two or three digits. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${units[unit]}`;
}

/** `0 s`, `35 µs`, `1.2 ms`, `340 ms`, `3.20 s`, `2 min 29 s`, `3 h 5 min`, `2 d 4 h`. */
export function formatDuration(seconds: number, micro = 'µs'): string {
  if (seconds < 0) return `-${formatDuration(-seconds, micro)}`;
  if (seconds === 0) return '0 s';
  if (seconds < 0.0009995) return `${Math.max(1, Math.round(seconds * 1e6))} ${micro}`;
  if (seconds < 0.00995) return `${(seconds * 1e3).toFixed(1)} ms`;
  if (seconds < 0.9995) return `${(seconds * 1e3).toFixed(0)} ms`;
  if (seconds < 9.995) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return joinUnits(Math.floor(whole / 60), 'min', whole % 60, 's');
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return joinUnits(Math.floor(minutes / 60), 'h', minutes % 60, 'min');
  const hours = Math.round(minutes / 60);
  return joinUnits(Math.floor(hours / 24), 'd', hours % 24, 'h');
}

function joinUnits(major: number, majorUnit: string, minor: number, minorUnit: string): string {
  return minor === 0 ? `${major} ${majorUnit}` : `${major} ${majorUnit} ${minor} ${minorUnit}`;
}

/** `84 %`; less than half a percent but not nothing is `<1 %`. */
export function formatShare(share: number): string {
  const percent = Math.round(share * 100);
  return percent === 0 && share > 0 ? '<1 %' : `${percent} %`;
}

/** `2026-11-21 01:22:26.123` from an RFC 3339 time. */
export function formatClock(time: string): string {
  return time.slice(0, 23).replace('T', ' ');
}

const secondsPattern = /:(\d\d(?:\.\d+)?)Z$/;

/** Seconds from `start` to `end`, both RFC 3339 in UTC, without losing the nanoseconds. */
export function secondsBetween(start: string, end: string): number {
  const wholeMillis = Date.parse(`${end.slice(0, 16)}:00Z`) - Date.parse(`${start.slice(0, 16)}:00Z`);
  const startSeconds = Number(secondsPattern.exec(start)?.[1] ?? 0);
  const endSeconds = Number(secondsPattern.exec(end)?.[1] ?? 0);
  return Math.round((wholeMillis / 1000 + endSeconds - startSeconds) * 1e9) / 1e9;
}

/** `10.0.0.1:80`, `[2001:db8::1]:80`. */
export function formatEndpoint(endpoint: { address: string; port: number }): string {
  return endpoint.address.includes(':')
    ? `[${endpoint.address}]:${endpoint.port}`
    : `${endpoint.address}:${endpoint.port}`;
}

/** `#3`, `#3, #4 and #9`, `#3, #4, #5 and 12 more`. */
export function formatFrames(frames: readonly number[], limit = 4): string {
  if (frames.length === 0) return '';
  const shown = frames.length > limit ? frames.slice(0, limit - 1) : frames;
  const rest = frames.length - shown.length;
  const names = shown.map((frame) => `#${frame}`);
  if (rest > 0) return `${names.join(', ')} and ${formatCount(rest)} more`;
  return names.length === 1 ? names[0] : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
