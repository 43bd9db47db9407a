import { describe, expect, it } from 'vitest';
import { RowOrigin, TcpOption } from '../../src/wire/batch.ts';
import { decodeAll, decodeOne } from '../support/decoded.ts';
import { ethernet, hex, ipv4, ipv6, type Octets, tcp, u16 } from '../support/frames.ts';

const frameOf = (segment: Octets): Octets => ethernet(0x0800, ipv4(segment));
const withOptions = (options: string): ReturnType<typeof decodeOne>['batch'] =>
  decodeOne(frameOf(tcp({ flags: 0x002, options: hex(options) }))).batch;

describe('an IP length beyond the frame', () => {
  const ack = ethernet(0x0800, ipv4(tcp({ flags: 0x010 }), { totalBytes: 820 }));

  it('gives no payload that was never on the wire', () => {
    expect(decodeOne(ack).batch.payloadBytes(0)).toBe(0);
  });

  it('counts when the snap length cut the frame', () => {
    expect(decodeAll([{ octets: ack, wireBytes: 834 }]).batch.payloadBytes(0)).toBe(780);
  });

  it('holds for IPv6', () => {
    const segment = ethernet(0x86dd, ipv6(tcp({ flags: 0x010 }), { payloadBytes: 800 }));
    expect(decodeOne(segment).batch.payloadBytes(0)).toBe(0);
  });
});

describe('TCP options', () => {
  it('reads those of a Linux SYN', () => {
    const batch = withOptions('020405b4 0402 080a 0001e240 00000000 01 030307');
    expect(batch.options(0)).toBe(
      TcpOption.MSS | TcpOption.SACK_PERMITTED | TcpOption.TIMESTAMPS | TcpOption.WINDOW_SCALE,
    );
    expect([batch.mss(0), batch.windowScale(0), batch.tsVal(0), batch.tsEcr(0)]).toEqual([1460, 7, 123456, 0]);
  });

  it('reads SACK ranges beside timestamps, at most four', () => {
    const batch = withOptions('0101 080a 00000001 00000002 0101 050a 80000000 80000010');
    expect(batch.options(0)).toBe(TcpOption.TIMESTAMPS | TcpOption.SACK);
    expect(batch.sackCount(0)).toBe(1);
    expect(batch.sackEdges(0)).toEqual([0x80000000, 0x80000010]);
    const four = withOptions('0101 0522 00000001 00000002 00000003 00000004 00000005 00000006 00000007 00000008');
    expect(four.sackCount(0)).toBe(4);
    expect(four.sackEdges(0)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it.each([
    ['a Fast Open cookie', '2206 01020304 0101'],
    ['an experimental Fast Open cookie', 'fe06 f989 0102 0101'],
    ['a Fast Open cookie request', '2202 0101'],
  ])('reads %s', (_, options) => {
    expect(withOptions(options).options(0)).toBe(TcpOption.FAST_OPEN);
  });

  it('takes no other experiment for Fast Open', () => {
    expect(withOptions('fe04 1234').options(0)).toBe(0);
  });

  it('stops at the end of the list', () => {
    expect(withOptions('00 0204 05b4').options(0)).toBe(0);
  });

  it.each([
    ['a length below two', '020405b4 0801 0000', TcpOption.MSS],
    ['a length beyond the header', '020405b4 01 01 080a', TcpOption.MSS],
    ['a kind without a length', '020405b4 010101 08', TcpOption.MSS],
    ['a wrong length of a known option', '0203 05 01', 0],
    ['a SACK of half a range', '0506 00000001 0101', 0],
  ])('keeps what parses before %s', (_, options, kept) => {
    const batch = withOptions(options);
    expect(batch.options(0)).toBe(TcpOption.MALFORMED | kept);
  });

  it('leaves no trace of the row that was there before', () => {
    const { batch } = decodeAll([
      { octets: frameOf(tcp({ options: hex('020405b4 0402 080a 0001e240 00000007 01 030307') })) },
    ]);
    batch.count = 0;
    expect([batch.mss(0), batch.tsVal(0)]).toEqual([1460, 123456]);
    const again = decodeAll([
      { octets: frameOf(tcp({ options: hex('020405b4 0402 080a 0001e240 00000007 01 030307') })) },
      { octets: frameOf(tcp()) },
    ]).batch;
    expect([again.mss(1), again.windowScale(1), again.tsVal(1), again.tsEcr(1), again.options(1)]).toEqual([
      0, 0, 0, 0, 0,
    ]);
  });
});

describe('TCP header', () => {
  it('gives unsigned numbers and all nine flags', () => {
    const { batch } = decodeOne(frameOf(tcp({ seq: 0xffffffff, ack: 0x80000000, flags: 0x1ff, window: 65535 })));
    expect([batch.seq(0), batch.ack(0), batch.flags(0), batch.window(0)]).toEqual([
      0xffffffff, 0x80000000, 0x1ff, 65535,
    ]);
  });

  it('counts a data offset below five or beyond the segment', () => {
    for (const dataOffset of [0, 4, 6, 15]) {
      const { batch, decoder } = decodeOne(frameOf(tcp({ dataOffset })));
      expect(batch.count).toBe(0);
      expect(decoder.skippedCounts()).toEqual({ 'bad-tcp-header': 1 });
    }
  });

  it('is usable from its flags on when the snap length cuts it', () => {
    const whole = frameOf(tcp({ options: hex('0101080a 00000001 00000002'), payload: hex('0102030405') }));
    const headerStart = 14 + 20;
    for (let captured = 0; captured <= 32; captured++) {
      const { batch, decoder } = decodeAll([
        { octets: whole.slice(0, headerStart + captured), wireBytes: whole.length },
      ]);
      if (captured < 14) {
        expect(decoder.skippedCounts()).toEqual({ 'truncated-tcp': 1 });
        continue;
      }
      expect([batch.count, batch.seq(0), batch.payloadBytes(0)]).toEqual([1, 0x11223344, 5]);
      expect(batch.origin(0)).toBe(captured < 20 ? RowOrigin.TRUNCATED_HEADER : 0);
      const options = captured === 32 ? TcpOption.TIMESTAMPS : captured < 20 ? 0 : TcpOption.CUT;
      expect(batch.options(0)).toBe(options);
      expect(batch.window(0)).toBe(captured < 16 ? 0 : 502);
    }
  });
});

describe('lengths', () => {
  it('takes the payload length from IP, not from the frame', () => {
    const padded = [...frameOf(tcp({ flags: 0x010 })), ...u16(0), ...u16(0), ...u16(0)];
    expect(decodeOne(padded).batch.payloadBytes(0)).toBe(0);
  });

  it('takes the length on the wire when IP says 0', () => {
    const superframe = ethernet(0x0800, ipv4(tcp({ payload: hex('00'.repeat(100)) }), { totalBytes: 0 }));
    const { batch } = decodeOne(superframe);
    expect([batch.payloadBytes(0), batch.origin(0)]).toEqual([100, RowOrigin.LENGTH_FROM_CAPTURE]);
    const cut = decodeAll([{ octets: superframe.slice(0, 60), wireBytes: 60000 }]).batch;
    expect(cut.payloadBytes(0)).toBe(60000 - 14 - 40);
    const absurd = decodeAll([{ octets: superframe, wireBytes: 0xffffffff }]).batch;
    expect(absurd.payloadBytes(0)).toBe(100);
  });

  it('counts an IP length below the header', () => {
    const { decoder } = decodeOne(ethernet(0x0800, ipv4(tcp(), { totalBytes: 19 })));
    expect(decoder.skippedCounts()).toEqual({ 'bad-ip-header': 1 });
  });
});

it('counts what is no TCP by its kind', () => {
  const { decoder } = decodeAll([
    { octets: ethernet(0x0806, hex('0001080006040001')) },
    { octets: ethernet(0x88cc, hex('0000')) },
    { octets: ethernet(0x0800, ipv4(hex('0035003500080000'), { protocol: 17 })) },
    { octets: ethernet(0x0800, ipv4(hex('0800000000000000'), { protocol: 1 })) },
    { octets: ethernet(0x0800, ipv4(hex('00000000'), { protocol: 50 })) },
    { octets: ethernet(0x0800, ipv4(hex('00000000'), { protocol: 89 })) },
    { octets: ethernet(0x0800, ipv4(hex('00000000'), { protocol: 132 })) },
    { octets: ethernet(0x0800, hex('15')) },
    { octets: hex('00') },
    { octets: hex('00000000'), linkType: 187 },
    { octets: hex('00000000'), linkType: 99999 },
  ]);
  expect(decoder.skippedCounts()).toEqual({
    arp: 1,
    'not-ip': 1,
    udp: 1,
    icmp: 1,
    esp: 1,
    'other-ip-protocol': 1,
    sctp: 1,
    'truncated-ip': 1,
    'truncated-link': 1,
    'unsupported-linktype:LINKTYPE_BLUETOOTH_HCI_H4': 1,
    'unsupported-linktype:LINKTYPE_99999': 1,
  });
});
