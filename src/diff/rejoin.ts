/**
 * Segments that network cards and kernels cut or join (TSO, GRO): one point has them whole, the other in parts.
 *
 * Parts of one whole carry the same acknowledgment and time stamps, and FIN only on the last. So segments of one class are
 * laid out by number at both points, and a stretch that both cover without a hole or a copy is the same octets.
 */
import { seqAdd, seqDiff } from '../tcp/seq.ts';
import { TcpFlag } from '../wire/batch.ts';
import type { SeenSegment } from './point.ts';

/** The same octets at both points, in other segments. */
export interface RejoinedSegments {
  readonly a: readonly SeenSegment[];
  readonly b: readonly SeenSegment[];
}

/** How the numbers of a segment at B read at A, those of its sender and of its peer. */
export type Shifts = (segment: SeenSegment) => { readonly own: number; readonly peer: number };

interface Part {
  readonly segment: SeenSegment;
  /** Numbers as they are at A. */
  readonly start: number;
  readonly end: number;
}

const NO_PART = TcpFlag.SYN | TcpFlag.RST | TcpFlag.URG;
const NO_SHIFT = { own: 0, peer: 0 };

/** Finds them among segments that only one point has; `leftA` and `leftB` are those that remain. */
export function rejoinSegments(
  onlyA: readonly SeenSegment[],
  onlyB: readonly SeenSegment[],
  shiftsAtB: Shifts,
): { rejoined: RejoinedSegments[]; leftA: SeenSegment[]; leftB: SeenSegment[] } {
  const classesA = classify(onlyA, () => NO_SHIFT);
  const classesB = classify(onlyB, shiftsAtB);
  const rejoined: RejoinedSegments[] = [];
  for (const [key, partsA] of classesA) rejoined.push(...findStretches(partsA, classesB.get(key) ?? []));
  const taken = new Set(rejoined.flatMap(({ a, b }) => [...a, ...b]));
  const isLeft = (segment: SeenSegment): boolean => !taken.has(segment);
  rejoined.sort((x, y) => x.a[0].frame - y.a[0].frame);
  return { rejoined, leftA: onlyA.filter(isLeft), leftB: onlyB.filter(isLeft) };
}

/** Segments with payload by all that the parts of one whole have in common, each class in the order of its numbers. */
function classify(segments: readonly SeenSegment[], shifts: Shifts): Map<string, Part[]> {
  const classes = new Map<string, Part[]>();
  for (const segment of segments) {
    const { isFromClient, flags, seq, ack, payloadBytes, tsVal, tsEcr } = segment;
    if (payloadBytes === 0 || (flags & NO_PART) !== 0) continue;
    const { own, peer } = shifts(segment);
    const start = (seq - own) >>> 0;
    const key = `${isFromClient} ${flags & TcpFlag.ACK} ${(ack - peer) >>> 0} ${tsVal} ${tsEcr}`;
    const part = { segment, start, end: seqAdd(start, payloadBytes) };
    const parts = classes.get(key);
    if (parts === undefined) classes.set(key, [part]);
    else parts.push(part);
  }
  for (const parts of classes.values()) {
    const { start } = parts[0];
    parts.sort((x, y) => seqDiff(x.start, start) - seqDiff(y.start, start));
  }
  return classes;
}

function findStretches(a: readonly Part[], b: readonly Part[]): RejoinedSegments[] {
  const found: RejoinedSegments[] = [];
  let [atA, atB] = [0, 0];
  while (atA < a.length && atB < b.length) {
    const ahead = seqDiff(a[atA].start, b[atB].start);
    const lengths = ahead === 0 ? measureStretch(a, atA, b, atB) : null;
    if (lengths === null) {
      if (ahead <= 0) atA++;
      if (ahead >= 0) atB++;
      continue;
    }
    const [endA, endB] = [atA + lengths.a, atB + lengths.b];
    const segmentsOf = (parts: readonly Part[], from: number, to: number): SeenSegment[] =>
      parts.slice(from, to).map(({ segment }) => segment);
    found.push({ a: segmentsOf(a, atA, endA), b: segmentsOf(b, atB, endB) });
    [atA, atB] = [endA, endB];
  }
  return found;
}

/** How many parts at each point cover the same octets from a common start on; null if they do not, or it is one each. */
function measureStretch(
  a: readonly Part[],
  fromA: number,
  b: readonly Part[],
  fromB: number,
): { a: number; b: number } | null {
  let [lastA, lastB] = [fromA, fromB];
  for (;;) {
    const ahead = seqDiff(a[lastA].end, b[lastB].end);
    if (ahead === 0) break;
    if (ahead < 0) {
      if (!goesOn(a, lastA)) return null;
      lastA++;
    } else {
      if (!goesOn(b, lastB)) return null;
      lastB++;
    }
  }
  const isOneEach = lastA === fromA && lastB === fromB;
  return isOneEach || hasFin(a[lastA]) !== hasFin(b[lastB]) || isCopied(a, lastA) || isCopied(b, lastB)
    ? null
    : { a: lastA - fromA + 1, b: lastB - fromB + 1 };
}

/** Whether the next part begins where this one ends, and nothing else does. */
function goesOn(parts: readonly Part[], at: number): boolean {
  return at + 1 < parts.length && parts[at + 1].start === parts[at].end && !hasFin(parts[at]);
}

/** Whether octets of the last part come again: which copy is which is not to be told then. */
function isCopied(parts: readonly Part[], last: number): boolean {
  return last + 1 < parts.length && seqDiff(parts[last + 1].start, parts[last].end) < 0;
}

const hasFin = ({ segment }: Part): boolean => (segment.flags & TcpFlag.FIN) !== 0;
