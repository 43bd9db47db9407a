import { beforeAll, describe, expect, it } from 'vitest';
import { analyzeFile } from '../src/index.ts';
import type { ConnectionResult, SegmentResult } from '../src/report/result.ts';
import { listFixtures } from './support/fixtures.ts';
import { ANALYSIS, readWithTshark, type TsharkSegment, tsharkVersion } from './support/tshark.ts';

const AT_A_TIME = 3;
/** What the comparison was written with; other versions may judge otherwise. */
const KNOWN_VERSION = 'TShark (Wireshark) 4.0';

/** Analysis fields of tshark, and the labels that mean the same. */
const SAME_MEANING: Record<string, readonly string[]> = {
  retransmission: ['syn-retransmission', 'syn-ack-retransmission', 'data-retransmission', 'fin-retransmission'],
  out_of_order: ['data-out-of-order'],
  duplicate_ack: ['duplicate-ack'],
  window_update: ['window-update'],
  zero_window: ['zero-window'],
  zero_window_probe: ['window-probe'],
  keep_alive: ['keep-alive'],
  keep_alive_ack: ['keep-alive-ack'],
};

interface Disagreement {
  /** A label of ours, or a frame of a fixture. */
  readonly where: { readonly label: string } | { readonly fixture: string; readonly frames: readonly number[] };
  readonly tshark: readonly string[];
  readonly why: string;
}

/** Where the two differ about a segment, and why that is right. */
const DISAGREEMENTS: readonly Disagreement[] = [
  {
    where: { label: 'capture-duplicate' },
    tshark: ['retransmission', 'duplicate_ack'],
    why: 'One packet captured twice (same IP identification, within 5 ms): tshark takes the copy for a second packet.',
  },
  {
    where: { label: 'handshake-ack-repeat' },
    tshark: ['duplicate_ack'],
    why: 'The answer to a repeated SYN-ACK, not to data out of order.',
  },
  {
    where: { label: 'ack-of-fin-repeat' },
    tshark: ['duplicate_ack'],
    why: 'The answer to a repeated FIN, not to data out of order.',
  },
  {
    where: { label: 'challenge-ack' },
    tshark: ['duplicate_ack'],
    why: 'The answer to a reset that was not accepted (RFC 5961), not to data out of order.',
  },
  {
    where: { label: 'syn-ack-crossing' },
    tshark: ['retransmission'],
    why: 'After SYNs that crossed, each SYN-ACK has the number of a SYN before it; it is no repeat of that SYN.',
  },
  {
    where: { label: 'window-probe' },
    tshark: ['keep_alive'],
    why: 'Sent into a closed window: tshark goes by the sequence number alone, one before the next.',
  },
  {
    where: { fixture: 'simultaneous-open', frames: [5] },
    tshark: ['window_update'],
    why: 'The first segment after the SYN-ACKs; it offers a scaled window for the first time.',
  },
  {
    where: { fixture: 'self-connect', frames: [3] },
    tshark: ['window_update'],
    why: 'The first segment after the SYN-ACK; it offers a scaled window for the first time.',
  },
  {
    where: { fixture: 'fast-open-ignored', frames: [3] },
    tshark: ['retransmission'],
    why: 'Data that the SYN carried and the SYN-ACK did not cover: the connection sends it for the first time.',
  },
  {
    where: { fixture: 'rst-challenged', frames: [12] },
    tshark: ['retransmission'],
    why: 'The forged reset before it has a higher number, which tshark believes to be sent by then.',
  },
  {
    where: { fixture: 'rst-outside-window', frames: [11, 15] },
    tshark: ['retransmission'],
    why: 'The forged reset before it has a higher number, which tshark believes to be sent by then.',
  },
  {
    where: { fixture: 'syn-on-live', frames: [10, 14] },
    tshark: ['retransmission'],
    why: 'tshark begins a new stream at the SYN that was not accepted, and measures the old numbers by it.',
  },
  {
    where: { fixture: 'time-wait-assassination', frames: [12] },
    tshark: ['retransmission'],
    why: 'An old segment sent again by the network, not by its sender: same IP identification as its first copy.',
  },
  {
    where: { fixture: 'time-wait-assassination', frames: [13] },
    tshark: ['duplicate_ack'],
    why: 'The answer of an end in TIME_WAIT to that old segment, not to data out of order.',
  },
];

/** Fixtures whose packets make other connections for tshark. */
const OTHER_STREAMS: Record<string, string> = {
  'half-open-reconnect':
    'The old end answers the new SYN, and is reset: both belong to the old connection, whose numbers they have.',
  'syn-on-live': 'The SYN was answered with a challenge ACK and nothing came of it: it opened no connection.',
};

interface Compared {
  readonly name: string;
  readonly theirs: ReadonlyMap<number, TsharkSegment>;
  readonly connections: readonly ConnectionResult[];
}

async function compareAll(): Promise<Compared[]> {
  const fixtures = listFixtures();
  const compared: Compared[] = [];
  const work = async (): Promise<void> => {
    for (let fixture = fixtures.pop(); fixture !== undefined; fixture = fixtures.pop()) {
      const [segments, { connections }] = await Promise.all([
        readWithTshark(fixture.capture),
        analyzeFile(fixture.capture, { segments: true }),
      ]);
      const theirs = new Map(segments.map((segment) => [segment.frame, segment]));
      compared.push({ name: fixture.name, theirs, connections });
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  return compared.sort((a, b) => (a.name < b.name ? -1 : 1));
}

const segmentsOf = ({ connections }: Compared): SegmentResult[] =>
  connections.flatMap(({ segments }) => segments ?? []);

/** Frames of each connection or stream, as lines. */
function ourStreams({ connections }: Compared): string[] {
  return connections.map(({ segments = [] }) =>
    segments
      .map(({ frame }) => frame)
      .toSorted((a, b) => a - b)
      .join(' '),
  );
}

function theirStreams({ theirs }: Compared): string[] {
  const streams = new Map<number, number[]>();
  for (const { stream, frame } of theirs.values()) streams.set(stream, [...(streams.get(stream) ?? []), frame]);
  return [...streams.values()].map((frames) => frames.join(' '));
}

/** Meanings that only one of the two gives to a segment. */
function differencesOf(segment: SegmentResult, theirs: TsharkSegment): { meaning: string; isTheirs: boolean }[] {
  const analysis = new Set<string>(theirs.analysis.map((name) => name.replace(/^(fast|spurious)_retr/, 'retr')));
  return Object.keys(SAME_MEANING).flatMap((meaning) => {
    const isOurs = SAME_MEANING[meaning].some((label) => segment.labels.includes(label));
    const isTheirs = analysis.has(meaning);
    return isOurs === isTheirs ? [] : [{ meaning, isTheirs }];
  });
}

function explains({ where, tshark }: Disagreement, name: string, segment: SegmentResult, meanings: string[]): boolean {
  const isHere =
    'label' in where
      ? segment.labels.includes(where.label)
      : where.fixture === name && where.frames.includes(segment.frame);
  // What we call otherwise is our side of the same disagreement.
  const ours =
    'label' in where ? Object.keys(SAME_MEANING).filter((key) => SAME_MEANING[key].includes(where.label)) : [];
  return isHere && meanings.every((meaning) => tshark.includes(meaning) || ours.includes(meaning));
}

const version = tsharkVersion();

if (version === null) {
  it('tshark is not installed: NOTHING IS COMPARED WITH IT', () => {
    process.stderr.write('\n*** tshark is not installed: the differential tests did not run ***\n\n');
  });
}

describe.runIf(version !== null)('tshark', () => {
  let compared: Compared[] = [];
  beforeAll(async () => {
    if (!version?.startsWith(KNOWN_VERSION)) process.stderr.write(`*** ${version} may differ from ${KNOWN_VERSION}\n`);
    compared = await compareAll();
  }, 120_000);

  it('reads the same segments', () => {
    expect(compared.length).toBeGreaterThan(50);
    for (const each of compared) {
      const ours = segmentsOf(each).map(({ frame, seq, ack, length }) => ({ frame, seq, ack, length }));
      const theirs = [...each.theirs.values()].map(({ frame, seq, ack, length }) => ({ frame, seq, ack, length }));
      expect(
        ours.sort((a, b) => a.frame - b.frame),
        each.name,
      ).toEqual(theirs);
    }
  });

  it('tells the same connections apart, but for those that a SYN did not open', () => {
    const different = compared.filter((each) => ourStreams(each).join() !== theirStreams(each).join());
    expect(different.map(({ name }) => name)).toEqual(Object.keys(OTHER_STREAMS));
  });

  it('calls the same connections complete', () => {
    for (const each of compared) {
      if (each.name in OTHER_STREAMS) continue;
      for (const { id, segments = [], equivalents } of each.connections) {
        const last = Math.max(...segments.map(({ frame }) => frame));
        expect(each.theirs.get(last)?.completeness, `${each.name} ${id}`).toBe(equivalents.wiresharkCompleteness);
      }
    }
  });

  it('gives segments the same meaning, but for what is listed', () => {
    const used = new Set<Disagreement>();
    const unexplained: string[] = [];
    let agreed = 0;
    for (const each of compared) {
      for (const segment of segmentsOf(each)) {
        const theirs = each.theirs.get(segment.frame) as TsharkSegment;
        const meanings = differencesOf(segment, theirs).map(({ meaning }) => meaning);
        if (meanings.length === 0) {
          agreed++;
          continue;
        }
        const reason = DISAGREEMENTS.find((known) => explains(known, each.name, segment, meanings));
        if (reason) used.add(reason);
        else unexplained.push(`${each.name} ${segment.frame}: ${theirs.analysis} - ${segment.labels}`);
      }
    }
    expect(unexplained).toEqual([]);
    expect(DISAGREEMENTS.filter((known) => !used.has(known))).toEqual([]);
    expect(agreed).toBeGreaterThan(900);
  });

  it('is asked for every field that is compared', () => {
    for (const meaning of Object.keys(SAME_MEANING)) expect(ANALYSIS).toContain(meaning);
  });
});
