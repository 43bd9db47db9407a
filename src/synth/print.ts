/** The way back: frames as a scenario file with everything written out, so that reading it gives the same frames. */
import { NANOS_PER_SECOND } from '../base/time.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { FrameBase, TcpFrame } from './frame.ts';
import { FLAG_LETTERS, ICMP_ERRORS } from './packet-script.ts';
import type { Taken } from './resolve.ts';
import { formatEnd, type ScriptEnd } from './scenario.ts';
import { formatTcpOptions } from './tcp-options.ts';

/** An ICMP error to print. */
export interface PrintedIcmp extends FrameBase {
  type: number;
  code: number;
  /** Number of the line, from 1, whose segment it quotes. */
  quotedNumber: number;
}

/** One frame to print: its numbers are absolute. */
export type PrintedFrame = Taken & {
  /** Columns for the expected labels and states; empty ones are left out. */
  labels?: string;
  states?: string;
} & ({ kind: 'tcp'; frame: TcpFrame } | { kind: 'icmp'; frame: PrintedIcmp } | { kind: 'tick' });

export interface PrintedScenario {
  title: string;
  prose: string;
  /** Seconds since 1970 at time 0. */
  startSeconds: number;
  /** Ends; a frame belongs to the first one with its address and port. */
  ends: readonly ScriptEnd[];
  frames: readonly PrintedFrame[];
  /** Lines of the `settings` block beside the start and the ends. */
  settings?: readonly string[];
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

/** The end with this address, and this port if it is given. */
function endOf(ends: readonly ScriptEnd[], address: string, port?: number): ScriptEnd {
  const end = ends.find((each) => each.address === address && (port === undefined || each.port === port));
  if (!end) throw new Error(`lastack bug: no end has the address ${address} and port ${port}`);
  return end;
}

function formatFrame(printed: PrintedFrame, ends: readonly ScriptEnd[]): string[] {
  if (printed.kind === 'tick') return ['tick'];
  if (printed.kind === 'icmp') return formatIcmp(printed.frame, printed, ends);
  return formatSegment(printed.frame, printed, ends);
}

function formatSegment(frame: TcpFrame, taken: Taken, ends: readonly ScriptEnd[]): string[] {
  const from = endOf(ends, frame.source, frame.sourcePort);
  const to = endOf(ends, frame.destination, frame.destinationPort);
  const start = relativeTo(from.isn, frame.seq);
  const words = [from.name, '>', to.name, formatFlags(frame.flags)];
  words.push(`${start}:${start + frame.payloadBytes}(${frame.payloadBytes})`);
  if (frame.flags & TcpFlag.ACK) words.push(`ack ${relativeTo(to.isn, frame.ack)}`);
  else if (frame.ack !== 0) words.push(`ack =${frame.ack}`);
  words.push(`win ${frame.window}`);
  if (frame.urgent !== 0) words.push(`urg ${frame.urgent}`);
  words.push(...formatTaken(frame, taken, from));
  if (frame.badChecksum) words.push('bad-checksum');
  if (frame.zeroIpLength) words.push('tso');
  words.push(formatTcpOptions(frame.options, to.isn));
  return words;
}

/** Numbers a little before the ISN, as keep-alives have them, are told as negative. */
function relativeTo(isn: number, number: number): number {
  const distance = (number - isn) | 0;
  return distance > -MOST_BEFORE_ISN ? distance : distance >>> 0;
}

const MOST_BEFORE_ISN = 1 << 20;

function formatIcmp(frame: PrintedIcmp, taken: Taken, ends: readonly ScriptEnd[]): string[] {
  const from = endOf(ends, frame.source);
  const version = frame.source.includes(':') ? 'v6' : 'v4';
  const named = Object.entries(ICMP_ERRORS).find(
    ([, numbers]) => numbers[version][0] === frame.type && numbers[version][1] === frame.code,
  );
  const error = named?.[0] ?? `${frame.type}/${frame.code}`;
  const to = endOf(ends, frame.destination);
  return [from.name, '>', to.name, 'icmp', error, 'of', `${frame.quotedNumber}`, ...formatTaken(frame, taken, from)];
}

function formatTaken(frame: FrameBase, taken: Taken, from: ScriptEnd): string[] {
  const words: string[] = [];
  if (frame.ttl !== from.ttl) words.push(`ttl ${frame.ttl}`);
  if (!frame.source.includes(':')) words.push(`id ${frame.ipId}`);
  for (const vlan of frame.vlans) words.push(`vlan ${vlan}`);
  if (taken.interfaceIndex !== 0) words.push(`if ${taken.interfaceIndex}`);
  if (taken.snapBytes !== 0) words.push(`snap ${taken.snapBytes}`);
  return words;
}

/** The text of a scenario file that `parseScenario` reads. */
export function printScenario(scenario: PrintedScenario): string {
  let previousNanos = 0;
  const rows = scenario.frames.map((printed) => {
    const delay = formatDelay(printed.timeNanos - previousNanos);
    previousNanos = printed.timeNanos;
    return [
      [delay, ...formatFrame(printed, scenario.ends)].join(' '),
      ...(printed.labels || printed.states ? [printed.labels || '-'] : []),
      ...(printed.states ? [printed.states] : []),
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
    ...(scenario.settings ?? []),
    '```',
    '',
    '```packets',
    ...lines,
    '```',
  ];
  if (scenario.expectations.length > 0) parts.push('', '```expect', ...scenario.expectations, '```');
  return `${parts.join('\n')}\n`;
}
