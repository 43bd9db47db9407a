/** Compares two points: what was lost, doubled, reordered and changed between them, how long it took, and what is true of each end. */
import { NANOS_PER_SECOND } from '../base/time.ts';
import type { End, Outcome } from '../flow/vocabulary.ts';
import type { ConnectionResult } from '../report/result.ts';
import {
  type ConnectionPair,
  type MatchedSegments,
  matchConnections,
  matchSegments,
  type SegmentPair,
} from './match.ts';
import type { Point, SeenConnection, SeenSegment } from './point.ts';

export type PointName = 'A' | 'B';

/** A segment at one point, for the document. */
export interface SegmentReference {
  readonly point: PointName;
  readonly frame: number;
  readonly labels: readonly string[];
}

/** What became of the segments of one direction. */
export interface Direction {
  readonly to: End;
  readonly passed: number;
  /** Seen before the way between the points, not behind it. */
  readonly lost: readonly SegmentReference[];
  /** Seen only behind it: made on the way, or not captured before it. */
  readonly appeared: readonly SegmentReference[];
  /** Copies that the way made. */
  readonly doubled: readonly SegmentReference[];
  /** Overtaken on the way, by their frames behind it. */
  readonly overtaken: readonly number[];
  /** The same octets in other segments at either point, by frames: cut or joined by a network card or a kernel. */
  readonly rejoined: readonly { readonly A: readonly number[]; readonly B: readonly number[] }[];
}

/** What is true of an end, by the point that is nearest to it. */
export interface EndVerdict {
  readonly state: string;
  readonly basis: string;
  readonly seenBy: PointName;
  /** What the other point believes, when that is something else. */
  readonly otherwise: string | null;
}

export interface ComparedConnection {
  readonly a: ConnectionResult;
  readonly b: ConnectionResult;
  readonly nearClient: PointName;
  readonly directions: readonly [Direction, Direction];
  readonly changes: readonly string[];
  readonly client: EndVerdict;
  readonly server: EndVerdict;
  readonly outcome: Outcome;
}

/** Seconds that segments of one direction took, if the clocks are as far apart as estimated. */
export interface Delays {
  readonly count: number;
  readonly minSeconds: number;
  readonly medianSeconds: number;
  readonly maxSeconds: number;
}

export interface Clocks {
  /** How much the clock of B is ahead of that of A; 0 with `sameClock`. */
  readonly offsetSeconds: number;
  /** The offset lies within this of the estimate. */
  readonly uncertaintySeconds: number;
  /** Least time to the server and back between the points, whatever the clocks say. */
  readonly roundTripSeconds: number;
  readonly toServer: Delays;
  readonly toClient: Delays;
}

export interface PointComparison {
  readonly connections: readonly ComparedConnection[];
  readonly onlyA: readonly ConnectionResult[];
  readonly onlyB: readonly ConnectionResult[];
  /** Null when no segment of one direction was seen at both points. */
  readonly clocks: Clocks | null;
}

interface Matched {
  readonly pair: ConnectionPair;
  readonly segments: MatchedSegments;
}

/** Compares two points; `sameClock` says that both were stamped by one clock. */
export function comparePoints(a: Point, b: Point, sameClock: boolean): PointComparison {
  const { pairs, onlyA, onlyB } = matchConnections(a.connections, b.connections);
  const epochNanos = (b.epochSeconds - a.epochSeconds) * NANOS_PER_SECOND;
  const all = pairs.map((pair): Matched => ({ pair, segments: matchSegments(pair) }));
  const usual =
    nearestToClient(
      all.flatMap(({ segments }) => segments.pairs),
      epochNanos,
    ) ?? 'A';
  const connections = all.map((each) => compareConnection(each, epochNanos, usual));
  const oriented = all.filter((_, index) => connections[index].nearClient === usual);
  return {
    connections,
    onlyA: onlyA.map(({ result }) => result),
    onlyB: onlyB.map(({ result }) => result),
    clocks: compareClocks(
      oriented.flatMap(({ segments }) => segments.pairs),
      epochNanos,
      usual,
      sameClock,
    ),
  };
}

/** Whether anything happened between the points that one of them cannot know. */
export function isSame({ connections, onlyA, onlyB }: PointComparison): boolean {
  const isQuiet = ({ directions, client, server, a, b }: ComparedConnection): boolean =>
    a.outcome === b.outcome &&
    client.otherwise === null &&
    server.otherwise === null &&
    directions.every(
      ({ lost, appeared, doubled, overtaken }) =>
        lost.length + appeared.length + doubled.length + overtaken.length === 0,
    );
  return onlyA.length === 0 && onlyB.length === 0 && connections.every(isQuiet);
}

const lateness = ({ a, b }: SegmentPair, epochNanos: number): number => b.timeNanos + epochNanos - a.timeNanos;

/** What is sent to the server passes the point near the client first; both ways together need no common clock. */
function nearestToClient(pairs: readonly SegmentPair[], epochNanos: number): PointName | null {
  const least = (isFromClient: boolean, sign: number): number => {
    const own = pairs.filter(({ a }) => a.isFromClient === isFromClient);
    return own.reduce((min, pair) => Math.min(min, sign * lateness(pair, epochNanos)), Number.POSITIVE_INFINITY);
  };
  const both = least(true, 1) + least(false, -1);
  if (Number.isFinite(both) && both !== 0) {
    const reverse = least(true, -1) + least(false, 1);
    if (both > 0) return 'A';
    if (reverse > 0) return 'B';
  }
  const hops = pairs.map(({ a, b }) => (a.isFromClient ? a.ttl - b.ttl : b.ttl - a.ttl)).find((each) => each !== 0);
  return hops === undefined ? null : hops > 0 ? 'A' : 'B';
}

function compareConnection({ pair, segments }: Matched, epochNanos: number, usual: PointName): ComparedConnection {
  const { a, b } = pair;
  const nearClient = nearestToClient(segments.pairs, epochNanos) ?? usual;
  const [near, far] = nearClient === 'A' ? [a, b] : [b, a];
  const nearServer = nearClient === 'A' ? 'B' : 'A';
  const client = judgeEnd('client', near, far, nearClient);
  const server = judgeEnd('server', far, near, nearServer);
  return {
    a: a.result,
    b: b.result,
    nearClient,
    directions: [describeDirection('server', segments, nearClient), describeDirection('client', segments, nearServer)],
    changes: describeChanges(pair, segments.pairs),
    client,
    server,
    outcome: judgeOutcome(near.result, far.result, client.state, server.state),
  };
}

/** `first` is the point that segments of this direction pass first. */
function describeDirection(to: End, matched: MatchedSegments, first: PointName): Direction {
  const isOurs = (each: SeenSegment): boolean => each.isFromClient === (to === 'server');
  const refer = (point: PointName, list: readonly SeenSegment[]): SegmentReference[] =>
    list.filter(isOurs).map(({ frame, labels }) => ({ point, frame, labels }));
  const second = first === 'A' ? 'B' : 'A';
  const only = { A: matched.onlyA, B: matched.onlyB };
  const copies = { A: matched.copiesA, B: matched.copiesB };
  const pairs = matched.pairs.filter(({ a }) => isOurs(a));
  return {
    to,
    passed: pairs.length,
    lost: [...refer(first, only[first]), ...refer(first, copies[first])],
    appeared: refer(second, only[second]),
    doubled: refer(second, copies[second]),
    overtaken: findOvertaken(pairs, first),
    rejoined: matched.rejoined
      .filter(({ a }) => isOurs(a[0]))
      .map(({ a, b }) => ({ A: a.map(({ frame }) => frame), B: b.map(({ frame }) => frame) })),
  };
}

function findOvertaken(pairs: readonly SegmentPair[], first: PointName): number[] {
  const rows = pairs.map(({ a, b }) => (first === 'A' ? { before: a, behind: b } : { before: b, behind: a }));
  rows.sort((x, y) => x.before.timeNanos - y.before.timeNanos || x.before.frame - y.before.frame);
  const overtaken: number[] = [];
  let soonest = Number.POSITIVE_INFINITY;
  for (const { behind } of rows.toReversed()) {
    if (behind.timeNanos > soonest) overtaken.push(behind.frame);
    else soonest = behind.timeNanos;
  }
  return overtaken.reverse();
}

function judgeEnd(end: End, near: SeenConnection, far: SeenConnection, seenBy: PointName): EndVerdict {
  const { state, basis } = near.result.endpoints[end];
  const other = far.result.endpoints[end].state;
  return { state, basis, seenBy, otherwise: other === state ? null : other };
}

const HANDSHAKE_OUTCOMES: readonly Outcome[] = ['unanswered', 'refused', 'abandoned', 'handshake-incomplete'];

/** Each end is believed in the point nearest to it: an end that still waits for an ACK there never got it. */
function judgeOutcome(near: ConnectionResult, far: ConnectionResult, client: string, server: string): Outcome {
  if (near.outcome === far.outcome) return near.outcome;
  if (near.outcome === 'reset' || far.outcome === 'reset') return 'reset';
  const states = [client, server];
  if (states.some((state) => state === 'LAST_ACK' || state === 'CLOSING')) return 'final-ack-missing';
  if (states.includes('FIN_WAIT_1')) return 'fin-unacknowledged';
  const isOfHandshake = HANDSHAKE_OUTCOMES.includes(near.outcome);
  if (isOfHandshake) return near.outcome === 'unanswered' && far.outcome !== 'partial' ? far.outcome : near.outcome;
  return near.outcome === 'partial' || near.outcome === 'open' ? far.outcome : near.outcome;
}

function describeChanges({ a, b, shift }: ConnectionPair, pairs: readonly SegmentPair[]): string[] {
  const changes: string[] = [];
  for (const end of ['client', 'server'] as const) {
    const [x, y] = [a.result[end], b.result[end]];
    if (x.address !== y.address || x.port !== y.port) {
      changes.push(`the ${end} is ${x.address} port ${x.port} at A and ${y.address} port ${y.port} at B`);
    }
    if (shift[end] !== 0) changes.push(`the sequence numbers of the ${end} are rewritten (${shift[end]} more at B)`);
    const own = pairs.filter((pair) => pair.a.isFromClient === (end === 'client'));
    changes.push(...describeFields(end, own));
  }
  return changes;
}

const FIELDS: readonly (readonly [name: string, read: (segment: SeenSegment) => number | string | null])[] = [
  ['TTL', (segment) => segment.ttl],
  ['MSS', (segment) => segment.mss],
  ['window scale', (segment) => segment.windowScale],
  ['window', (segment) => segment.window],
  ['SACK permitted', (segment) => (segment.sackPermitted ? 'yes' : 'no')],
  ['timestamps', (segment) => (segment.tsVal === null ? 'no' : 'yes')],
];

function describeFields(end: End, pairs: readonly SegmentPair[]): string[] {
  return FIELDS.flatMap(([name, read]) => {
    const changed = pairs.filter(({ a, b }) => read(a) !== read(b));
    if (changed.length === 0) return [];
    const [{ a, b }] = changed;
    const others = changed.length === 1 ? '' : `, in ${changed.length} segments`;
    return [`${name} of the ${end}: ${read(a) ?? 'none'} at A, ${read(b) ?? 'none'} at B (A#${a.frame})${others}`];
  });
}

/** The least time of each way tells the offset of the clocks, to within half of what both take together. */
function compareClocks(
  pairs: readonly SegmentPair[],
  epochNanos: number,
  nearClient: PointName,
  sameClock: boolean,
): Clocks | null {
  const sign = nearClient === 'A' ? 1 : -1;
  const taken = (isFromClient: boolean): number[] =>
    pairs
      .filter(({ a }) => a.isFromClient === isFromClient)
      .map((pair) => (isFromClient ? sign : -sign) * lateness(pair, epochNanos))
      .sort((x, y) => x - y);
  const [toServer, toClient] = [taken(true), taken(false)];
  if (toServer.length === 0 || toClient.length === 0) return null;
  const roundTripNanos = toServer[0] + toClient[0];
  const skewNanos = sameClock ? 0 : (toServer[0] - toClient[0]) / 2;
  return {
    offsetSeconds: seconds(sign * skewNanos),
    uncertaintySeconds: sameClock ? 0 : seconds(roundTripNanos / 2),
    roundTripSeconds: seconds(roundTripNanos),
    toServer: describeDelays(toServer, -skewNanos),
    toClient: describeDelays(toClient, skewNanos),
  };
}

const seconds = (nanos: number): number => Math.round(nanos) / NANOS_PER_SECOND;

function describeDelays(sorted: readonly number[], correction: number): Delays {
  return {
    count: sorted.length,
    minSeconds: seconds(sorted[0] + correction),
    medianSeconds: seconds(sorted[sorted.length >> 1] + correction),
    maxSeconds: seconds(sorted[sorted.length - 1] + correction),
  };
}
