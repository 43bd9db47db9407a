/** A connection of a capture, told as a scenario: who the ends are, what passed, and what lastack makes of it. */
import { basename } from 'node:path';
import type { ConnectionResult, StateEntry } from '../report/result.ts';
import type { TcpFrame } from '../synth/frame.ts';
import { type PrintedFrame, printScenario } from '../synth/print.ts';
import type { ScriptEnd } from '../synth/scenario.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { FoundFrame, FoundFrames } from './frames.ts';

/** What the scenario says beside the frames. */
export interface TranscriptOptions {
  /** Where the connection was captured. */
  paths: readonly string[];
  /** Settings that the analysis had beside the defaults, by the names of scenario files. */
  analysis: ReadonlyMap<string, number>;
}

/** The text of a scenario file; reading it and writing its capture gives the frames of the connection again. */
export function tellScenario(connection: ConnectionResult, found: FoundFrames, options: TranscriptOptions): string {
  const segments = new Map(connection.segments?.map((segment) => [segment.frame, segment]));
  const frames: PrintedFrame[] = [];
  const lineOf = new Map<FoundFrame, number>();
  for (const each of found.frames) {
    lineOf.set(each, frames.length + 1);
    const { number, ...taken } = each;
    if (taken.kind === 'tcp') {
      const segment = segments.get(number);
      const labels = segment?.labels.join(' ') ?? '';
      const states = segment === undefined ? '' : `${segment.clientState}* ${segment.serverState}*`;
      frames.push({ ...taken, labels, states });
    } else {
      const quotedNumber = lineOf.get(quotedFrame(found.frames, each)) ?? 1;
      frames.push({ ...taken, frame: { ...taken.frame, quotedNumber } });
    }
  }
  const lastNanos = frames.reduce((latest, frame) => Math.max(latest, frame.timeNanos), Number.NEGATIVE_INFINITY);
  if (found.lastNanos > lastNanos) {
    frames.push({ kind: 'tick', timeNanos: found.lastNanos, interfaceIndex: 0, snapBytes: 0 });
  }
  return printScenario({
    title: titleOf(connection),
    prose: proseOf(connection, options),
    startSeconds: found.startSeconds,
    ends: endsOf(connection, found.frames),
    settings: [...options.analysis].map(([name, value]) => `analysis ${name} ${value}`),
    frames,
    expectations: expectationsOf(connection),
  });
}

function titleOf({ client, server, outcome }: ConnectionResult): string {
  return `${client.address} port ${client.port} to ${server.address} port ${server.port}: ${outcome}`;
}

function proseOf({ id }: ConnectionResult, { paths }: TranscriptOptions): string {
  const files = paths.map((path) => basename(path).replace(/[\p{Cc}`]/gu, '?')).join(', ');
  return [
    `Connection ${id} of ${files}. Payload, link layer, IP options and what else a scenario`,
    'cannot say are not kept; other traffic is a `tick` at the end.',
  ].join('\n');
}

function quotedFrame(frames: readonly FoundFrame[], error: FoundFrame): FoundFrame {
  const before = frames.slice(0, frames.indexOf(error));
  const quoted = before.findLast(
    (each) => error.kind === 'icmp' && each.kind === 'tcp' && each.frame.seq === error.frame.seq,
  );
  return quoted ?? frames[0];
}

function endsOf(connection: ConnectionResult, frames: readonly FoundFrame[]): ScriptEnd[] {
  const segments = frames.flatMap((each) => (each.kind === 'tcp' ? [each.frame] : []));
  const ends = [describeEnd('C', connection.client, segments), describeEnd('S', connection.server, segments)];
  for (const each of frames) {
    if (each.kind !== 'icmp' || ends.some((end) => end.address === each.frame.source)) continue;
    const name = `R${ends.length - 1}`;
    const { source: address, ttl, ipId } = each.frame;
    ends.push({ name, address, port: 0, isn: 0, ttl, firstIpId: ipId, firstTsVal: 0 });
  }
  return ends;
}

function describeEnd(name: string, place: { address: string; port: number }, segments: readonly TcpFrame[]): ScriptEnd {
  const { address, port } = place;
  const own = segments.filter((frame) => frame.source === address && frame.sourcePort === port);
  const stamp = own[0]?.options.find((option) => option.kind === 'TS');
  return {
    name,
    address,
    port,
    isn: findIsn(own, segments),
    ttl: own[0]?.ttl ?? 64,
    firstIpId: own[0]?.ipId ?? 0,
    firstTsVal: stamp?.kind === 'TS' ? stamp.val : 0,
  };
}

/** The number of the SYN, else the one before the first number that was sent, or acknowledged by the other end. */
function findIsn(own: readonly TcpFrame[], all: readonly TcpFrame[]): number {
  const syn = own.find((frame) => (frame.flags & TcpFlag.SYN) !== 0);
  if (syn !== undefined) return syn.seq;
  if (own.length > 0) return (own[0].seq - 1) >>> 0;
  const acknowledging = all.find((frame) => (frame.flags & TcpFlag.ACK) !== 0);
  return acknowledging === undefined ? 0 : (acknowledging.ack - 1) >>> 0;
}

function expectationsOf(connection: ConnectionResult): string[] {
  const { outcome, certainty, undeterminedBecause, closedFirst, closeStyle, resetBy, endpoints } = connection;
  const codes = [...new Set(connection.findings.map((finding) => finding.code))];
  return [
    `outcome: ${outcome}`,
    `certainty: ${certainty}`,
    `because: ${undeterminedBecause ?? '-'}`,
    `closed-first: ${closedFirst ?? '-'}`,
    `close-style: ${closeStyle}`,
    `reset-by: ${resetBy ?? '-'}`,
    `client: ${tellPath(endpoints.client.stateHistory)}`,
    `server: ${tellPath(endpoints.server.stateHistory)}`,
    ...(codes.length === 0 ? [] : [`findings: ${codes.join(' ')}`]),
  ];
}

const BASIS_SUFFIX = { proven: '', assumed: '?', timer: '~' } as const;

function tellPath(history: readonly StateEntry[]): string {
  const standing = history.filter((entry) => entry.withdrawn === undefined);
  return standing.map((entry) => `${entry.state}${BASIS_SUFFIX[entry.basis]}`).join(' ') || '-';
}
