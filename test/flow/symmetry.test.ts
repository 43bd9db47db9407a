import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/findings/finding.ts';
import type { ConnectionResult, FinResult } from '../../src/report/result.ts';
import { TcpFlag } from '../../src/wire/batch.ts';
import {
  fixtureRecordings,
  type NamedRecording,
  scenarioRecordings,
  simulatedRecordings,
} from '../support/recordings.ts';
import { compareEnds, type Recording, type Row, track } from '../support/rows.ts';

let recordings: NamedRecording[] = [];
beforeAll(async () => {
  recordings = [
    ...(await fixtureRecordings()),
    ...(await scenarioRecordings()),
    ...(await simulatedRecordings(20_000, 150)),
  ];
});

const anyIndex = fc.nat({ max: 9999 });
const pick = (index: number): NamedRecording => recordings[index % recordings.length];

/** Adds to the sequence numbers of the lower and the higher end of each tuple. */
function shiftNumbers(recording: Recording, byLow: number, byHigh: number): Recording {
  const shiftOf = (from: Row['source'], to: Row['source']): number => (compareEnds(from, to) <= 0 ? byLow : byHigh);
  const rows = recording.rows.map((row): Row => {
    const mine = shiftOf(row.source, row.destination);
    const theirs = shiftOf(row.destination, row.source);
    const hasAck = (row.flags & TcpFlag.ACK) !== 0;
    // An end that refuses has no numbers of its own.
    const isRefusal = (row.flags & TcpFlag.RST) !== 0 && hasAck && row.seq === 0;
    return {
      ...row,
      seq: isRefusal ? 0 : (row.seq + mine) >>> 0,
      ack: hasAck ? (row.ack + theirs) >>> 0 : row.ack,
      sack: row.sack.map((edge) => (edge + theirs) >>> 0),
    };
  });
  const icmpErrors = recording.icmpErrors.map((error) => {
    const source = { words: [...error.sourceAddress], port: error.sourcePort };
    const destination = { words: [...error.destinationAddress], port: error.destinationPort };
    return { ...error, seq: (error.seq + shiftOf(source, destination)) >>> 0 };
  });
  return { ...recording, rows, icmpErrors };
}

/** A result without sequence numbers. */
function withoutNumbers(connection: ConnectionResult): unknown {
  const segments = connection.segments?.map(({ seq: _seq, ack: _ack, ...rest }) => rest);
  const findings = connection.findings.map((finding) => ({
    ...finding,
    message: finding.message.replace(/sequence number \d+/, 'sequence number'),
  }));
  return { ...connection, findings, segments };
}

const anyShift = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: -5000, max: 5000 }),
  fc.constantFrom(0x7fffffff, 0x80000000, -1),
);

describe('initial sequence numbers', () => {
  it('do not matter', () => {
    fc.assert(
      fc.property(anyIndex, anyShift, anyShift, fc.boolean(), (index, byLow, byHigh, segments) => {
        const { name, recording } = pick(index);
        const before = track(recording, { segments }).connections.map(withoutNumbers);
        const after = track(shiftNumbers(recording, byLow, byHigh), { segments }).connections.map(withoutNumbers);
        expect(after, name).toEqual(before);
      }),
      { numRuns: 500 },
    );
  });

  it('do not matter where they wrap in any recording', () => {
    for (const { name, recording } of recordings) {
      const before = track(recording, { segments: true }).connections.map(withoutNumbers);
      for (const at of [-1, 2, 200]) {
        const shifted = shiftNumbers(recording, at - firstNumber(recording, -1), at - firstNumber(recording, 1));
        expect(track(shifted, { segments: true }).connections.map(withoutNumbers), `${name} ${at}`).toEqual(before);
      }
    }
  });
});

/** First sequence number that a lower (-1) or higher (1) end sends. */
function firstNumber({ rows }: Recording, side: number): number {
  return rows.find((row) => compareEnds(row.source, row.destination) === side)?.seq ?? 0;
}

/** Both ends of every tuple change places. */
function swapEnds(recording: Recording, isPortSwapped: boolean): Recording {
  const swapped = (mine: Row['source'], other: Row['source']): Row['source'] =>
    isPortSwapped ? other : { words: other.words, port: mine.port };
  return {
    ...recording,
    rows: recording.rows.map((row) => ({
      ...row,
      source: swapped(row.source, row.destination),
      destination: swapped(row.destination, row.source),
    })),
    icmpErrors: recording.icmpErrors.map((error) => ({
      ...error,
      reporter: `${error.reporter}` === `${error.destinationAddress}` ? error.sourceAddress : error.reporter,
      sourceAddress: error.destinationAddress,
      destinationAddress: error.sourceAddress,
      sourcePort: isPortSwapped ? error.destinationPort : error.sourcePort,
      destinationPort: isPortSwapped ? error.sourcePort : error.destinationPort,
    })),
  };
}

type Place = ConnectionResult['client'];

function withPlaces(connection: ConnectionResult, client: Place, server: Place): ConnectionResult {
  return { ...connection, client, server };
}

const otherEnd = <Which extends string | null>(end: Which): Which =>
  (end === 'client' ? 'server' : end === 'server' ? 'client' : end) as Which;

/** A result told from the other end: what was the client is the server. */
function mirror(connection: ConnectionResult): unknown {
  const { endpoints, teardown, resets, findings, segments } = connection;
  const mirrorFin = (fin: FinResult): FinResult => ({ ...fin, from: otherEnd(fin.from) });
  return {
    ...withoutWords(connection),
    closedFirst: otherEnd(connection.closedFirst),
    resetBy: otherEnd(connection.resetBy),
    endpoints: { client: endpoints.server, server: endpoints.client },
    teardown: teardown && {
      ...teardown,
      fin1: mirrorFin(teardown.fin1),
      fin2: teardown.fin2 && mirrorFin(teardown.fin2),
    },
    resets: resets.map((reset) => ({ ...reset, from: otherEnd(reset.from) })),
    findings: findings.map((finding) => ({ ...essence(finding), at: otherEnd(finding.at) })),
    segments: segments?.map(({ clientState, serverState, from, ...rest }) => ({
      ...rest,
      from: otherEnd(from),
      clientState: serverState,
      serverState: clientState,
    })),
  };
}

/** A guess at the roles decides on some findings: a silent server that resets is another case than a silent client. */
const withoutFindings = (connection: ConnectionResult): ConnectionResult => ({ ...connection, findings: [] });

const essence = ({ code, severity, category, at, frames }: Finding) => ({ code, severity, category, at, frames });

/** A result without what names an end in words, and without the equivalents, which go by well-known ports. */
function withoutWords({ equivalents: { wiresharkCompleteness }, ...connection }: ConnectionResult): object {
  return { ...connection, findings: connection.findings.map(essence), equivalents: { wiresharkCompleteness } };
}

describe('both ends', () => {
  it('are treated alike: exchanged addresses change nothing else', () => {
    for (const { name, recording } of recordings) {
      const before = track(recording, { segments: true }).connections.map((connection) => {
        const { client, server } = connection;
        return withPlaces(connection, { ...client, address: server.address }, { ...server, address: client.address });
      });
      expect(track(swapEnds(recording, false), { segments: true }).connections, name).toEqual(before);
    }
  });

  it('are treated alike: exchanged addresses and ports change who is who, and that only if it was told by the port', () => {
    for (const { name, recording } of recordings) {
      const before = track(recording, { segments: true }).connections;
      const after = track(swapEnds(recording, true), { segments: true }).connections;
      const expected = before.map((connection) => {
        if (connection.roleBasis === 'port') return mirror(withoutFindings(connection));
        return withoutWords(withPlaces(connection, connection.server, connection.client));
      });
      const got = after.map((each) => withoutWords(each.roleBasis === 'port' ? withoutFindings(each) : each));
      expect(got, name).toEqual(expected);
    }
  });
});

/** Recordings as one, in the order of time; each on a tuple of its own, with frame numbers that tell them apart. */
function interleave(parts: readonly Recording[]): Recording {
  const rows = parts.flatMap((part) => part.rows).sort((a, b) => a.timeNanos - b.timeNanos);
  return { ...parts[0], rows, icmpErrors: [], endNanos: Math.max(...parts.map((part) => part.endNanos)) };
}

/** A recording with its hosts, frames and times moved out of the way of the others'. */
function relocate(recording: Recording, index: number, startNanos: number): Recording {
  const first = recording.rows[0]?.timeNanos ?? 0;
  const move = (end: Row['source']): Row['source'] => ({
    ...end,
    words: end.words.with(0, end.words[0] ^ (index << 8)),
  });
  return {
    ...recording,
    timeBase: { epochSeconds: 0 },
    icmpErrors: [],
    endNanos: recording.endNanos - first + startNanos,
    rows: recording.rows.map((row) => ({
      ...row,
      frame: row.frame + index * 100_000,
      timeNanos: row.timeNanos - first + startNanos,
      source: move(row.source),
      destination: move(row.destination),
    })),
  };
}

describe('flows', () => {
  it('know nothing of each other: interleaved or apart, the results are the same', () => {
    const anyParts = fc.array(fc.tuple(anyIndex, fc.integer({ min: 0, max: 20_000 })), {
      minLength: 2,
      maxLength: 12,
    });
    fc.assert(
      fc.property(anyParts, fc.integer({ min: 1, max: 1024 }), (chosen, batchRows) => {
        const isInOrder = ({ rows }: Recording) =>
          rows.every((row, i) => i === 0 || rows[i - 1].timeNanos <= row.timeNanos);
        const parts = chosen
          .filter(([index]) => isInOrder(pick(index).recording))
          .map(([index, startMillis], part) => relocate(pick(index).recording, part, startMillis * 1e6));
        if (parts.length === 0) return;
        const whole = interleave(parts);
        const together = track(whole, { batchRows }).connections;
        const apart = parts.flatMap((part) => track({ ...part, endNanos: whole.endNanos }).connections);
        const inOrder = (connections: readonly ConnectionResult[]) =>
          connections.map((connection) => ({ ...connection, id: 0 })).sort((a, b) => a.firstFrame - b.firstFrame);
        expect(inOrder(together)).toEqual(inOrder(apart));
      }),
      { numRuns: 100 },
    );
  });
});
