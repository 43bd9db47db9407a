/** Turns script packets into frames: fills in the numbers, options and IP fields that the script leaves out. */
import { TcpFlag } from '../wire/batch.ts';
import { ScenarioError } from './error.ts';
import type { FrameBase, IcmpFrame, TcpFrame } from './frame.ts';
import {
  type CopyScriptPacket,
  ICMP_ERRORS,
  type IcmpErrorName,
  type IcmpNumbers,
  type IcmpScriptPacket,
  type Modifiers,
  type ScriptNumber,
  type TcpScriptPacket,
} from './packet-script.ts';
import type { Scenario, ScriptEnd } from './scenario.ts';
import { encodeTcpOptions, parseSackRanges, parseTcpOptions, type TcpOptionSpec } from './tcp-options.ts';

/** Where and when a frame was captured. */
export interface Taken {
  /** Nanoseconds since the start of the script. */
  timeNanos: number;
  interfaceIndex: number;
  /** Captured bytes at most; 0 is no limit. */
  snapBytes: number;
}

/** A frame ready to be built. */
export type PlannedFrame = Taken &
  ({ kind: 'tcp'; frame: TcpFrame } | { kind: 'icmp'; frame: IcmpFrame } | { kind: 'tick'; frame: FrameBase });

/** What is remembered of an end while the script goes on. */
interface EndMemory {
  end: ScriptEnd;
  /** Highest sequence end sent; null before the first segment. */
  nxt: number | null;
  nextIpId: number;
  lastTsVal: number;
  /** Whether its SYN carried timestamps; null when no SYN was seen. */
  offersTimestamps: boolean | null;
}

const MAX_OPTION_BYTES = 40;
const NANOS_PER_MILLI = 1_000_000;
const TICK_SOURCE = '192.0.2.1';
const TICK_DESTINATION = '192.0.2.2';
const WINDOW_SYN = 64240;
const WINDOW_SYN_ACK = 65160;
const WINDOW_SCALED = 502;
const WINDOW_UNSCALED = 64240;

/** All frames of a scenario, in file order. */
export function planFrames(scenario: Scenario): PlannedFrame[] {
  const planner = new FramePlanner(scenario);
  for (const packet of scenario.packets) {
    if (packet.kind === 'tcp') planner.addSegment(packet);
    else if (packet.kind === 'icmp') planner.addIcmp(packet);
    else if (packet.kind === 'copy') planner.addCopy(packet);
    else planner.addTick(packet.timeNanos);
  }
  return planner.frames;
}

class FramePlanner {
  readonly frames: PlannedFrame[] = [];
  private readonly scenario: Scenario;
  private readonly memories = new Map<string, EndMemory>();

  constructor(scenario: Scenario) {
    this.scenario = scenario;
    for (const end of scenario.ends.values()) {
      this.memories.set(end.name, {
        end,
        nxt: null,
        nextIpId: end.firstIpId,
        lastTsVal: 0,
        offersTimestamps: null,
      });
    }
  }

  addTick(timeNanos: number): void {
    const frame = { source: TICK_SOURCE, destination: TICK_DESTINATION, ttl: 64, ipId: 1, vlans: [] };
    this.frames.push({ timeNanos, interfaceIndex: 0, snapBytes: 0, kind: 'tick', frame });
  }

  addSegment(packet: TcpScriptPacket): void {
    const from = this.memory(packet.from);
    const to = this.memory(packet.to);
    const { modifiers } = packet;
    const seq = resolveNumber(packet.seq, from.end.isn, from.nxt ?? from.end.isn);
    const hasAck = (packet.flags & TcpFlag.ACK) !== 0;
    const shown = to.nxt ?? to.end.isn;
    const ack = hasAck || packet.ack ? resolveNumber(packet.ack, to.end.isn, shown) : 0;
    const options = this.planOptions(packet, from, to);
    if (encodeTcpOptions(options).length > MAX_OPTION_BYTES) {
      throw scriptError(packet, `TCP options take more than ${MAX_OPTION_BYTES} bytes`, packet.options?.column);
    }
    const frame: TcpFrame = {
      source: from.end.address,
      destination: to.end.address,
      sourcePort: from.end.port,
      destinationPort: to.end.port,
      ttl: modifiers.ttl ?? from.end.ttl,
      ipId: modifiers.ipId ?? this.planIpId(packet, from),
      vlans: this.planVlans(modifiers),
      flags: packet.flags,
      seq,
      ack,
      window: modifiers.window ?? this.planWindow(packet),
      urgent: modifiers.urgent ?? 0,
      options,
      payloadBytes: packet.payloadBytes,
      badChecksum: modifiers.badChecksum ?? false,
      zeroIpLength: modifiers.zeroIpLength ?? false,
    };
    remember(from, packet.flags, (seq + packet.payloadBytes) >>> 0, options);
    this.frames.push({ ...this.planTaken(packet.timeNanos, modifiers), kind: 'tcp', frame });
  }

  addIcmp(packet: IcmpScriptPacket): void {
    const quoted = this.frames[packet.quotedIndex];
    const from = this.memory(packet.from);
    const { end } = from;
    const { modifiers } = packet;
    if (quoted.kind !== 'tcp') throw scriptError(packet, 'an ICMP error can only quote a TCP segment');
    const { type, code } = icmpNumbers(packet.error, end.address.includes(':'));
    const frame: IcmpFrame = {
      source: end.address,
      destination: this.memory(packet.to).end.address,
      ttl: modifiers.ttl ?? end.ttl,
      ipId: modifiers.ipId ?? from.nextIpId++ & 0xffff,
      vlans: this.planVlans(modifiers),
      type,
      code,
      quoted: quoted.frame,
    };
    this.frames.push({ ...this.planTaken(packet.timeNanos, modifiers), kind: 'icmp', frame });
  }

  addCopy(packet: CopyScriptPacket): void {
    const original = this.frames[packet.copiedIndex];
    const { modifiers } = packet;
    const taken = this.planTaken(packet.timeNanos, { interfaceIndex: original.interfaceIndex, ...modifiers });
    const changed = {
      ttl: modifiers.ttl ?? original.frame.ttl,
      ipId: modifiers.ipId ?? original.frame.ipId,
      vlans: modifiers.vlans ?? original.frame.vlans,
    };
    this.frames.push({ ...original, ...taken, frame: { ...original.frame, ...changed } } as PlannedFrame);
  }

  private memory(name: string): EndMemory {
    const memory = this.memories.get(name);
    if (!memory) throw new Error(`lastack bug: end '${name}' was not declared`);
    return memory;
  }

  private planTaken(timeNanos: number, modifiers: Modifiers): Taken {
    return {
      timeNanos,
      interfaceIndex: modifiers.interfaceIndex ?? 0,
      snapBytes: modifiers.snapBytes ?? this.scenario.settings.snapBytes,
    };
  }

  private planVlans(modifiers: Modifiers): number[] {
    const { vlan } = this.scenario.settings;
    return modifiers.vlans ?? (vlan === 0 ? [] : [vlan]);
  }

  /** Linux sends SYN-ACKs and resets that belong to no socket with identification 0. */
  private planIpId(packet: TcpScriptPacket, from: EndMemory): number {
    if (from.end.address.includes(':')) return 0;
    const { flags } = packet;
    const isSynAck = (flags & TcpFlag.SYN) !== 0 && (flags & TcpFlag.ACK) !== 0;
    if (isSynAck || isSocketlessReset(packet)) return 0;
    const ipId = from.nextIpId & 0xffff;
    from.nextIpId++;
    return ipId;
  }

  private planWindow(packet: TcpScriptPacket): number {
    if (isSocketlessReset(packet)) return 0;
    if (packet.flags & TcpFlag.SYN) return packet.flags & TcpFlag.ACK ? WINDOW_SYN_ACK : WINDOW_SYN;
    return this.scenario.settings.options === 'linux' ? WINDOW_SCALED : WINDOW_UNSCALED;
  }

  private planOptions(packet: TcpScriptPacket, from: EndMemory, to: EndMemory): TcpOptionSpec[] {
    const { modifiers } = packet;
    if (packet.options) {
      const options = parseTcpOptions(packet.options.text, to.end.isn);
      if ('bad' in options) {
        throw scriptError(packet, `'${options.bad}' is no TCP option`, packet.options.column);
      }
      return options;
    }
    const isSyn = (packet.flags & TcpFlag.SYN) !== 0;
    const options: TcpOptionSpec[] = [];
    const stamp: TcpOptionSpec = {
      kind: 'TS',
      val: modifiers.tsVal ?? (from.end.firstTsVal + Math.floor(packet.timeNanos / NANOS_PER_MILLI)) >>> 0,
      ecr: modifiers.tsEcr ?? (packet.flags & TcpFlag.ACK ? to.lastTsVal : 0),
    };
    const profile = this.scenario.settings.options;
    const stamps = profile === 'linux' && to.offersTimestamps !== false && from.offersTimestamps !== false;
    const stamped = (stamps && !isSocketlessReset(packet)) || modifiers.tsVal !== undefined;
    if (isSyn && profile !== 'none') {
      options.push({ kind: 'mss', bytes: 1460 });
      if (profile === 'linux') {
        options.push({ kind: 'sackOK' }, ...(stamped ? [stamp] : []), { kind: 'nop' }, { kind: 'wscale', shift: 7 });
      }
    } else if (stamped) options.push({ kind: 'nop' }, { kind: 'nop' }, stamp);
    const ranges = modifiers.sack ? parseSackRanges(modifiers.sack, to.end.isn) : null;
    if (ranges) options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'sack', ranges });
    return options;
  }
}

function icmpNumbers(error: IcmpErrorName | IcmpNumbers, isIpv6: boolean): IcmpNumbers {
  if (typeof error !== 'string') return error;
  const [type, code] = ICMP_ERRORS[error][isIpv6 ? 'v6' : 'v4'];
  return { type, code };
}

function resolveNumber(number: ScriptNumber | null, isn: number, automatic: number): number {
  if (number === null) return automatic;
  return (number.absolute ? number.value : isn + number.value) >>> 0;
}

/** A reset that the kernel sends without a socket: no ACK flag, or a refusal, whose sequence number is plain 0. */
function isSocketlessReset(packet: TcpScriptPacket): boolean {
  if ((packet.flags & TcpFlag.RST) === 0) return false;
  return (packet.flags & TcpFlag.ACK) === 0 || (packet.seq?.absolute === true && packet.seq.value === 0);
}

function remember(from: EndMemory, flags: number, payloadEnd: number, options: readonly TcpOptionSpec[]): void {
  const stamp = options.find((option) => option.kind === 'TS');
  if (flags & TcpFlag.RST) return;
  if (flags & TcpFlag.SYN) from.offersTimestamps = stamp !== undefined;
  if (stamp?.kind === 'TS') from.lastTsVal = stamp.val;
  const counted = (flags & TcpFlag.SYN ? 1 : 0) + (flags & TcpFlag.FIN ? 1 : 0);
  const end = (payloadEnd + counted) >>> 0;
  if (from.nxt === null || ((end - from.nxt) | 0) > 0) from.nxt = end;
}

function scriptError(packet: { source: { path: string; line: number } }, message: string, column = 1): ScenarioError {
  return new ScenarioError(message, { path: packet.source.path, line: packet.source.line, column });
}
