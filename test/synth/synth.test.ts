import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseAddress } from '../../src/base/address.ts';
import { formatIpv6, parseEndpoint } from '../../src/synth/address.ts';
import { synthesizePcap, synthesizePcapng } from '../../src/synth/capture.ts';
import { ScenarioError } from '../../src/synth/error.ts';
import { buildTcpFrame } from '../../src/synth/frame.ts';
import { DEFAULT_PCAP_STYLE } from '../../src/synth/pcap-writer.ts';
import { printScenario } from '../../src/synth/print.ts';
import { planFrames } from '../../src/synth/resolve.ts';
import { parseScenario, type Scenario } from '../../src/synth/scenario.ts';
import { readTcpFrame } from '../../src/synth/unframe.ts';
import { listScenarios, loadScenario } from '../support/scenario-runner.ts';

const scenarioFiles = listScenarios();

const script = (...lines: string[]): string => ['# Title', '```packets', ...lines, '```', ''].join('\n');
const parseScript = (...lines: string[]): Scenario => parseScenario(script(...lines), { path: 'x.md' });
const tcpFrames = (scenario: Scenario) =>
  planFrames(scenario).flatMap((planned) => (planned.kind === 'tcp' ? [planned.frame] : []));

describe('packet script', () => {
  test('numbers are relative to the ISN of the end they belong to', () => {
    const [syn, synAck, data] = tcpFrames(
      parseScript('+.000 C > S S 0:0(0)', '+.010 S > C S. 0:0(0) ack 1', '+.010 C > S P. 1:101(100) ack 1'),
    );
    expect([syn.seq, synAck.seq, synAck.ack]).toEqual([1000, 5000, 1001]);
    expect([data.seq, data.ack, data.payloadBytes]).toEqual([1001, 5001, 100]);
  });

  test('left-out numbers follow what was sent', () => {
    const frames = tcpFrames(
      parseScript('+0 C > S S', '+0 S > C S.', '+0 C > S .', '+0 C > S P. (100)', '+0 C > S F.', '+0 S > C .'),
    );
    expect(frames.map((frame) => [frame.seq, frame.ack])).toEqual([
      [1000, 0],
      [5000, 1001],
      [1001, 5001],
      [1001, 5001],
      [1101, 5001],
      [5001, 1102],
    ]);
  });

  test('timestamps and IP identification count up, and a copy keeps them', () => {
    const frames = tcpFrames(
      parseScript('+0 C > S S', '+.010 S > C S.', '+.010 C > S .', '+.001 dup ttl 63', '+.200 C > S P. (10)'),
    );
    expect(frames.map((frame) => frame.ipId)).toEqual([1000, 0, 1001, 1001, 1002]);
    expect(frames.map((frame) => frame.ttl)).toEqual([64, 64, 64, 63, 64]);
    const stamps = frames.map((frame) => frame.options.find((option) => option.kind === 'TS'));
    expect(stamps[4]).toEqual({ kind: 'TS', val: 100221, ecr: 700010 });
  });

  test('sequence numbers wrap around', () => {
    const text = script('+0 C > S S', '+0 C > S P. 1:101(100) ack 1').replace(
      '```packets',
      '```settings\nC isn 4294967290\n```\n```packets',
    );
    const [, data] = tcpFrames(parseScenario(text));
    expect(data.seq).toBe(4294967291);
  });

  test.each([
    ['+0 C > X S', 'x.md:3:8: no end is called', 8],
    ['+0 C > S Q', 'x.md:3:10:', 10],
    ['+0 C > S . 1:5(5)', 'x.md:3:12:', 12],
    ['+0 C > S . 1 ack', 'x.md:3:17: expected an acknowledgment number', 17],
    ['soon C > S .', 'x.md:3:1: time must be', 1],
    ['+0 C > S . win 70000', 'x.md:3:16:', 16],
    ['+0 C > S S | syn | SYN_SENT', 'x.md:3:28: expected a state', 28],
    ['+0 C > S P. 1:70001(70000)', 'x.md:3:13:', 13],
    ['+0 dup', 'x.md:3:4: there is no frame above', 4],
  ])('error in %j names line and column', (line, message, column) => {
    const fail = (): Scenario => parseScript(line);
    expect(fail).toThrow(ScenarioError);
    expect(fail).toThrow(message);
    try {
      fail();
    } catch (error) {
      expect(error).toMatchObject({ path: 'x.md', line: 3, column });
    }
  });

  test('options that do not fit are refused', () => {
    const scenario = parseScript('+0 C > S S', '+0 S > C S.', '+0 C > S . sack 1:2,3:4,5:6,7:8');
    expect(() => planFrames(scenario)).toThrow('x.md:5:1: TCP options take more than 40 bytes');
  });

  test('unknown labels and states are refused when the vocabulary is given', () => {
    const text = script('+0 C > S S | sin | SYN_SENT LISTEN?');
    expect(() => parseScenario(text, { labels: ['syn'] })).toThrow("'sin' is no label");
    const other = script('+0 C > S S | syn | SYN_SEND LISTEN?');
    expect(() => parseScenario(other, { states: ['LISTEN', 'SYN_SENT'] })).toThrow("-:3:20: 'SYN_SEND' is no state");
  });
});

test('a mangled scenario is read or refused with line and column, never anything else', () => {
  const texts = scenarioFiles.map((name) => printed(loadScenario(name)));
  const word = fc.constantFrom(
    'C',
    '>',
    '<',
    '>',
    'S',
    'dup',
    'tick',
    '|',
    '?',
    '=',
    '-',
    '.',
    '1:2(3)',
    '<mss',
    '9',
    '```',
  );
  const edit = fc.tuple(fc.nat(), fc.nat(20), fc.oneof(word, fc.string({ maxLength: 5 })));
  fc.assert(
    fc.property(fc.constantFrom(...texts), fc.array(edit, { minLength: 1, maxLength: 4 }), (text, edits) => {
      const mangled = edits.reduce((current, [at, length, insert]) => {
        const start = at % current.length;
        return current.slice(0, start) + insert + current.slice(start + length);
      }, text);
      try {
        synthesizePcapng(parseScenario(mangled));
      } catch (error) {
        if (!(error instanceof ScenarioError)) throw error;
      }
    }),
    { numRuns: 2000 },
  );
});

test('addresses', () => {
  expect(parseAddress('10.0.0.256')).toBeNull();
  expect([...(parseAddress('2001:db8::1') ?? [])].slice(0, 4)).toEqual([0x20, 0x01, 0x0d, 0xb8]);
  expect([...(parseAddress('::ffff:1.2.3.4') ?? [])].slice(10)).toEqual([0xff, 0xff, 1, 2, 3, 4]);
  expect(parseEndpoint('[::1]:443')).toEqual({ address: '::1', port: 443 });
  expect(parseEndpoint('1.2.3.4:99999')).toBeNull();
});

test('IPv6 addresses are printed in their shortest form', () => {
  const shortest = ['::', '::1', '2001:db8::1', '1::', 'fe80::1:0:0:1', '1:2:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'];
  for (const text of shortest) expect(formatIpv6(parseAddress(text) ?? new Uint8Array())).toBe(text);
});

describe('reading frames back', () => {
  test.each(scenarioFiles)('%s', (name) => {
    for (const frame of tcpFrames(loadScenario(name))) expect(readTcpFrame(buildTcpFrame(frame))).toEqual(frame);
  });
});

function printed(scenario: Scenario): string {
  return printScenario({
    title: scenario.title,
    prose: '',
    startSeconds: scenario.settings.startSeconds,
    ends: [...scenario.ends.values()],
    frames: planFrames(scenario).filter((planned) => planned.kind === 'tcp'),
    expectations: [],
  });
}

describe('printing', () => {
  test.each(scenarioFiles)('%s: reading what was printed gives the same frames', (name) => {
    const scenario = loadScenario(name);
    const segments = planFrames(scenario).filter((planned) => planned.kind === 'tcp');
    expect(planFrames(parseScenario(printed(scenario)))).toEqual(segments);
  });

  test('labels, states and expectations stand in columns that are read again', () => {
    const scenario = parseScript('+0 C > S S', '+.5 C > S S');
    const segments = planFrames(scenario).filter((planned) => planned.kind === 'tcp');
    const text = printScenario({
      title: 'Two',
      prose: 'Some prose.',
      startSeconds: 0,
      ends: [...scenario.ends.values()],
      frames: [
        { ...segments[0], labels: 'syn', states: 'SYN_SENT LISTEN?' },
        { ...segments[1], states: 'SYN_SENT -' },
      ],
      expectations: ['outcome: unanswered', 'findings: syn-unanswered'],
    });
    const again = parseScenario(text);
    expect(again.packets[0].expect).toEqual({
      labels: ['syn'],
      client: { state: 'SYN_SENT', basis: 'proven' },
      server: { state: 'LISTEN', basis: 'assumed' },
    });
    expect(again.packets[1].expect.labels).toBeNull();
    expect(again.expectations[0].entries.map((entry) => entry.key)).toEqual(['outcome', 'findings']);
  });
});

const hasTshark = spawnSync('tshark', ['--version']).status === 0;
const scratch = mkdtempSync(join(tmpdir(), 'lastack-synth-'));
afterAll(() => rmSync(scratch, { recursive: true }));

interface TsharkRow {
  /** Seconds since 1970, nine decimals. */
  time: string;
  /** null when the frame is cut and cannot be verified. */
  checksumOk: boolean | null;
  seq: number;
  ack: number;
  length: number;
}

const FIELDS = [
  'frame.time_epoch',
  'frame.len',
  'frame.cap_len',
  'ip.checksum.status',
  'tcp.checksum.status',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
];

function dissect(path: string): (TsharkRow | null)[] {
  const preferences = ['tcp.check_checksum:TRUE', 'ip.check_checksum:TRUE'].flatMap((preference) => ['-o', preference]);
  const selected = FIELDS.flatMap((field) => ['-e', field]);
  const output = execFileSync(
    'tshark',
    ['-n', '-r', path, ...preferences, '-T', 'fields', '-E', 'occurrence=f', ...selected],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  );
  return output.slice(0, -1).split('\n').map(parseRow);
}

function parseRow(line: string): TsharkRow | null {
  const [time, length, captured, ipStatus, tcpStatus, seq, ack, payload] = line.split('\t');
  if (tcpStatus === '') return null;
  return {
    time,
    checksumOk: length === captured ? ipStatus !== '0' && tcpStatus === '1' : null,
    seq: Number(seq),
    ack: Number(ack),
    length: Number(payload),
  };
}

/** Ethernet, IPv4 and TCP without options: tshark shows nothing of a TCP header that is cut. */
const WHOLE_TCP_HEADER = 54;

function expectedRows(scenario: Scenario): (TsharkRow | null)[] {
  return planFrames(scenario).map((planned) => {
    if (planned.kind !== 'tcp' || (planned.snapBytes > 0 && planned.snapBytes < WHOLE_TCP_HEADER)) return null;
    const { frame } = planned;
    const whole = Math.floor(planned.timeNanos / 1e9);
    const nanos = planned.timeNanos - whole * 1e9;
    const isCut = planned.snapBytes > 0 && buildTcpFrame(frame).length > planned.snapBytes;
    return {
      time: `${scenario.settings.startSeconds + whole}.${String(nanos).padStart(9, '0')}`,
      checksumOk: isCut ? null : !frame.badChecksum,
      seq: frame.seq,
      ack: frame.ack,
      length: frame.payloadBytes,
    };
  });
}

describe.runIf(hasTshark)('tshark reads what we write', () => {
  const styles = [true, false].flatMap((littleEndian) =>
    [true, false].map((nanoseconds) => ({ littleEndian, nanoseconds })),
  );

  test.each(styles)('pcap, little-endian $littleEndian, nanoseconds $nanoseconds', (style) => {
    const scenario = loadScenario('four-segment-close-by-client.md');
    const path = join(scratch, 'a.pcap');
    writeFileSync(path, synthesizePcap(scenario, { ...DEFAULT_PCAP_STYLE, ...style }));
    expect(dissect(path)).toEqual(expectedRows(scenario));
  });

  test('all scenarios, as the sections of one pcapng file', () => {
    const scenarios = scenarioFiles.map((name) => loadScenario(name));
    const path = join(scratch, 'b.pcapng');
    writeFileSync(path, Buffer.concat(scenarios.map((scenario) => synthesizePcapng(scenario))));
    expect(dissect(path)).toEqual(scenarios.flatMap(expectedRows));
  });

  test('packet comments and the application name', () => {
    const scenario = parseScript('+0 C > S S');
    const path = join(scratch, 'c.pcapng');
    writeFileSync(path, synthesizePcapng(scenario, { comments: new Map([[1, 'first wave']]), application: 'lastack' }));
    const shown = execFileSync('tshark', ['-r', path, '-T', 'fields', '-e', 'frame.comment'], { encoding: 'utf8' });
    expect(shown.trim()).toBe('first wave');
    expect(readFileSync(path).includes('lastack')).toBe(true);
  });
});
