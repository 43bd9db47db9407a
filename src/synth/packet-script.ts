/**
 * One line of a packet script, after packetdrill:
 *
 *     TIME FROM > TO FLAGS SEQ [ack N] [win N] [modifiers] [<options>]   | labels | CLIENT_STATE SERVER_STATE
 *     TIME FROM > TO icmp host-unreachable [of N] [modifiers]            an ICMP error that quotes frame N; also icmp 3/9
 *     TIME dup [N] [modifiers]                                           the bytes of frame N (last) once more
 *     TIME tick                                                          other traffic: the capture still runs
 *
 * TIME is `+.010` (seconds after the frame above; `-.010` before it) or `0.250` (since the start). FLAGS are letters
 * of `SFRP.UEWN`, `-` for none. SEQ is `1:101(100)`, `101` (no payload) or `(100)` (from the sender's next number);
 * left out, it is the sender's next number. Numbers are relative to the ISN of the end they belong to; `=7` is absolute.
 * Without `ack`, a segment with `.` acknowledges all that the script has shown of the other end.
 * Modifiers: `win urg ttl id vlan if snap tsval tsecr` with a number, `sack 201:301,401:501`, `bad-checksum`, `tso`.
 * A state is NAME (proven), NAME? (assumed), NAME~ (by timer), NAME* (any basis) or `-` (not checked).
 */
import { NANOS_PER_SECOND } from '../base/time.ts';
import { TcpFlag } from '../wire/batch.ts';
import { Cursor, type SourceLine, tokenize } from './line.ts';
import type { ScriptEnd } from './scenario.ts';

/** A sequence or acknowledgment number as written. */
export interface ScriptNumber {
  value: number;
  /** Not relative to an ISN. */
  absolute: boolean;
}

export type ExpectedBasis = 'proven' | 'assumed' | 'timer' | 'any';

/** A state that a script expects, with how sure it must be. */
export interface ExpectedState {
  state: string;
  basis: ExpectedBasis;
}

/** What must hold for a frame; null is not checked. */
export interface FrameExpectation {
  labels: string[] | null;
  client: ExpectedState | null;
  server: ExpectedState | null;
}

/** What a line says beyond addresses, flags and numbers; absent is automatic. */
export interface Modifiers {
  window?: number;
  urgent?: number;
  ttl?: number;
  ipId?: number;
  vlans?: number[];
  interfaceIndex?: number;
  snapBytes?: number;
  tsVal?: number;
  tsEcr?: number;
  /** Ranges as written, relative to the receiver's ISN. */
  sack?: string[];
  badChecksum?: boolean;
  zeroIpLength?: boolean;
}

interface ScriptPacketBase {
  source: SourceLine;
  /** Nanoseconds since the start of the script. */
  timeNanos: number;
  expect: FrameExpectation;
}

export interface TcpScriptPacket extends ScriptPacketBase {
  kind: 'tcp';
  from: string;
  to: string;
  /** `TcpFlag` bits. */
  flags: number;
  /** null is the sender's next number. */
  seq: ScriptNumber | null;
  payloadBytes: number;
  /** null is all that was seen of the other end. */
  ack: ScriptNumber | null;
  /** `<...>` as written; null is automatic. */
  options: { text: string; column: number } | null;
  modifiers: Modifiers;
}

export interface IcmpScriptPacket extends ScriptPacketBase {
  kind: 'icmp';
  from: string;
  to: string;
  error: IcmpErrorName | IcmpNumbers;
  /** Index of the packet that is quoted. */
  quotedIndex: number;
  modifiers: Modifiers;
}

export interface CopyScriptPacket extends ScriptPacketBase {
  kind: 'copy';
  /** Index of the packet that is repeated. */
  copiedIndex: number;
  modifiers: Modifiers;
}

export interface TickScriptPacket extends ScriptPacketBase {
  kind: 'tick';
}

export type ScriptPacket = TcpScriptPacket | IcmpScriptPacket | CopyScriptPacket | TickScriptPacket;

/** ICMP errors by name: [type, code] of RFC 792 / 1812 and of RFC 4443. */
export const ICMP_ERRORS = {
  'net-unreachable': { v4: [3, 0], v6: [1, 0] },
  'host-unreachable': { v4: [3, 1], v6: [1, 3] },
  'port-unreachable': { v4: [3, 3], v6: [1, 4] },
  'too-big': { v4: [3, 4], v6: [2, 0] },
  'admin-prohibited': { v4: [3, 13], v6: [1, 1] },
  'ttl-exceeded': { v4: [11, 0], v6: [3, 0] },
} as const;

export type IcmpErrorName = keyof typeof ICMP_ERRORS;

/** An ICMP error that has no name here, written `3/9`. */
export interface IcmpNumbers {
  type: number;
  code: number;
}

/** Flag letters in the order in which they are printed. */
export const FLAG_LETTERS: readonly (readonly [string, number])[] = [
  ['S', TcpFlag.SYN],
  ['F', TcpFlag.FIN],
  ['R', TcpFlag.RST],
  ['P', TcpFlag.PSH],
  ['U', TcpFlag.URG],
  ['E', TcpFlag.ECE],
  ['W', TcpFlag.CWR],
  ['N', TcpFlag.NS],
  ['.', TcpFlag.ACK],
];

const MAX_UINT16 = 0xffff;
/** 65,535 less the longest headers. */
const MAX_PAYLOAD_BYTES = 65_415;
const MAX_UINT32 = 0xffffffff;
const SEQUENCE = /^(=?)(-?\d+)(?::(-?\d+)\((\d+)\))?$/;
const BASIS_BY_SUFFIX: Record<string, ExpectedBasis> = { '': 'proven', '?': 'assumed', '~': 'timer', '*': 'any' };

/** Reads `ESTABLISHED?`; null for `-`. Throws at the cursor when the state is none of `states`. */
export function parseExpectedState(cursor: Cursor, states: readonly string[] | undefined): ExpectedState | null {
  const text = cursor.take('a state');
  if (text === '-') return null;
  const match = /^([A-Z][A-Z_0-9]*)([?~*]?)$/.exec(text);
  if (!match || (states && !states.includes(match[1]))) throw cursor.failLast(`'${text}' is no state`);
  return { state: match[1], basis: BASIS_BY_SUFFIX[match[2]] };
}

/** Reads the lines of all `packets` blocks of one file, in order. */
export class PacketScriptParser {
  readonly packets: ScriptPacket[] = [];
  private readonly ends: Map<string, ScriptEnd>;
  private readonly vocabulary: { labels?: readonly string[]; states?: readonly string[] };
  private timeNanos = 0;

  constructor(ends: Map<string, ScriptEnd>, vocabulary: { labels?: readonly string[]; states?: readonly string[] }) {
    this.ends = ends;
    this.vocabulary = vocabulary;
  }

  parseLine(source: SourceLine): void {
    const cells = splitCells(source);
    const cursor = new Cursor(source, tokenize(cells[0].text, cells[0].column));
    this.timeNanos = this.parseTime(cursor);
    const base = { source, timeNanos: this.timeNanos, expect: this.parseFrameExpectation(source, cells) };
    this.packets.push(this.parsePacket(cursor, base));
    if (!cursor.done) throw cursor.fail(`unexpected '${cursor.peek()}'`);
  }

  private parseTime(cursor: Cursor): number {
    const text = cursor.take('a time');
    const match = /^([+-]?)(\d{0,8})(?:\.(\d{1,9}))?$/.exec(text);
    if (!match || (match[2] === '' && match[3] === undefined)) {
      throw cursor.failLast(`time must be +SECONDS after the frame above or SECONDS since the start, not '${text}'`);
    }
    const nanos = Number(match[2] || '0') * NANOS_PER_SECOND + Number((match[3] ?? '').padEnd(9, '0'));
    if (match[1] === '') return nanos;
    return match[1] === '+' ? this.timeNanos + nanos : this.timeNanos - nanos;
  }

  private parsePacket(cursor: Cursor, base: ScriptPacketBase): ScriptPacket {
    if (cursor.peek() === 'tick') {
      cursor.take('tick');
      return { ...base, kind: 'tick' };
    }
    if (cursor.peek() === 'dup') {
      cursor.take('dup');
      const copiedIndex = this.takeFrame(cursor, /^\d+$/.test(cursor.peek()));
      return { ...base, kind: 'copy', copiedIndex, modifiers: this.parseModifiers(cursor) };
    }
    const from = this.takeEnd(cursor);
    if (cursor.take("'>'") !== '>') throw cursor.failLast("expected '>' between sender and receiver");
    const to = this.takeEnd(cursor);
    if (cursor.peek() === 'icmp') return this.parseIcmp(cursor, base, from, to);
    return this.parseTcp(cursor, base, from, to);
  }

  private takeEnd(cursor: Cursor): string {
    const name = cursor.take('the name of an end');
    if (!this.ends.has(name))
      throw cursor.failLast(`no end is called '${name}' (ends: ${[...this.ends.keys()].join(' ')})`);
    return name;
  }

  /** Index of the frame that a number names, or of the last one that is not a tick. */
  private takeFrame(cursor: Cursor, isNumbered: boolean): number {
    let index = this.packets.length - 1;
    if (isNumbered) index = cursor.takeNumber('a frame above', this.packets.length) - 1;
    else while (index >= 0 && this.packets[index].kind === 'tick') index--;
    if (index < 0) throw cursor.failLast('there is no frame above to copy or quote');
    return index;
  }

  private parseIcmp(cursor: Cursor, base: ScriptPacketBase, from: string, to: string): IcmpScriptPacket {
    cursor.take('icmp');
    const error = parseIcmpError(cursor);
    const isNumbered = cursor.peek() === 'of';
    if (isNumbered) cursor.take('of');
    const quotedIndex = this.takeFrame(cursor, isNumbered);
    if (this.packets[quotedIndex].kind !== 'tcp') throw cursor.failLast('an ICMP error can only quote a TCP segment');
    return { ...base, kind: 'icmp', from, to, error, quotedIndex, modifiers: this.parseModifiers(cursor) };
  }

  private parseTcp(cursor: Cursor, base: ScriptPacketBase, from: string, to: string): TcpScriptPacket {
    const packet: TcpScriptPacket = {
      ...base,
      kind: 'tcp',
      from,
      to,
      flags: parseFlags(cursor),
      seq: null,
      payloadBytes: 0,
      ack: null,
      options: null,
      modifiers: {},
    };
    parseSequence(cursor, packet);
    if (packet.payloadBytes > MAX_PAYLOAD_BYTES) {
      throw cursor.failLast(`more than ${MAX_PAYLOAD_BYTES} bytes do not fit into one IP packet`);
    }
    if (cursor.peek() === 'ack') {
      cursor.take('ack');
      packet.ack = parseNumber(cursor, 'an acknowledgment number');
    }
    packet.modifiers = this.parseModifiers(cursor);
    if (cursor.peek().startsWith('<')) {
      const text = cursor.take('options');
      packet.options = { text, column: base.source.text.indexOf(text) + 1 };
    }
    return packet;
  }

  private parseModifiers(cursor: Cursor): Modifiers {
    const modifiers: Modifiers = {};
    while (!cursor.done && !cursor.peek().startsWith('<')) parseModifier(cursor, modifiers);
    return modifiers;
  }

  private parseFrameExpectation(source: SourceLine, cells: Cell[]): FrameExpectation {
    const labels = cells.length > 1 ? this.parseLabels(source, cells[1]) : null;
    if (cells.length < 3) return { labels, client: null, server: null };
    const cursor = new Cursor(source, tokenize(cells[2].text, cells[2].column));
    const client = parseExpectedState(cursor, this.vocabulary.states);
    const server = parseExpectedState(cursor, this.vocabulary.states);
    if (!cursor.done) throw cursor.fail('expected two states: client, server');
    return { labels, client, server };
  }

  private parseLabels(source: SourceLine, cell: Cell): string[] | null {
    const cursor = new Cursor(source, tokenize(cell.text, cell.column));
    if (cursor.peek() === '-') return null;
    const labels: string[] = [];
    while (!cursor.done) {
      const label = cursor.take('a label');
      if (this.vocabulary.labels && !this.vocabulary.labels.includes(label)) {
        throw cursor.failLast(`'${label}' is no label`);
      }
      labels.push(label);
    }
    if (labels.length === 0) throw cursor.fail("expected labels, or '-' for not checked");
    return labels;
  }
}

interface Cell {
  text: string;
  column: number;
}

function splitCells(source: SourceLine): Cell[] {
  const cells: Cell[] = [];
  let column = 1;
  for (const text of source.text.split('|')) {
    cells.push({ text, column });
    column += text.length + 1;
  }
  if (cells.length > 3) {
    const cursor = new Cursor(source, tokenize(cells[3].text || 'x', cells[3].column));
    throw cursor.fail('more than three columns: packet | labels | states');
  }
  return cells;
}

function parseIcmpError(cursor: Cursor): IcmpErrorName | IcmpNumbers {
  const error = cursor.take('the name of an ICMP error');
  if (error in ICMP_ERRORS) return error as IcmpErrorName;
  const numbers = /^(\d{1,3})\/(\d{1,3})$/.exec(error);
  if (numbers === null || Number(numbers[1]) > 255 || Number(numbers[2]) > 255) {
    const names = Object.keys(ICMP_ERRORS).join(' ');
    throw cursor.failLast(`no ICMP error is called '${error}' (${names}, or TYPE/CODE)`);
  }
  return { type: Number(numbers[1]), code: Number(numbers[2]) };
}

function parseFlags(cursor: Cursor): number {
  const text = cursor.take('flags');
  if (text === '-') return 0;
  let flags = 0;
  for (const letter of text) {
    const flag = FLAG_LETTERS.find(([name]) => name === letter);
    if (!flag) throw cursor.failLast(`'${text}' are no flags: letters of SFRP.UEWN, or '-' for none`);
    flags |= flag[1];
  }
  return flags;
}

function parseNumber(cursor: Cursor, what: string): ScriptNumber {
  const text = cursor.take(what);
  const match = /^(=?)(-?\d+)$/.exec(text);
  if (!match) throw cursor.failLast(`${what} must be a whole number, not '${text}'`);
  return { value: Number(match[2]), absolute: match[1] === '=' };
}

function parseSequence(cursor: Cursor, packet: TcpScriptPacket): void {
  const next = cursor.peek();
  const automatic = /^\((\d+)\)$/.exec(next);
  if (automatic) {
    cursor.take('a length');
    packet.payloadBytes = Number(automatic[1]);
    return;
  }
  const match = SEQUENCE.exec(next);
  if (!match) return;
  cursor.take('a sequence number');
  packet.seq = { value: Number(match[2]), absolute: match[1] === '=' };
  if (match[3] === undefined) return;
  packet.payloadBytes = Number(match[4]);
  if ((Number(match[3]) - Number(match[2])) >>> 0 !== packet.payloadBytes) {
    throw cursor.failLast(`'${next}' does not add up: ${match[2]} to ${match[3]} are not ${match[4]} bytes`);
  }
}

function parseModifier(cursor: Cursor, modifiers: Modifiers): void {
  const word = cursor.take('a modifier');
  if (word === 'win') modifiers.window = cursor.takeNumber('win', MAX_UINT16);
  else if (word === 'urg') modifiers.urgent = cursor.takeNumber('urg', MAX_UINT16);
  else if (word === 'ttl') modifiers.ttl = cursor.takeNumber('ttl', 255);
  else if (word === 'id') modifiers.ipId = cursor.takeNumber('id', MAX_UINT16);
  else if (word === 'vlan') modifiers.vlans = [...(modifiers.vlans ?? []), cursor.takeNumber('vlan', 4094)];
  else if (word === 'if') modifiers.interfaceIndex = cursor.takeNumber('if', 255);
  else if (word === 'snap') modifiers.snapBytes = cursor.takeNumber('snap', 262144);
  else if (word === 'tsval') modifiers.tsVal = cursor.takeNumber('tsval', MAX_UINT32);
  else if (word === 'tsecr') modifiers.tsEcr = cursor.takeNumber('tsecr', MAX_UINT32);
  else if (word === 'bad-checksum') modifiers.badChecksum = true;
  else if (word === 'tso') modifiers.zeroIpLength = true;
  else if (word === 'sack') {
    modifiers.sack = cursor.take('ranges').split(',');
    if (modifiers.sack.length > 4 || !modifiers.sack.every((range) => /^-?\d+:-?\d+$/.test(range))) {
      throw cursor.failLast('sack needs one to four ranges: 201:301,401:501');
    }
  } else throw cursor.failLast(`unknown modifier '${word}'`);
}
