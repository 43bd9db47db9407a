/** The way back: frames as a scenario file with everything written out, so that reading it gives the same frames. */
import { NANOS_PER_SECOND } from '../base/time.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { TcpFrame } from './frame.ts';
import { FLAG_LETTERS } from './packet-script.ts';
import { formatEnd, type ScriptEnd } from './scenario.ts';
import { formatTcpOptions } from './tcp-options.ts';

/** One segment to print: its numbers are absolute. */
export interface PrintedSegment {
  /** Nanoseconds since the start of the script, never before the segment above. */
  timeNanos: number;
  interfaceIndex: number;
  snapBytes: number;
  frame: TcpFrame;
  /** Columns for the expected labels and states; empty ones are left out. */
  labels?: string;
  states?: string;
}

export interface PrintedScenario {
  title: string;
  prose: string;
  /** Seconds since 1970 at time 0. */
  startSeconds: number;
  /** Ends by name; a segment belongs to the first end with its address and port. */
  ends: readonly ScriptEnd[];
  segments: readonly PrintedSegment[];
  /** Lines of the `expect` block; none when empty. */
  expectations: readonly string[];
}

/** Seconds with as many decimals as they need: `+.010`, `+1.5`. */
export function formatDelay(nanos: number): string {
  const sign = nanos < 0 ? '-' : '+';
  const whole = Math.floor(Math.abs(nanos) / NANOS_PER_SECOND);
  const rest = String(Math.abs(nanos) % NANOS_PER_SECOND).padStart(9, '0');
  const decimals = rest.slice(3) === '000000' ? rest.slice(0, 3) : rest.slice(6) === '000' ? rest.slice(0, 6) : rest;
  return `${sign}${whole === 0 ? '' : whole}.${decimals}`;
}

/** Flags as a script writes them: `S.`, `FP.`; `-` for none. */
export function formatFlags(flags: number): string {
  const letters = FLAG_LETTERS.filter(([, bit]) => (flags & bit) !== 0).map(([letter]) => letter);
  return letters.length === 0 ? '-' : letters.join('');
}

function endOf(ends: readonly ScriptEnd[], address: string, port: number): ScriptEnd {
  const end = ends.find((candidate) => candidate.address === address && candidate.port === port);
  if (!end) throw new Error(`lastack bug: no end has the address ${address} and port ${port}`);
  return end;
}

function formatSegment(segment: PrintedSegment, previousNanos: number, ends: readonly ScriptEnd[]): string {
  const { frame } = segment;
  const from = endOf(ends, frame.source, frame.sourcePort);
  const to = endOf(ends, frame.destination, frame.destinationPort);
  const start = (frame.seq - from.isn) >>> 0;
  const words = [
    formatDelay(segment.timeNanos - previousNanos),
    from.name,
    '>',
    to.name,
    formatFlags(frame.flags),
    `${start}:${start + frame.payloadBytes}(${frame.payloadBytes})`,
  ];
  if (frame.flags & TcpFlag.ACK) words.push(`ack ${(frame.ack - to.isn) >>> 0}`);
  else if (frame.ack !== 0) words.push(`ack =${frame.ack}`);
  words.push(`win ${frame.window}`);
  if (frame.urgent !== 0) words.push(`urg ${frame.urgent}`);
  if (frame.ttl !== from.ttl) words.push(`ttl ${frame.ttl}`);
  if (!frame.source.includes(':')) words.push(`id ${frame.ipId}`);
  for (const vlan of frame.vlans) words.push(`vlan ${vlan}`);
  if (segment.interfaceIndex !== 0) words.push(`if ${segment.interfaceIndex}`);
  if (segment.snapBytes !== 0) words.push(`snap ${segment.snapBytes}`);
  if (frame.badChecksum) words.push('bad-checksum');
  if (frame.zeroIpLength) words.push('tso');
  words.push(formatTcpOptions(frame.options, to.isn));
  return words.join(' ');
}

/** The text of a scenario file that `parseScenario` reads. */
export function printScenario(scenario: PrintedScenario): string {
  let previousNanos = 0;
  const rows = scenario.segments.map((segment) => {
    const text = formatSegment(segment, previousNanos, scenario.ends);
    previousNanos = segment.timeNanos;
    return [
      text,
      ...(segment.labels || segment.states ? [segment.labels || '-'] : []),
      ...(segment.states ? [segment.states] : []),
    ];
  });
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => (row[column] ?? '').length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join(' | ')
      .trimEnd(),
  );
  const parts = [
    `# ${scenario.title}`,
    ...(scenario.prose === '' ? [] : ['', scenario.prose]),
    '',
    '```settings',
    `start ${scenario.startSeconds}`,
    ...scenario.ends.map(formatEnd),
    '```',
    '',
    '```packets',
    ...lines,
    '```',
  ];
  if (scenario.expectations.length > 0) parts.push('', '```expect', ...scenario.expectations, '```');
  return `${parts.join('\n')}\n`;
}
