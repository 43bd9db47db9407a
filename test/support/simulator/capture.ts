import { buildTcpFrame, buildTickFrame } from '../../../src/synth/frame.ts';
import { DEFAULT_PCAP_STYLE, encodePcapHeader, encodePcapRecord } from '../../../src/synth/pcap-writer.ts';
import type { TcpOptionSpec } from '../../../src/synth/tcp-options.ts';
import { SECOND } from './clock.ts';
import type { TapRecord } from './network.ts';
import { ACK, type SimSegment } from './segment.ts';
import type { Simulation } from './simulate.ts';

/** Runs on tuples of their own, merged into one capture. */
export interface SimulatedCapture {
  /** Classic pcap, nanoseconds, Ethernet. */
  bytes: Uint8Array;
  /** Frame n of the file is `frames[n - 1]`; the last frame belongs to no run. */
  frames: { run: number; record: TapRecord; timeNanos: number }[];
  /** Client port of each run. */
  ports: number[];
}

export const CLIENT_ADDRESSES = ['192.0.2.10', '2001:db8::10'];
const SERVER_ADDRESSES = ['198.51.100.20', '2001:db8::20'];
const FIRST_PORT = 20_000;
const SERVER_PORT = 443;
const EPOCH_SECONDS = 1_790_000_000;
/** Long enough for headers, short enough to be quick. */
const SNAP_BYTES = 128;
/** The capture goes on so long after the last segment, so that silence proves something. */
const TAIL_NANOS = 400 * SECOND;
/** A forwarding host that captures on both of its sides shows every packet twice, this much apart. */
const DUPLICATE_NANOS = 15_000;
const SERVER_TTL = 60;
const CLIENT_TTL = 61;

/** Writes what the tap saw of several runs, each started `startNanos[run]` later. */
export function captureRuns(runs: readonly Simulation[], startNanos: readonly number[] = []): SimulatedCapture {
  const frames = runs.flatMap((simulation, run) =>
    simulation.tap.flatMap((record) => {
      const frame = { run, record, timeNanos: Math.floor(record.timeNanos + (startNanos[run] ?? 0)), hops: 0 };
      const again = { ...frame, timeNanos: frame.timeNanos + DUPLICATE_NANOS, hops: 1 };
      return simulation.plan.capturedTwice ? [frame, again] : [frame];
    }),
  );
  frames.sort((a, b) => a.timeNanos - b.timeNanos);
  const ports = runs.map((_, run) => FIRST_PORT + run);
  const parts = [encodePcapHeader({ ...DEFAULT_PCAP_STYLE, snapLengthBytes: SNAP_BYTES })];
  for (const { run, record, timeNanos, hops } of frames) {
    parts.push(encodeAt(timeNanos, encodeSegment(record.segment, runs[run].plan.ipv6, ports[run], hops)));
  }
  const tick = { source: CLIENT_ADDRESSES[0], destination: SERVER_ADDRESSES[0], ttl: 64, ipId: 1, vlans: [] };
  parts.push(encodeAt((frames.at(-1)?.timeNanos ?? 0) + TAIL_NANOS, buildTickFrame(tick)));
  return { bytes: concatenate(parts), frames, ports };
}

function encodeAt(timeNanos: number, bytes: Uint8Array): Uint8Array {
  const seconds = Math.floor(timeNanos / SECOND);
  return encodePcapRecord({
    seconds: EPOCH_SECONDS + seconds,
    nanos: timeNanos - seconds * SECOND,
    bytes: bytes.subarray(0, SNAP_BYTES),
    originalBytes: bytes.length,
  });
}

function encodeSegment(segment: SimSegment, ipv6: boolean, clientPort: number, hops: number): Uint8Array {
  const fromClient = segment.from === 'client';
  const client = CLIENT_ADDRESSES[ipv6 ? 1 : 0];
  const server = SERVER_ADDRESSES[ipv6 ? 1 : 0];
  return buildTcpFrame({
    source: fromClient ? client : server,
    destination: fromClient ? server : client,
    ttl: (fromClient ? CLIENT_TTL : SERVER_TTL) - hops,
    ipId: segment.ipId,
    vlans: [],
    sourcePort: fromClient ? clientPort : SERVER_PORT,
    destinationPort: fromClient ? SERVER_PORT : clientPort,
    flags: segment.flags,
    seq: segment.seq,
    ack: segment.flags & ACK ? segment.ack : 0,
    window: segment.window,
    urgent: 0,
    options: optionsOf(segment),
    payloadBytes: segment.payloadBytes,
    badChecksum: false,
    zeroIpLength: false,
  });
}

function optionsOf(segment: SimSegment): TcpOptionSpec[] {
  const options: TcpOptionSpec[] = [];
  if (segment.mss !== null) options.push({ kind: 'mss', bytes: segment.mss });
  if (segment.sackPermitted) options.push({ kind: 'sackOK' });
  if (segment.timestamps !== null) {
    options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'TS', ...segment.timestamps });
  }
  if (segment.windowScale !== null) options.push({ kind: 'nop' }, { kind: 'wscale', shift: segment.windowScale });
  if (segment.sack.length > 0) {
    const ranges = segment.sack.map(([start, end]) => ({ start, end }));
    options.push({ kind: 'nop' }, { kind: 'nop' }, { kind: 'sack', ranges });
  }
  return options;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
