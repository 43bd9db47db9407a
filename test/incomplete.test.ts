import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { analyze, analyzeBytes, type ConnectionResult, type ResultDocument } from '../src/index.ts';
import { BuiltCli } from './support/built-cli.ts';
import { pcapFile } from './support/capture-bytes.ts';
import { cat, ethernet, hex, ipv4, ipv6, type Octets, tcp, u16, u32 } from './support/frames.ts';
import { play, tell, toldOf } from './support/live.ts';

const SYN = 0x02;
const SYN_ACK = 0x12;
const ACK = 0x10;
const FIN_ACK = 0x11;
const MORE = 0x2000;
const CLIENT = { sourcePort: 40000, destinationPort: 80 };
const SERVER = { sourcePort: 80, destinationPort: 40000 };
const FROM_SERVER = { source: [198, 51, 100, 2], destination: [192, 0, 2, 1] };
const PAYLOAD = Array.from({ length: 64 }, (_, index) => index);
/** Header and first 20 octets of the payload. */
const FIRST_BYTES = 40;

interface Sent {
  readonly at: number;
  readonly octets: Octets;
}

const first4 = (segment: Octets, id = 7, bytes = FIRST_BYTES): Octets =>
  ethernet(0x0800, ipv4(segment.slice(0, bytes), { id, fragment: MORE }));
const rest4 = (segment: Octets, id = 7): Octets =>
  ethernet(0x0800, ipv4(segment.slice(FIRST_BYTES), { id, fragment: FIRST_BYTES / 8 }));
const first6 = (segment: Octets): Octets =>
  ethernet(0x86dd, ipv6(cat(hex('0600'), u16(1), u32(77), segment.slice(0, FIRST_BYTES)), { next: 44 }));

const DATA = tcp({ ...CLIENT, seq: 1001, ack: 5001, flags: ACK, payload: PAYLOAD });

const capture = (...packets: readonly Sent[]): Uint8Array =>
  pcapFile(
    packets.map(({ at, octets }) => ({
      seconds: 1_000_000 + Math.floor(at),
      fraction: Math.round((at % 1) * 1e6),
      data: Uint8Array.from(octets),
    })),
  );

const whole = (at: number, fields: Parameters<typeof tcp>[0], isServer = false): Sent => ({
  at,
  octets: ethernet(
    0x0800,
    ipv4(tcp({ ...(isServer ? SERVER : CLIENT), ...fields }), {
      id: Math.round(at * 1000) & 0xffff,
      ...(isServer ? FROM_SERVER : {}),
    }),
  ),
});

const HANDSHAKE = [
  whole(0, { seq: 1000, ack: 0, flags: SYN }),
  whole(0.01, { seq: 5000, ack: 1001, flags: SYN_ACK }, true),
  whole(0.02, { seq: 1001, ack: 5001, flags: ACK }),
];
const CLOSE = [
  whole(1, { seq: 1065, ack: 5001, flags: FIN_ACK }),
  whole(1.01, { seq: 5001, ack: 1066, flags: FIN_ACK }, true),
  whole(1.02, { seq: 1066, ack: 5002, flags: ACK }),
];
const RESENT = [whole(0.5, { seq: 1001, ack: 5001, flags: ACK, payload: PAYLOAD })];
const later = (at: number): Sent => ({
  at,
  octets: ethernet(0x0800, ipv4(tcp({ sourcePort: 1, destinationPort: 2, flags: SYN }), { id: 1 })),
});

const look = (...packets: readonly Sent[]): ResultDocument => analyzeBytes(capture(...packets), { segments: true });
/** What must be the same whether or not an incomplete segment was captured beside the rest. */
function judged({ endpoints, segments, firstFrame, lastFrame, equivalents, ...rest }: ConnectionResult): unknown {
  const { wiresharkCompleteness, ...zeek } = equivalents;
  const { segments: sent, payloadBytes, ...client } = endpoints.client;
  return { ...rest, zeek, client, server: endpoints.server };
}

describe('the first fragment of a segment whose rest never comes', () => {
  for (const [version, octets] of [
    ['IPv4', first4(DATA)],
    ['IPv6', first6(DATA)],
  ] as const) {
    it(`makes a connection that shows its sender, over ${version}`, () => {
      const { connections, captures } = look({ at: 0, octets });
      expect(captures[0]).toMatchObject({
        packetCount: 1,
        tcpSegmentCount: 1,
        skipped: {},
        fragments: { unfinished: 1, incompleteSegments: 1, reassembled: 0 },
      });
      expect(connections).toHaveLength(1);
      expect(connections[0]).toMatchObject({
        firstFrame: 1,
        lastFrame: 1,
        outcome: 'partial',
        certainty: 'undetermined',
        findings: [],
        endpoints: {
          client: { segments: 1, payloadBytes: 20, uniquePayloadBytes: 20, state: 'ESTABLISHED', basis: 'assumed' },
          server: { segments: 0, state: 'UNKNOWN', stateHistory: [] },
        },
        segments: [{ frame: 1, from: 'client', seq: 1001, length: 20, labels: ['incomplete'], rules: [] }],
      });
    });
  }

  it('proves of a SYN that it was sent, and not that nobody answered', () => {
    const syn = tcp({ ...CLIENT, seq: 1000, flags: SYN, payload: PAYLOAD });
    const { connections } = look({ at: 0, octets: first4(syn) }, later(30));
    expect(connections.map(({ client }) => client.port).sort()).toEqual([1, 40000]);
    const told = connections.find(({ client }) => client.port === 40000);
    expect(told).toMatchObject({
      outcome: 'partial',
      findings: [],
      handshake: { synFrame: 1, synAckFrame: null },
      endpoints: { client: { state: 'SYN_SENT', basis: 'proven' }, server: { state: 'UNKNOWN' } },
    });
  });

  it('counts in a connection that goes on, and nothing follows from it', () => {
    const lost = { at: 0.1, octets: first4(DATA) };
    const other = { at: 0.1, octets: ethernet(0x0806, hex('00')) };
    const { connections } = look(...HANDSHAKE, lost, ...RESENT, ...CLOSE, later(100));
    const without = look(...HANDSHAKE, other, ...RESENT, ...CLOSE, later(100));
    expect(judged(connections[0])).toEqual(judged(without.connections[0]));
    expect(connections[0]).toMatchObject({ outcome: 'graceful', endpoints: { client: { segments: 6 } } });
    const told = connections[0].segments ?? [];
    expect(told.map(({ frame }) => frame)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(told[3]).toMatchObject({ labels: ['incomplete'], clientState: 'ESTABLISHED', serverState: 'ESTABLISHED' });
    expect(told[4].labels).toEqual(['data']);
  });

  it('is where a connection begins whose SYN came again, whole', () => {
    const syn = tcp({ ...CLIENT, seq: 1000, flags: SYN, payload: PAYLOAD });
    const packets = [{ at: -1, octets: first4(syn) }, ...HANDSHAKE].map(({ at, octets }) => ({ at: at + 1, octets }));
    const { connections } = look(...packets);
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatchObject({
      firstFrame: 1,
      durationSeconds: 1.02,
      outcome: 'open',
      handshake: { synFrame: 2, synRetransmissions: 0 },
      equivalents: { wiresharkCompleteness: 7 },
    });
    expect(connections[0].segments?.[0]).toMatchObject({ frame: 1, labels: ['incomplete'], phase: 'handshake' });
  });

  it('is known after a minute, when a connection may begin with what comes next', () => {
    const fragment = { at: 61, octets: first4(tcp({ sourcePort: 5, destinationPort: 6 }), 99, 24) };
    const packets = [...HANDSHAKE, ...RESENT].map(({ at, octets }) => ({ at: at + 70, octets }));
    const { connections } = look({ at: 0, octets: first4(DATA) }, fragment, ...packets);
    const told = connections.find(({ client }) => client.port === 40000);
    expect(told).toMatchObject({ firstFrame: 1, outcome: 'open', roleBasis: 'syn', handshake: { synFrame: 3 } });
    expect(told?.endpoints.client).toMatchObject({ segments: 4, state: 'ESTABLISHED', retransmittedSegments: 0 });
  });

  it('is given up as time passes, also when no other fragment comes', () => {
    const others = Array.from({ length: 1100 }, (_, index) => later(61 + index / 1000));
    const { captures } = look({ at: 0, octets: first4(DATA) }, ...others);
    expect(captures[0].fragments).toMatchObject({ timedOut: 1, unfinished: 0, incompleteSegments: 1 });
  });

  it('of an older connection does not move the beginning of the one that has its tuple now', () => {
    const old = tcp({ ...CLIENT, seq: 900_000_000, ack: 77, flags: ACK, payload: PAYLOAD });
    const packets = HANDSHAKE.map(({ at, octets }) => ({ at: at + 30, octets }));
    const { connections } = look({ at: 0, octets: first4(old) }, ...packets);
    expect(connections).toHaveLength(1);
    expect(connections[0]).toMatchObject({ firstFrame: 2, durationSeconds: 0.02, outcome: 'open' });
    expect(connections[0].endpoints.client.segments).toBe(3);
  });
});

describe('no segment is told', () => {
  it('when the rest comes later: then it is the whole one', () => {
    const { connections, captures } = look({ at: 0, octets: first4(DATA) }, later(10), { at: 20, octets: rest4(DATA) });
    expect(captures[0].fragments).toMatchObject({ reassembled: 1, unfinished: 0, incompleteSegments: 0 });
    const told = connections.find(({ client }) => client.port === 40000);
    expect(told?.segments).toMatchObject([{ frame: 3, length: 64, labels: ['data'] }]);
  });

  it.each([
    ['the TCP header is cut', first4(DATA, 7, 16)],
    ['its options are cut', first4(tcp({ ...CLIENT, options: new Array<number>(24).fill(1) }), 7, 32)],
    ['it is not the first fragment', rest4(DATA)],
    ['it is not TCP', ethernet(0x0800, ipv4(DATA.slice(0, FIRST_BYTES), { id: 7, fragment: MORE, protocol: 17 }))],
  ])('when %s', (_, octets) => {
    const { connections, captures } = look({ at: 0, octets });
    expect(connections).toEqual([]);
    expect(captures[0]).toMatchObject({ tcpSegmentCount: 0, skipped: { fragment: 1 } });
    expect(captures[0].fragments).toMatchObject({ unfinished: 1, incompleteSegments: 0 });
  });

  it('when fragments overlap: receivers drop such datagrams', () => {
    const { connections, captures } = look(
      { at: 0, octets: first4(DATA) },
      { at: 0.1, octets: first4(tcp({ ...CLIENT, seq: 9 }), 7, 16) },
    );
    expect(connections).toEqual([]);
    expect(captures[0].fragments).toMatchObject({ overlaps: 1, unfinished: 1, incompleteSegments: 0 });
  });
});

describe('where it is told does not depend on how the capture is read', () => {
  let cli: BuiltCli;
  let folder = '';
  const packets = [
    ...HANDSHAKE,
    { at: 0.1, octets: first4(DATA) },
    ...RESENT,
    ...CLOSE,
    { at: 2, octets: first4(tcp({ sourcePort: 41000, destinationPort: 80, seq: 1, flags: ACK, payload: PAYLOAD }), 8) },
    {
      at: 90,
      octets: first4(tcp({ sourcePort: 42000, destinationPort: 80, seq: 1, flags: ACK, payload: PAYLOAD }), 9),
    },
    later(91),
    { at: 92, octets: first6(DATA) },
  ];
  const file = (): string => path.join(folder, 'incomplete.pcap');
  beforeAll(() => {
    cli = new BuiltCli();
    folder = mkdtempSync(path.join(tmpdir(), 'lastack-incomplete-'));
    writeFileSync(file(), capture(...packets));
  });
  afterAll(() => {
    cli.remove();
    rmSync(folder, { recursive: true });
  });

  it('in pieces', async () => {
    const bytes = capture(...packets);
    const pieces = (size: number): Uint8Array[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));
    const { connections } = await analyze([bytes], { segments: true });
    expect(connections).toHaveLength(5);
    for (const size of [1, 7, 64]) {
      expect((await analyze(pieces(size), { segments: true })).connections).toEqual(connections);
    }
  });

  it('live', async () => {
    const bytes = capture(...packets);
    const { events, live } = await play(bytes, {});
    const { connections, summary } = analyzeBytes(bytes);
    const told = tell(events);
    expect([...told.keys()].sort()).toEqual([1, 2, 3, 4, 5]);
    for (const connection of connections) {
      const { takenBack, outcomes, ...rest } = told.get(connection.id) ?? { takenBack: [], outcomes: [] };
      expect({ ...rest, takenBack, outcome: outcomes.at(-1) }).toEqual({ ...toldOf(connection), takenBack: [] });
    }
    expect(live.summary).toEqual(summary);
  });

  it.each([[[]], [['-f', 'json']], [['-f', 'ndjson', '--segments']]])('with threads, %s', (form) => {
    const one = cli.run([file(), ...form, '--threads', '1']);
    expect(one.status).toBe(0);
    for (const count of ['2', '3']) expect(cli.run([file(), ...form, '--threads', count]).stdout).toBe(one.stdout);
  });

  it('and its frame is cut out with its connection', () => {
    const out = path.join(folder, 'one.pcapng');
    expect(cli.run(['extract', file(), '--connection', '1', '-o', out]).status).toBe(0);
    const again = JSON.parse(cli.run([out, '-f', 'json', '--segments']).stdout) as ResultDocument;
    expect(again.connections).toHaveLength(1);
    expect(again.connections[0].segments?.[3].labels).toEqual(['incomplete']);
    expect(again.connections[0].segments).toHaveLength(8);
  });
});
