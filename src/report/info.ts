/** What `lastack info` tells of captures: the shape of its JSON, and its text. */
import type { Severity } from '../findings/finding.ts';
import { describeChecksums } from './capture.ts';
import { formatBytes, formatClock, formatCount, formatDuration, formatQuantity, secondsBetween } from './measure.ts';
import type { CaptureResult } from './result.ts';
import { createStyle, printable, type Style, type TextOptions, wrapBehind } from './terminal.ts';
import { describeProblem } from './words.ts';

export interface SectionResult {
  byteOrder: 'little-endian' | 'big-endian';
  version: string;
  /** A variant of the format that has a name of its own. */
  variant: string | null;
  application: string | null;
  system: string | null;
  hardware: string | null;
  comment: string | null;
}

export interface InterfaceResult {
  /** From 0, over all sections of the file. */
  index: number;
  linkType: string;
  name: string | null;
  description: string | null;
  filter: string | null;
  system: string | null;
  /** Most bytes captured of a packet; 0 is no limit. */
  snapLength: number;
  ticksPerSecond: number;
  offsetSeconds: number;
  fcsBytes: number | null;
  packetCount: number;
  capturedBytes: number;
  /** Bytes as they were on the wire. */
  wireBytes: number;
  /** Packets of which less was captured than was on the wire. */
  cutPacketCount: number;
  /** Packets larger on the wire than any Ethernet frame without jumbo: put together by offload. */
  oversizedPacketCount: number;
  tcpSegmentCount: number;
  /** Packets that were not analysed, by reason. */
  skipped: Record<string, number>;
  firstTime: string | null;
  lastTime: string | null;
  /** How often a packet is stamped earlier than the one before it. */
  clockStepCount: number;
  furthestBackSeconds: number;
  /** By the capture's own statistics; null when it has none. */
  receivedCount: number | null;
  droppedCount: number | null;
}

export interface CaptureInfo extends Omit<CaptureResult, 'format'> {
  /** Null when it is no capture that can be read. */
  format: 'pcap' | 'pcapng' | null;
  compression: string | null;
  /** Size of the file; 0 when it is not known. */
  fileBytes: number;
  sectionCount: number;
  sections: SectionResult[];
  interfaces: InterfaceResult[];
  /** Names the file gives to addresses, the first few. */
  names: { address: string; name: string }[];
  nameCount: number;
}

/** What a property of the captures means for what lastack says of connections. */
export interface Consequence {
  code: string;
  severity: Severity;
  /** What was seen. */
  observation: string;
  /** What follows for the verdicts, and what to do about it. */
  meaning: string;
}

export interface InfoDocument {
  schemaVersion: 1;
  tool: { name: 'lastack'; version: string };
  captures: CaptureInfo[];
  connectionCount: number;
  /** Findings about the capture itself, by code. */
  findings: Record<string, number>;
  consequences: Consequence[];
}

const MAX_COMMENT_CHARS = 200;
const MAX_FILES = 8;
const MAX_INTERFACES = 12;
const LABEL = 14;

/** Renders what is known of the captures as lines joined with newlines. */
export function renderInfo(document: InfoDocument, options: TextOptions): string {
  const style = createStyle(options);
  const { captures, consequences } = document;
  const sections = captures.slice(0, MAX_FILES).map((capture) => renderCapture(style, capture));
  if (captures.length > MAX_FILES) sections.push([style.faint(`and ${captures.length - MAX_FILES} more files`)]);
  sections.push(renderTogether(style, document));
  if (captures.some(({ format }) => format !== null)) sections.push(renderConsequences(style, consequences));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

function row(style: Style, label: string, text: string): string[] {
  return text === '' ? [] : wrapBehind(`  ${style.faint(label.padEnd(LABEL))}`, text, style.width);
}

function renderCapture(style: Style, capture: CaptureInfo): string[] {
  const name = capture.path === '-' ? 'standard input' : printable(capture.path);
  const container = describeContainer(capture);
  const lines = [style.heading(name) + (container === '' ? '' : `  ${style.faint(container)}`)];
  const [section] = capture.sections;
  lines.push(...row(style, 'written by', section === undefined ? '' : describeWriter(section)));
  if (section?.comment) lines.push(...row(style, 'comment', printable(section.comment.slice(0, MAX_COMMENT_CHARS))));
  lines.push(...row(style, 'packets', describePackets(capture)));
  lines.push(...row(style, 'time', describeTimes(capture)));
  for (const each of capture.interfaces.slice(0, MAX_INTERFACES)) {
    lines.push(
      ...row(style, capture.interfaces.length > 1 ? `interface ${each.index}` : 'interface', describeInterface(each)),
    );
  }
  if (capture.interfaces.length > MAX_INTERFACES) {
    lines.push(...row(style, '', `and ${capture.interfaces.length - MAX_INTERFACES} more interfaces`));
  }
  lines.push(...row(style, 'protocols', describeProtocols(capture)));
  lines.push(...row(style, 'tunnels', listCounts(capture.tunnels ?? {})));
  if (capture.checksums !== undefined && capture.tcpSegmentCount > 0) {
    lines.push(...row(style, 'checksums', describeChecksums(capture.checksums)));
  }
  lines.push(...row(style, 'names', describeNames(capture)));
  if (capture.problem !== null) {
    const damage = `${style.glyphs.severity.error} ${capture.format === null ? 'unreadable' : 'damaged'}`;
    const { code, message } = capture.problem;
    const isPlaced = code !== 'unreadable' && code !== 'is-directory';
    const text = isPlaced ? describeProblem(capture.problem) : message;
    lines.push(...row(style, damage, printable(text)).map(style.severity.error));
  }
  return lines;
}

function describeContainer({ format, compression, sections, sectionCount, fileBytes }: CaptureInfo): string {
  const parts: string[] = [];
  const [section] = sections;
  if (format !== null && section !== undefined) {
    const variant = section.variant === null ? '' : ` ${section.variant}`;
    parts.push(`${format} ${section.version}${variant}`);
    parts.push([...new Set(sections.map(({ byteOrder }) => byteOrder))].join(' and '));
  }
  if (sectionCount > 1) parts.push(`${formatCount(sectionCount)} sections`);
  if (compression !== null) parts.push(compression);
  if (fileBytes > 0) parts.push(formatBytes(fileBytes));
  return parts.join(', ');
}

function describeWriter({ application, system, hardware }: SectionResult): string {
  const parts = [application, system === null ? null : `on ${system}`, hardware === null ? null : `(${hardware})`];
  return printable(parts.filter((part) => part !== null && part !== '').join(' '));
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function describePackets({ packetCount, interfaces, tcpSegmentCount, format }: CaptureInfo): string {
  if (format === null) return '';
  const captured = sum(interfaces.map((each) => each.capturedBytes));
  const wire = sum(interfaces.map((each) => each.wireBytes));
  const bytes = captured === wire ? formatBytes(wire) : `${formatBytes(captured)} captured of ${formatBytes(wire)}`;
  return `${formatCount(packetCount)} (${formatQuantity(tcpSegmentCount, 'TCP segment')}), ${bytes}`;
}

function describeTimes({ firstTime, lastTime }: CaptureInfo): string {
  if (firstTime === null || lastTime === null) return '';
  const span = formatDuration(secondsBetween(firstTime, lastTime));
  return `${formatClock(firstTime)} to ${formatClock(lastTime)} UTC, ${span}`;
}

/** `1 µs`, `10 ms`, `2^-20 s`. */
export function describeResolution(ticksPerSecond: number): string {
  const nanos = 1e9 / ticksPerSecond;
  if (!Number.isInteger(Math.log10(ticksPerSecond))) return `2^-${Math.log2(ticksPerSecond)} s`;
  if (nanos < 1) return `${nanos * 1000} ps`;
  if (nanos < 1e3) return `${nanos} ns`;
  if (nanos < 1e6) return `${nanos / 1e3} µs`;
  return nanos < 1e9 ? `${nanos / 1e6} ms` : '1 s';
}

function describeInterface(info: InterfaceResult): string {
  const names = [info.name, info.description].filter((text) => text !== null && text !== '').map((text) => `${text}`);
  const parts = [[...names.slice(0, 1), info.linkType].join(', '), ...names.slice(1)];
  parts.push(formatQuantity(info.packetCount, 'packet'));
  if (info.cutPacketCount > 0) parts.push(`${formatCount(info.cutPacketCount)} cut`);
  parts.push(info.snapLength === 0 ? 'no snap length' : `snap length ${formatCount(info.snapLength)}`);
  parts.push(`clock in ${describeResolution(info.ticksPerSecond)}`);
  if (info.offsetSeconds !== 0) parts.push(`offset ${info.offsetSeconds} s`);
  if (info.fcsBytes !== null) parts.push(`FCS of ${info.fcsBytes} bytes`);
  if (info.droppedCount !== null) {
    const of = info.receivedCount === null ? '' : ` of ${formatCount(info.receivedCount)}`;
    parts.push(`${formatCount(info.droppedCount)}${of} dropped`);
  }
  if (info.filter !== null) parts.push(`filter "${info.filter}"`);
  return printable(parts.join(', '));
}

function listCounts(counts: Readonly<Record<string, number>>): string {
  const sorted = Object.entries(counts).sort((a, b) => b[1] - a[1]);
  return sorted.map(([name, count]) => `${name} ${formatCount(count)}`).join(', ');
}

function describeProtocols({ tcpSegmentCount, skipped }: CaptureInfo): string {
  const counts = { ...(tcpSegmentCount > 0 ? { tcp: tcpSegmentCount } : {}), ...skipped };
  return listCounts(counts);
}

const MAX_NAMES = 4;

function describeNames({ names, nameCount }: CaptureInfo): string {
  const shown = names.slice(0, MAX_NAMES).map(({ address, name }) => `${address} is ${printable(name)}`);
  const rest = nameCount - shown.length;
  return shown.join(', ') + (rest > 0 ? ` and ${formatCount(rest)} more` : '');
}

function renderTogether(style: Style, { captures, connectionCount }: InfoDocument): string[] {
  const readable = captures.filter(({ format }) => format !== null);
  if (readable.length === 0) return [];
  const packets = sum(readable.map((capture) => capture.packetCount));
  const together = readable.length > 1 ? `${formatQuantity(readable.length, 'file')} together, ` : '';
  const text = `${together}${formatQuantity(packets, 'packet')}, ${formatQuantity(connectionCount, 'TCP connection')}`;
  return [style.heading(text)];
}

function renderConsequences(style: Style, consequences: readonly Consequence[]): string[] {
  const lines = [style.heading('What that means for the verdicts')];
  if (consequences.length === 0) lines.push(`  ${style.good('Nothing stands against them.')}`);
  for (const { severity, observation, meaning } of consequences) {
    const mark = style.severity[severity](style.glyphs.severity[severity]);
    lines.push(...wrapBehind(`  ${mark} `, observation, style.width));
    lines.push(...wrapBehind('    ', meaning, style.width).map(style.faint));
  }
  return lines;
}
