import { describe, expect, it } from 'vitest';
import { analyze, type ConnectionResult, type ResultDocument } from '../src/index.ts';
import { Overview } from '../src/report/overview.ts';
import { PLAIN_TEXT } from '../src/report/terminal.ts';
import { renderTextReport } from '../src/report/text.ts';
import { join, PcapngBlocks, utf8 } from './support/capture-bytes.ts';
import { ENCAPSULATIONS } from './support/encapsulations.ts';
import { cat, ethernet, ipv4, PACKET4, SEGMENT, SERVER4, tcp } from './support/frames.ts';

const blocks = new PcapngBlocks();
const frameOf = (name: string): Uint8Array => {
  const found = ENCAPSULATIONS.find((each) => each.name === name);
  if (found === undefined) throw new Error(`no encapsulation ${name}`);
  return Uint8Array.from(found.frame);
};
const capture = (...parts: readonly Uint8Array[]): Uint8Array => join(blocks.section(), blocks.interface(), ...parts);

function textOf(document: ResultDocument): string {
  const overview = new Overview();
  for (const connection of document.connections) {
    overview.observe(connection, () => connection);
    overview.keep(connection);
  }
  const { captures, summary, connections } = document;
  const report = { captures, summary, overview, totalConnections: connections.length, paths: [], filterWords: [] };
  return renderTextReport(report, { ...PLAIN_TEXT, width: 200 });
}

const only = ({ connections }: ResultDocument): ConnectionResult => {
  expect(connections.length).toBe(1);
  return connections[0];
};

describe('names that a capture gives to addresses', () => {
  it('go with the connections, wherever they stand', async () => {
    const record = join(Uint8Array.from(SERVER4), utf8('server.example\0'));
    const again = join(Uint8Array.from(SERVER4), utf8('other.example\0'));
    const packet = blocks.enhanced(0, 1n, frameOf('ethernet'));
    for (const bytes of [
      capture(blocks.names([[1, record]]), packet),
      capture(packet, blocks.names([[1, record]]), blocks.names([[1, again]])),
    ]) {
      const document = await analyze([bytes]);
      expect(only(document).server.name).toBe('server.example');
      expect(only(document).client).not.toHaveProperty('name');
      expect(textOf(document)).toMatch(/names +\? → server\.example/);
    }
  });

  it('cannot steer a terminal', async () => {
    const record = join(Uint8Array.from(SERVER4), utf8('\u001b[31mred'));
    const document = await analyze([capture(blocks.names([[1, record]]), blocks.enhanced(0, 1n, frameOf('ethernet')))]);
    expect(textOf(document)).toContain('→ ?[31mred');
  });
});

describe('packets that the capture lost', () => {
  it('are told, by interface and of the whole', async () => {
    const lost = (id: number, count: number): Uint8Array => blocks.statistics(id, [[5, blocks.counter(count)]]);
    const document = await analyze([
      capture(blocks.interface(), blocks.enhanced(0, 1n, frameOf('ethernet')), lost(0, 3), lost(1, 4)),
    ]);
    expect(document.captures[0].droppedCount).toBe(7);
    expect(textOf(document)).toContain('lost: 7 packets never reached the capture');
    expect((await analyze([capture()])).captures[0]).not.toHaveProperty('droppedCount');
  });
});

describe('tunnels', () => {
  const bytes = capture(
    blocks.enhanced(0, 1n, frameOf('vxlan in gre')),
    blocks.enhanced(0, 2n, frameOf('ethernet, ipv6')),
  );

  it('are shown with the connections and counted', async () => {
    const document = await analyze([bytes]);
    expect(document.connections.map(({ tunnel }) => tunnel)).toEqual(['gre > vxlan', undefined]);
    expect(document.captures[0].tunnels).toEqual({ 'gre > vxlan': 1 });
    expect(textOf(document)).toContain('tunnels: 1 TCP segment through gre > vxlan');
    expect(textOf(document)).toMatch(/through +gre > vxlan/);
  });

  it('are left alone on request', async () => {
    const document = await analyze([bytes], { decapsulate: false });
    expect(document.connections.length).toBe(1);
    expect(document.captures[0]).not.toHaveProperty('tunnels');
  });
});

describe('fragments that overlap', () => {
  it('are told', async () => {
    const whole = ipv4(SEGMENT).slice(20);
    const part = (offset: number, count: number, more: boolean, first = whole[offset]): Uint8Array =>
      Uint8Array.from(
        ethernet(
          0x0800,
          ipv4(cat([first], whole.slice(offset + 1, offset + count)), { fragment: (more ? 0x2000 : 0) | (offset / 8) }),
        ),
      );
    const document = await analyze([
      capture(
        blocks.enhanced(0, 1n, part(0, 24, true)),
        blocks.enhanced(0, 2n, part(16, 8, true, 0xee)),
        blocks.enhanced(0, 3n, part(24, whole.length - 24, false)),
      ),
    ]);
    expect(document.captures[0].fragments).toMatchObject({ reassembled: 1, overlaps: 1, conflicts: 1 });
    expect(textOf(document)).toContain('fragments: 1 IP fragment over others, 1 of them with other octets');
  });
});

describe('malformed TCP options', () => {
  it('are counted, and what parses of them is kept', async () => {
    const options = [2, 4, 5, 180, 3, 9, 7, 0];
    const segment = Uint8Array.from(ethernet(0x0800, ipv4(tcp({ flags: 2, options }))));
    const document = await analyze([
      capture(blocks.enhanced(0, 1n, segment), blocks.enhanced(0, 2n, frameOf('ethernet'))),
    ]);
    expect(document.captures[0].malformedOptionCount).toBe(1);
    expect(document.connections[0].endpoints.client.mss).toBe(1460);
    expect(textOf(document)).toContain('options: malformed in 1 TCP segment; what parses is used');
  });
});

describe('checksums', () => {
  const right = frameOf('ethernet');
  const withSum = (sum: readonly number[]): Uint8Array =>
    Uint8Array.from(ethernet(0x0800, cat(PACKET4.slice(0, 36), sum, PACKET4.slice(38))));

  it('are verified on request only, and wrong ones are told from those that a network card fills in', async () => {
    const bytes = capture(
      blocks.enhanced(0, 1n, right),
      blocks.enhanced(0, 2n, withSum([0x12, 0x34])),
      blocks.enhanced(0, 3n, withSum([0, 0])),
      blocks.enhanced(0, 4n, right.subarray(0, 60), right.length),
    );
    const verified = await analyze([bytes], { checksums: true });
    expect(verified.captures[0].checksums).toEqual({
      good: 1,
      bad: 1,
      offloaded: 1,
      unverifiable: 1,
      badIpHeaders: 0,
      badFrames: [2],
    });
    expect(textOf(verified)).toContain('1 wrong, which their receiver drops (#2), 1 not filled in yet (offload');
    expect((await analyze([bytes])).captures[0]).not.toHaveProperty('checksums');
  });
});
