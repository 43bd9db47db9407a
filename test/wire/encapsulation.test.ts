import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RowOrigin, TcpOption } from '../../src/wire/batch.ts';
import { decodeAll, decodeOne } from '../support/decoded.ts';
import { ENCAPSULATIONS } from '../support/encapsulations.ts';
import { CLIENT4, CLIENT6, cat, type Octets, SERVER4, SERVER6, u16le, u32le, zeros } from '../support/frames.ts';

const words = (octets: Octets): number[] => {
  const view = new DataView(Uint8Array.from(octets).buffer);
  return [0, 4, 8, 12].map((at) => (at < octets.length ? view.getInt32(at) : 0));
};

describe.each(ENCAPSULATIONS)('$name', ({ frame, linkType, ipVersion, scope, tunnel }) => {
  it('gives the row of the segment inside', () => {
    const { batch, decoder } = decodeOne(frame, linkType);
    expect(decoder.skippedCounts()).toEqual({});
    expect(batch.count).toBe(1);
    expect(batch.ipVersion(0)).toBe(ipVersion);
    expect([...batch.sourceAddress(0)]).toEqual(words(ipVersion === 4 ? CLIENT4 : CLIENT6));
    expect([...batch.destinationAddress(0)]).toEqual(words(ipVersion === 4 ? SERVER4 : SERVER6));
    expect([batch.sourcePort(0), batch.destinationPort(0)]).toEqual([40000, 80]);
    expect([batch.seq(0), batch.ack(0)]).toEqual([0x11223344, 0x55667788]);
    expect([batch.flags(0), batch.window(0), batch.payloadBytes(0)]).toEqual([0x018, 502, 2]);
    expect([batch.options(0), batch.tsVal(0), batch.tsEcr(0)]).toEqual([TcpOption.TIMESTAMPS, 100, 101]);
    expect([batch.ttl(0), batch.ipId(0)]).toEqual([64, ipVersion === 4 ? 0x1234 : 0]);
    expect(batch.scope(0)).toBe(scope);
    expect(batch.origin(0)).toBe(tunnel === '' ? 0 : RowOrigin.TUNNELLED);
    expect(decoder.tunnelCounts()).toEqual(tunnel === '' ? {} : { [tunnel]: 1 });
    expect(decoder.tcpSegmentCount).toBe(1);
  });

  it('has a right checksum', () => {
    const { decoder } = decodeOne(frame, linkType, { verifyChecksums: true });
    expect(decoder.checksumCounts()).toMatchObject({ good: 1, bad: 0, badIpHeaders: 0 });
  });

  it('is read within its captured octets at any snap length, and told the truth about', () => {
    for (let snapLength = 0; snapLength < frame.length; snapLength++) {
      const cut = { octets: frame.slice(0, snapLength), linkType, wireBytes: frame.length };
      const { batch, decoder } = decodeAll([cut]);
      const skipped = Object.values(decoder.skippedCounts()).reduce((sum, count) => sum + count, 0);
      expect(batch.count + skipped, `snap length ${snapLength}`).toBe(1);
      if (batch.count === 1)
        expect([batch.seq(0), batch.flags(0), batch.payloadBytes(0)]).toEqual([0x11223344, 0x018, 2]);
    }
  });

  it('survives any one octet being wrong', () => {
    const frames = frame.flatMap((octet, at) =>
      [0x00, 0xff, octet ^ 0x80, octet ^ 0x01].map((wrong) => ({ octets: frame.with(at, wrong), linkType })),
    );
    for (const mutated of frames) expect(() => decodeAll([mutated])).not.toThrow();
  });
});

describe.each(ENCAPSULATIONS.filter(({ tunnel }) => tunnel !== ''))(
  '$name without decapsulation',
  ({ frame, linkType }) => {
    it('gives no row of the segment inside', () => {
      expect(decodeOne(frame, linkType, { decapsulate: false }).batch.count).toBe(0);
    });
  },
);

const hasTshark = spawnSync('tshark', ['--version']).status === 0;

/** A pcapng file with an interface for each frame, so that one run of tshark reads all link types. */
function pcapng(frames: readonly { linkType: number; frame: Octets }[]): Octets {
  const block = (type: number, body: Octets): Octets => {
    const padded = [...body, ...zeros(-body.length & 3)];
    return [...u32le(type), ...u32le(padded.length + 12), ...padded, ...u32le(padded.length + 12)];
  };
  const section = block(0x0a0d0d0a, [...u32le(0x1a2b3c4d), ...u16le(1), ...u16le(0), ...u32le(-1), ...u32le(-1)]);
  const interfaces = frames.map(({ linkType }) => block(1, [...u16le(linkType), ...u16le(0), ...u32le(0)]));
  const packets = frames.map(({ frame }, index) =>
    block(6, [...u32le(index), ...zeros(8), ...u32le(frame.length), ...u32le(frame.length), ...frame]),
  );
  return cat(section, ...interfaces, ...packets);
}

describe.runIf(hasTshark)('tshark', () => {
  it('reads the same segment in each of them', () => {
    const known = ENCAPSULATIONS.filter((encapsulation) => encapsulation.knownToTshark);
    const directory = mkdtempSync(join(tmpdir(), 'lastack-'));
    try {
      const file = join(directory, 'encapsulations.pcapng');
      writeFileSync(file, Uint8Array.from(pcapng(known)));
      const fields = ['frame.number', 'tcp.srcport', 'tcp.seq_raw', 'tcp.len'].flatMap((field) => ['-e', field]);
      const output = execFileSync('tshark', ['-n', '-r', file, '-Y', 'tcp', '-T', 'fields', ...fields], {
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const lines = new Set(output.toString().split('\n'));
      const disagreeing = known.filter((_, index) => !lines.has(`${index + 1}\t40000\t${0x11223344}\t2`));
      expect(disagreeing.map(({ name }) => name)).toEqual([]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
