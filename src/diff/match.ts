/** Which connection, and which segment, of one point is which of the other. */
import { TcpFlag } from '../wire/batch.ts';
import type { SeenConnection, SeenSegment } from './point.ts';
import { type RejoinedSegments, rejoinSegments } from './rejoin.ts';

/** The same connection at both points. */
export interface ConnectionPair {
  readonly a: SeenConnection;
  readonly b: SeenConnection;
  /** What was added to the numbers of each end between A and B. */
  readonly shift: { readonly client: number; readonly server: number };
}

export interface MatchedConnections {
  readonly pairs: ConnectionPair[];
  readonly onlyA: SeenConnection[];
  readonly onlyB: SeenConnection[];
}

/** The same segment at both points. */
export interface SegmentPair {
  readonly a: SeenSegment;
  readonly b: SeenSegment;
}

export interface MatchedSegments {
  readonly pairs: SegmentPair[];
  readonly onlyA: SeenSegment[];
  readonly onlyB: SeenSegment[];
  /** Copies of a segment of which both points have one: the network made them. */
  readonly copiesA: SeenSegment[];
  readonly copiesB: SeenSegment[];
  /** The same octets, cut into other segments. */
  readonly rejoined: readonly RejoinedSegments[];
}

type Naming = (connection: SeenConnection) => string | null;

const tupleOf = ({ result: { client, server } }: SeenConnection): string =>
  `${client.address} ${client.port} ${server.address} ${server.port}`;

/** From the surest to the least sure: tuple and ISN; both ISNs behind a translation; the SYN itself; the tuple alone. */
const NAMINGS: readonly Naming[] = [
  (each) => (each.clientIsn === null ? null : `${tupleOf(each)} ${each.clientIsn}`),
  (each) => (each.clientIsn === null || each.serverIsn === null ? null : `${each.clientIsn} ${each.serverIsn}`),
  (each) => {
    const syn = each.segments.find((segment) => segment.isFromClient && (segment.flags & TcpFlag.SYN) !== 0);
    return syn === undefined || syn.tsVal === null ? null : `${syn.seq} ${syn.tsVal}`;
  },
  tupleOf,
];

/** Pairs up the connections of two points, also through translation of addresses and rewritten numbers. */
export function matchConnections(a: readonly SeenConnection[], b: readonly SeenConnection[]): MatchedConnections {
  const pairs: ConnectionPair[] = [];
  let leftA = [...a];
  let leftB = [...b];
  for (const name of NAMINGS) {
    const waiting = groupBy(leftB, (each) => name(each) ?? '');
    const taken = new Set<SeenConnection>();
    leftA = leftA.filter((each) => {
      const key = name(each);
      const other = key === null ? undefined : waiting.get(key)?.shift();
      if (other === undefined) return true;
      taken.add(other);
      pairs.push({ a: each, b: other, shift: shiftsOf(each, other) });
      return false;
    });
    leftB = leftB.filter((each) => !taken.has(each));
  }
  pairs.sort((x, y) => x.a.result.id - y.a.result.id);
  return { pairs, onlyA: leftA, onlyB: leftB };
}

function shiftsOf(a: SeenConnection, b: SeenConnection): ConnectionPair['shift'] {
  const between = (x: number | null, y: number | null): number => (x === null || y === null ? 0 : (y - x) >>> 0);
  return { client: between(a.clientIsn, b.clientIsn), server: between(a.serverIsn, b.serverIsn) };
}

/**
 * Pairs up segments: numbers, flags and length must agree; among repeats, time stamp and IP identification decide. Of
 * the rest, those are put together that only differ in where they were cut.
 */
export function matchSegments({ a, b, shift }: ConnectionPair): MatchedSegments {
  const shiftsAtB = ({ isFromClient }: SeenSegment): { own: number; peer: number } =>
    isFromClient ? { own: shift.client, peer: shift.server } : { own: shift.server, peer: shift.client };
  const keyAtA = (segment: SeenSegment): string => keyOf(segment, 0, 0);
  const keyAtB = (segment: SeenSegment): string => {
    const { own, peer } = shiftsAtB(segment);
    return keyOf(segment, own, peer);
  };
  const groupsB = groupBy(b.segments, keyAtB);
  const matched: MatchedGroups = { pairs: [], onlyA: [], onlyB: [], copiesA: [], copiesB: [] };
  for (const [key, group] of groupBy(a.segments, keyAtA)) {
    matchGroup(group, groupsB.get(key) ?? [], matched);
    groupsB.delete(key);
  }
  for (const group of groupsB.values()) matched.onlyB.push(...group);
  matched.pairs.sort((x, y) => x.a.frame - y.a.frame);
  for (const list of [matched.onlyA, matched.onlyB]) list.sort((x, y) => x.frame - y.frame);
  const { rejoined, leftA, leftB } = rejoinSegments(matched.onlyA, matched.onlyB, shiftsAtB);
  return { ...matched, onlyA: leftA, onlyB: leftB, rejoined };
}

type MatchedGroups = Omit<MatchedSegments, 'rejoined'>;

const COMPARED_FLAGS = TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.PSH | TcpFlag.ACK | TcpFlag.URG;

function keyOf(segment: SeenSegment, ownShift: number, peerShift: number): string {
  const { isFromClient, flags, seq, ack, payloadBytes } = segment;
  const isBareReset = (flags & TcpFlag.RST) !== 0 && seq === 0;
  const own = isBareReset ? 0 : (seq - ownShift) >>> 0;
  const peer = (flags & TcpFlag.ACK) === 0 ? 0 : (ack - peerShift) >>> 0;
  return `${isFromClient} ${flags & COMPARED_FLAGS} ${own} ${peer} ${payloadBytes}`;
}

/** How sure it is that two segments with the same numbers are the same one, by what is asked of them. */
const LIKENESSES: readonly ((a: SeenSegment, b: SeenSegment) => boolean)[] = [
  (a, b) => a.tsVal === b.tsVal && a.tsEcr === b.tsEcr && a.ipId === b.ipId,
  (a, b) => a.tsVal !== null && a.tsVal === b.tsVal && a.tsEcr === b.tsEcr,
  (a, b) => (a.tsVal === null || b.tsVal === null) && (a.ipId === 0 || b.ipId === 0 || a.ipId === b.ipId),
];

function matchGroup(groupA: readonly SeenSegment[], groupB: readonly SeenSegment[], matched: MatchedGroups): void {
  let leftA = [...groupA];
  const leftB = [...groupB];
  const paired: SegmentPair[] = [];
  for (const isLike of LIKENESSES) {
    leftA = leftA.filter((a) => {
      const at = leftB.findIndex((b) => isLike(a, b));
      if (at < 0) return true;
      paired.push({ a, b: leftB[at] });
      leftB.splice(at, 1);
      return false;
    });
  }
  matched.pairs.push(...paired);
  const isCopy = (each: SeenSegment): boolean => paired.some(({ a, b }) => isSame(each, a) || isSame(each, b));
  for (const each of leftA) (isCopy(each) ? matched.copiesA : matched.onlyA).push(each);
  for (const each of leftB) (isCopy(each) ? matched.copiesB : matched.onlyB).push(each);
}

/** Only copies of one packet agree in both; a segment sent again differs in one of them. */
function isSame(x: SeenSegment, y: SeenSegment): boolean {
  return x.ipId !== 0 && x.ipId === y.ipId && x.tsVal === y.tsVal;
}

function groupBy<T>(items: readonly T[], keyOfItem: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOfItem(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}
