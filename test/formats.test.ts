import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { formatAddress } from '../src/base/address.ts';
import type { PacketSink } from '../src/source/packet.ts';
import { readCaptures } from '../src/source/session.ts';
import { SegmentBatch } from '../src/wire/batch.ts';
import { Decoder } from '../src/wire/decode.ts';
import { buildFormatFixtures, type FormatFixture, type FormatFrame } from './support/format-fixtures.ts';
import { tsharkVersion } from './support/tshark.ts';

const FOLDER = path.join(import.meta.dirname, '../fixtures/formats');
const FIXTURES = buildFormatFixtures();

if (process.env.LASTACK_UPDATE) {
  rmSync(FOLDER, { recursive: true, force: true });
  mkdirSync(FOLDER);
  for (const { file, bytes } of FIXTURES) writeFileSync(path.join(FOLDER, file), bytes);
}

type Line = readonly [frame: number, from: string, to: string, flags: number, seq: number, ack: number, length: number];

const endOf = (address: string, port: number): string => `${address} ${port}`;

/** What the scenario says that each frame is. */
function linesOf(frames: readonly FormatFrame[]): Line[] {
  return frames.map(({ segment: s }, index) => [
    index + 1,
    endOf(s.source, s.sourcePort),
    endOf(s.destination, s.destinationPort),
    s.flags,
    s.seq,
    s.ack,
    s.payloadBytes,
  ]);
}

/** What we decode. */
async function decode(file: string): Promise<Line[]> {
  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch);
  const lines: Line[] = [];
  const sink: PacketSink = {
    onPacket(...packet) {
      batch.clear();
      decoder.decode(...packet);
      for (let row = 0; row < batch.count; row++) {
        const version = batch.ipVersion(row) === 4 ? 4 : 6;
        lines.push([
          packet[6],
          endOf(formatAddress(version, batch.sourceAddress(row)), batch.sourcePort(row)),
          endOf(formatAddress(version, batch.destinationAddress(row)), batch.destinationPort(row)),
          batch.flags(row),
          batch.seq(row),
          batch.ack(row),
          batch.payloadBytes(row),
        ]);
      }
    },
  };
  const [report] = await readCaptures([file], sink);
  expect(report.problem).toBe(null);
  return lines.sort((a, b) => a[0] - b[0]);
}

describe('a fixture of every container, link type and tunnel', () => {
  it('is what the scenario and the writers make (LASTACK_UPDATE=1 writes them)', () => {
    expect(readdirSync(FOLDER).sort()).toEqual(FIXTURES.map(({ file }) => file).sort());
    for (const { file, bytes } of FIXTURES) {
      expect(Buffer.from(bytes).equals(readFileSync(path.join(FOLDER, file))), file).toBe(true);
    }
  });

  it.each(FIXTURES.map((fixture) => [fixture.file, fixture] as const))(
    '%s is decoded to its segments',
    async (file, { frames }) => {
      expect(await decode(path.join(FOLDER, file))).toEqual(linesOf(frames));
    },
  );
});

const FIELDS = [
  'frame.number',
  'ip.src',
  'ip.dst',
  'ipv6.src',
  'ipv6.dst',
  'tcp.srcport',
  'tcp.dstport',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
];

/** What tshark decodes: the innermost of every field. */
function decodeWithTshark(file: string, frames: readonly FormatFrame[]): Line[] {
  const args = ['-n', '-r', file, '-T', 'fields', '-E', 'occurrence=l', ...FIELDS.flatMap((field) => ['-e', field])];
  const { stdout } = spawnSync('tshark', args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  return stdout
    .trimEnd()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.split('\t'))
    .map(([frame, source4, destination4, source6, destination6, from, to, flags, seq, ack, length]) => {
      const is6 = frames[Number(frame) - 1].encapsulation.ipVersion === 6;
      return [
        Number(frame),
        endOf(is6 ? source6 : source4, Number(from)),
        endOf(is6 ? destination6 : destination4, Number(to)),
        Number(flags),
        Number(seq),
        Number(ack),
        Number(length),
      ];
    });
}

const hasTshark = tsharkVersion() !== null;
if (!hasTshark) {
  it('tshark is not installed: THE FORMATS ARE NOT COMPARED WITH IT', () => {
    process.stderr.write('\n*** tshark is not installed: no fixture of fixtures/formats was read with it ***\n\n');
  });
}

describe.runIf(hasTshark)('tshark', () => {
  const seen = new Set<string>();
  const compare = (file: string, frames: readonly FormatFrame[], hostOrder = 'little-endian'): void => {
    const known = ([frame]: Line): boolean => {
      const { name, knownToTshark } = frames[frame - 1].encapsulation;
      // For Wireshark the byte order of the file is that of the host; we go by the packet.
      return knownToTshark && !(name === 'nflog' && hostOrder !== 'little-endian');
    };
    expect(decodeWithTshark(file, frames).filter(known)).toEqual(linesOf(frames).filter(known));
    for (const { encapsulation } of frames) if (encapsulation.knownToTshark) seen.add(encapsulation.name);
  };
  const isOfLinkType = ({ file }: FormatFixture): boolean => file.startsWith('linktype-');

  it.each(FIXTURES.filter((each) => !isOfLinkType(each)).map((fixture) => [fixture.file, fixture] as const))(
    'decodes %s alike',
    (file, { frames }) =>
      compare(path.join(FOLDER, file), frames, file === 'big-endian.pcapng' ? 'big-endian' : undefined),
  );

  it('decodes the captures of all other link types alike', () => {
    // One after the other in one file, so that tshark starts once.
    const known = FIXTURES.filter(isOfLinkType).filter(({ frames }) =>
      frames.some(({ encapsulation }) => encapsulation.knownToTshark),
    );
    const folder = mkdtempSync(path.join(tmpdir(), 'lastack-formats-'));
    try {
      const joined = path.join(folder, 'joined.pcapng');
      const files = known.map(({ file }) => path.join(FOLDER, file));
      expect(spawnSync('mergecap', ['-a', '-w', joined, ...files]).status).toBe(0);
      compare(
        joined,
        known.flatMap(({ frames }) => frames),
      );
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  afterAll(() => expect(seen.size).toBeGreaterThan(100));
});
