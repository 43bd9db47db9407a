/**
 * Scenario files: a packet exchange told in Markdown.
 *
 *     # Title                     the first heading
 *     prose ...
 *     ```settings                 optional; who the ends are
 *     C 10.0.0.1:40000 isn 1000
 *     ```
 *     ```packets                  one line a frame, see packet-script.ts
 *     +.000 C > S S 0:0(0)        | syn | SYN_SENT LISTEN?
 *     ```
 *     ```expect                   what holds at the end, see expectation.ts
 *     outcome: unanswered
 *     ```
 *
 * Other fenced blocks are prose. Several `packets` blocks run on; `expect N` is about the Nth connection.
 */
import { type Endpoint, formatEndpoint, parseEndpoint } from './address.ts';
import { ScenarioError } from './error.ts';
import { type Expectation, parseExpectation } from './expectation.ts';
import { Cursor, type SourceLine, tokenize, withoutComment } from './line.ts';
import { PacketScriptParser, type ScriptPacket } from './packet-script.ts';

/** One named end of a script; two ends may share an address and port (a later incarnation, a spoofer). */
export interface ScriptEnd extends Endpoint {
  name: string;
  /** Initial sequence number: relative 0. */
  isn: number;
  ttl: number;
  /** IPv4 identification of the first packet; the next ones count up. */
  firstIpId: number;
  /** Timestamp clock at time 0; it counts milliseconds. */
  firstTsVal: number;
}

/** Which options segments get when the script names none: those of Linux with timestamps, or an MSS on SYNs only. */
export type OptionProfile = 'linux' | 'plain' | 'none';

export interface ScenarioSettings {
  /** Seconds since 1970 at time 0 of the script. */
  startSeconds: number;
  options: OptionProfile;
  /** Frames are cut to this many bytes; 0 is no limit. */
  snapBytes: number;
  /** 802.1Q tag of every frame; 0 is none. */
  vlan: number;
  /** Options for the analysis, by their command-line names. */
  analysis: Map<string, number>;
}

export interface Scenario {
  path: string;
  title: string;
  settings: ScenarioSettings;
  ends: Map<string, ScriptEnd>;
  packets: ScriptPacket[];
  expectations: Expectation[];
}

export interface ParseOptions {
  /** Name of the file for error messages. */
  path?: string;
  /** Labels that a script may expect; any when absent. */
  labels?: readonly string[];
  /** States that a script may expect; any when absent. */
  states?: readonly string[];
}

/** 2026-01-01T00:00:00Z. */
export const DEFAULT_START_SECONDS = 1767225600;

const CLIENT: ScriptEnd = {
  name: 'C',
  address: '10.0.0.1',
  port: 40000,
  isn: 1000,
  ttl: 64,
  firstIpId: 1000,
  firstTsVal: 100000,
};
const SERVER: ScriptEnd = {
  name: 'S',
  address: '10.0.0.2',
  port: 80,
  isn: 5000,
  ttl: 64,
  firstIpId: 20000,
  firstTsVal: 700000,
};
const MAX_UINT32 = 0xffffffff;

interface Block {
  /** Words behind the opening fence. */
  info: string[];
  opening: SourceLine;
  lines: SourceLine[];
}

/** Reads a scenario file; throws `ScenarioError` with line and column. */
export function parseScenario(text: string, options: ParseOptions = {}): Scenario {
  const path = options.path ?? '-';
  const { title, blocks } = splitBlocks(text, path);
  const settings: ScenarioSettings = {
    startSeconds: DEFAULT_START_SECONDS,
    options: 'linux',
    snapBytes: 0,
    vlan: 0,
    analysis: new Map(),
  };
  const ends = new Map([CLIENT, SERVER].map((end) => [end.name, { ...end }]));
  for (const block of blocks) {
    if (block.info[0] === 'settings') for (const line of block.lines) parseSetting(line, settings, ends);
  }
  const script = new PacketScriptParser(ends, options);
  const expectations: Expectation[] = [];
  for (const block of blocks) {
    if (block.info[0] === 'packets') for (const line of block.lines) script.parseLine(line);
    if (block.info[0] === 'expect') expectations.push(parseExpectation(block, options));
  }
  if (script.packets.length === 0) {
    throw new ScenarioError('no packets: a scenario needs a fenced block that opens with ```packets', {
      path,
      line: text.split('\n').length,
      column: 1,
    });
  }
  return { path, title, settings, ends, packets: script.packets, expectations };
}

function splitBlocks(text: string, path: string): { title: string; blocks: Block[] } {
  let title = '';
  const blocks: Block[] = [];
  let open: Block | null = null;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const source = { path, line: index + 1, text: raw };
    if (/^```/.test(raw)) {
      if (open) open = null;
      else {
        open = { info: raw.slice(3).trim().split(/\s+/), opening: source, lines: [] };
        blocks.push(open);
      }
    } else if (open) {
      if (withoutComment(raw).trim() !== '') open.lines.push({ ...source, text: withoutComment(raw) });
    } else if (title === '' && raw.startsWith('# ')) title = raw.slice(2).trim();
  }
  if (open) throw new ScenarioError('fence is never closed', { path, line: open.opening.line, column: 1 });
  if (title === '') throw new ScenarioError("no title: the file needs a heading '# ...'", { path, line: 1, column: 1 });
  return { title, blocks };
}

function parseSetting(line: SourceLine, settings: ScenarioSettings, ends: Map<string, ScriptEnd>): void {
  const cursor = new Cursor(line, tokenize(line.text));
  const key = cursor.take('a setting');
  if (/^[A-Z]/.test(key)) parseEnd(key, cursor, ends);
  else if (key === 'start') settings.startSeconds = cursor.takeNumber('seconds since 1970', MAX_UINT32);
  else if (key === 'snap') settings.snapBytes = cursor.takeNumber('snap length', 262144);
  else if (key === 'vlan') settings.vlan = cursor.takeNumber('VLAN identifier', 4094);
  else if (key === 'analysis') {
    const name = cursor.take('the name of an analysis option');
    settings.analysis.set(name, cursor.takeNumber(name, Number.MAX_SAFE_INTEGER));
  } else if (key === 'options') {
    const profile = cursor.take('linux, plain or none');
    if (profile !== 'linux' && profile !== 'plain' && profile !== 'none') {
      throw cursor.failLast(`options are linux, plain or none, not '${profile}'`);
    }
    settings.options = profile;
  } else throw cursor.failLast(`unknown setting '${key}' (the names of ends begin with a capital letter)`);
  if (!cursor.done) throw cursor.fail(`unexpected '${cursor.peek()}'`);
}

function parseEnd(name: string, cursor: Cursor, ends: Map<string, ScriptEnd>): void {
  const end = ends.get(name) ?? { ...(/^S/.test(name) ? SERVER : CLIENT), name };
  while (!cursor.done) {
    const word = cursor.take('a property of the end');
    if (word === 'isn') end.isn = cursor.takeNumber('isn', MAX_UINT32);
    else if (word === 'ttl') end.ttl = cursor.takeNumber('ttl', 255);
    else if (word === 'id') end.firstIpId = cursor.takeNumber('id', 0xffff);
    else if (word === 'tsval') end.firstTsVal = cursor.takeNumber('tsval', MAX_UINT32);
    else {
      const endpoint = parseEndpoint(word);
      if (!endpoint) throw cursor.failLast(`'${word}' is neither an address and port nor isn, ttl, id or tsval`);
      Object.assign(end, endpoint);
    }
  }
  ends.set(name, end);
}

/** The settings line that defines an end. */
export function formatEnd(end: ScriptEnd): string {
  return `${end.name} ${formatEndpoint(end)} isn ${end.isn} ttl ${end.ttl} id ${end.firstIpId} tsval ${end.firstTsVal}`;
}
