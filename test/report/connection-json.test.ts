import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analyzeFile } from '../../src/index.ts';
import { stringifyConnection } from '../../src/report/connection-json.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import { listFixtures } from '../support/fixtures.ts';

const text = fc.string({
  unit: fc.constantFrom('a', ' ', '"', '\\', '\n', '\u0001', 'é', '→', '\ud83d', '\ude00', '\u2028'),
});
const whole = fc.nat(0xffff_ffff);
const seconds = fc.oneof(
  fc.constantFrom(0, 0.000474, 1e-9, 5e-324, 86_400, 1e21),
  fc.double({ min: 0, max: 1e9, noNaN: true }),
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const word = fc.constantFrom('client', 'FIN_WAIT_1', 'four-segment', '2026-09-21T14:13:20.046858000Z');
/** An object with the fields in the order given; those of `optional` may be missing, as the last ones. */
const record = (fields: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>> = {}) =>
  fc.record({ ...fields, ...optional }, { requiredKeys: Object.keys(fields), noNullPrototype: true });

const place = record({ address: word, port: whole }, { name: text });
const entry = record(
  { state: word, basis: word, frame: whole, time: word },
  { provenFrame: whole, withdrawn: record({ frame: whole, time: word }) },
);
const counts = ['segments', 'payloadBytes', 'uniquePayloadBytes', 'syn', 'fin', 'rst', 'retransmittedSegments'];
const moreCounts = ['outOfOrderSegments', 'duplicateAcks', 'zeroWindows'];
const endpoint = record({
  ...{ state: word, basis: word, stateHistory: fc.array(entry, { maxLength: 3 }) },
  ...Object.fromEntries([...counts, ...moreCounts].map((name) => [name, whole])),
  ...{ mss: maybe(whole), windowScale: maybe(whole), sackPermitted: fc.boolean(), timestamps: fc.boolean() },
});
const handshake = record({
  ...{ synFrame: maybe(whole), synAckFrame: maybe(whole), ackFrame: maybe(whole) },
  ...{ rttToServerSeconds: maybe(seconds), rttToClientSeconds: maybe(seconds) },
  ...{ synRetransmissions: whole, synAckRetransmissions: whole },
});
const fin = record({ from: word, frame: whole, ackFrame: maybe(whole), retransmissions: whole });
const finding = record({
  ...{ code: word, severity: word, category: word, at: word, frames: fc.array(whole, { maxLength: 3 }) },
  ...{ message: text, cause: text, hint: text },
});
const head = { id: whole, client: place, server: place };
const body = {
  ...{ roleBasis: word, firstFrame: whole, lastFrame: whole, startTime: word, endTime: word, durationSeconds: seconds },
  ...{ outcome: word, certainty: word, undeterminedBecause: maybe(word), closedFirst: maybe(word), closeStyle: word },
  ...{ resetBy: maybe(word), endpoints: record({ client: endpoint, server: endpoint }), handshake: maybe(handshake) },
  teardown: maybe(record({ fin1: fin, fin2: maybe(fin), durationSeconds: maybe(seconds) })),
  resets: fc.array(record({ from: word, frame: whole, shape: word, accepted: fc.boolean() }), { maxLength: 2 }),
  findings: fc.array(finding, { maxLength: 3 }),
  equivalents: record({ zeekConnState: word, zeekHistory: word, wiresharkCompleteness: whole }),
};
const segments = {
  segments: fc.array(record({ frame: whole, flags: text, labels: fc.array(text) }), { maxLength: 2 }),
};
const connection = fc.oneof(
  record({ ...head, ...body }, segments),
  record({ ...head, tunnel: text, ...body }, segments),
);

describe('the JSON text of a connection', () => {
  test('is what JSON.stringify makes of it, whatever it holds', () => {
    fc.assert(
      fc.property(connection, (any) => {
        expect(stringifyConnection(any as unknown as ConnectionResult)).toBe(JSON.stringify(any));
      }),
    );
  });

  test.each(listFixtures().map(({ name, capture }) => [name, capture]))('is that of %s', async (_, capture) => {
    for (const options of [{}, { segments: true }]) {
      const { connections } = await analyzeFile(capture, options);
      for (const each of connections) expect(stringifyConnection(each)).toBe(JSON.stringify(each));
    }
  });
});
