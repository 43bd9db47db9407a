import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSourceContext } from '../src/source/packet.ts';
import { PcapParser } from '../src/source/pcap.ts';
import { SegmentBatch, TcpFlag } from '../src/wire/batch.ts';
import { Decoder } from '../src/wire/decode.ts';

const GENERATOR = new URL('../bench/generate.mjs', import.meta.url).pathname;
let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lastack-generator-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function generate(name: string, ...args: string[]) {
  const path = join(folder, `${name}.pcap`);
  const { status, stderr } = spawnSync(process.execPath, [GENERATOR, '--out', path, ...args], { encoding: 'utf8' });
  return { path, status, stderr };
}

const truthOf = (path: string) => JSON.parse(readFileSync(path.replace('.pcap', '.truth.json'), 'utf8'));
const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);

/** RFC 1071 over pseudo-header and segment of a packet without options; 0 when its checksum is right. */
function checksumOf(packet: Uint8Array): number {
  const [addresses, segment] = packet[0] >> 4 === 4 ? [12, 20] : [8, 40];
  let total = 6 + packet.length - segment;
  for (let at = addresses; at < packet.length; at += 2) total += (packet[at] << 8) + (packet[at + 1] ?? 0);
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}

/** Decodes every packet, one row at a time. */
function readRows(path: string, visit: (batch: SegmentBatch) => void): PcapParser {
  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch);
  const parser = new PcapParser(createSourceContext(batch.timeBase), {
    onPacket(...packet) {
      batch.count = 0;
      decoder.decode(...packet);
      expect(batch.count).toBe(1);
      const [bytes, , start, capturedBytes] = packet;
      expect(checksumOf(bytes.subarray(start + 14, start + capturedBytes))).toBe(0);
      visit(batch);
    },
  });
  parser.push(new Uint8Array(readFileSync(path)));
  parser.end();
  return parser;
}

describe('the generator of big captures', () => {
  it('writes well-formed segments in the order of time, as many as it says', () => {
    const { path } = generate('small', '--connections', '400', '--live', '100');
    const truth = truthOf(path);
    let last = Number.NEGATIVE_INFINITY;
    const initial = new Set<string>();
    const versions = new Set<number>();
    const parser = readRows(path, (batch) => {
      expect(batch.timeNanos(0)).toBeGreaterThanOrEqual(last);
      last = batch.timeNanos(0);
      versions.add(batch.ipVersion(0));
      const syn = (batch.flags(0) & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN;
      if (syn) initial.add(`${batch.sourceAddress(0)} ${batch.sourcePort(0)} ${batch.seq(0)}`);
    });
    expect(parser.packetCount).toBe(truth.packets);
    expect(initial.size).toBe(400);
    expect(versions).toEqual(new Set([4, 6]));
    expect([truth.connections, sum(truth.outcomes), sum(truth.closedFirst)]).toEqual([400, 400, 400]);
    expect(Object.keys(truth.outcomes).length).toBeGreaterThan(6);
  });

  it.each(['lossy', 'bulk', 'flood', 'long-lived', 'midstream', 'standing'])('knows the profile %s', (profile) => {
    const connections = profile === 'bulk' ? 1 : 60;
    const { path, status } = generate(profile, '--profile', profile, '--connections', String(connections));
    expect(status).toBe(0);
    expect(truthOf(path).connections).toBe(connections);
  });

  it('writes the same bytes for the same seed, others for another', () => {
    const read = (name: string, seed: string) =>
      readFileSync(generate(name, '--connections', '50', '--seed', seed).path);
    const first = read('a', '5');
    expect(first.equals(read('b', '5'))).toBe(true);
    expect(first.equals(read('c', '6'))).toBe(false);
  });

  it('refuses to fill the disk, and says what it does not understand', () => {
    const tooBig = generate('big', '--connections', '5000', '--max-bytes', '1000000');
    expect([tooBig.status, existsSync(tooBig.path)]).toEqual([2, false]);
    expect(tooBig.stderr).toContain('--max-bytes');
    expect(generate('bad', '--profile', 'nothing').stderr).toContain('long-lived');
    expect(generate('bad', '--connections', '-3').stderr).toContain('--connections');
  });
});
