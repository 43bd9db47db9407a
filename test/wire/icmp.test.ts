import { describe, expect, it } from 'vitest';
import { BATCH_ROWS } from '../../src/wire/batch.ts';
import { decodeAll, decodeOne } from '../support/decoded.ts';
import { cat, ethernet, hex, ipv4, ipv6, type Octets, PACKET4, PACKET6, SEGMENT, u32 } from '../support/frames.ts';

const icmp = (typeAndCode: string, quote: Octets): Octets =>
  ethernet(0x0800, ipv4(cat(hex(typeAndCode), hex('0000 00000000'), quote), { protocol: 1, source: [203, 0, 113, 9] }));
const icmp6 = (typeAndCode: string, quote: Octets): Octets =>
  ethernet(0x86dd, ipv6(cat(hex(typeAndCode), hex('0000 00000000'), quote), { next: 58 }));

describe('ICMP errors', () => {
  it('name the quoted segment and who reports', () => {
    const { batch, decoder } = decodeAll([
      { octets: ethernet(0x0800, PACKET4) },
      { octets: icmp('0303', PACKET4.slice(0, 28)) },
    ]);
    expect(batch.icmpErrors).toEqual([
      {
        beforeRow: 1,
        frame: 2,
        timeNanos: 1e9,
        type: 3,
        code: 3,
        reporter: Int32Array.of(0xcb007109, 0, 0, 0),
        ipVersion: 4,
        sourceAddress: Int32Array.of(0xc0000201, 0, 0, 0),
        destinationAddress: Int32Array.of(0xc6336402, 0, 0, 0),
        sourcePort: 40000,
        destinationPort: 80,
        scope: 0,
        seq: 0x11223344,
      },
    ]);
    expect(decoder.skippedCounts()).toEqual({ icmp: 1 });
  });

  it('are found in ICMPv6, behind extension headers too', () => {
    const plain = decodeOne(icmp6('0104', PACKET6)).batch.icmpErrors[0];
    expect(plain).toMatchObject({ type: 1, code: 4, ipVersion: 6, sourcePort: 40000, seq: 0x11223344 });
    expect([...plain.sourceAddress]).toEqual([0x20010db8, 0, 0, 1]);
    const extended = ipv6(cat(hex('2c00 0502 0000 0100'), hex('0600 0001'), u32(9), SEGMENT), { next: 0 });
    expect(decodeOne(icmp6('0300', extended)).batch.icmpErrors).toHaveLength(1);
  });

  it.each([
    ['an echo request', icmp('0800', PACKET4)],
    ['a redirect', icmp('0501', PACKET4)],
    ['a quote that ends before the sequence number', icmp('0301', PACKET4.slice(0, 27))],
    ['a quote of UDP', icmp('0303', ipv4(SEGMENT, { protocol: 17 }))],
    ['a quote of a later fragment', icmp('0b01', ipv4(SEGMENT, { fragment: 1 }))],
    ['a neighbour solicitation', icmp6('8700', PACKET6)],
    ['a quote of a later IPv6 fragment', icmp6('0300', ipv6(cat(hex('0600 0009'), u32(9), SEGMENT), { next: 44 }))],
  ])('are not made of %s', (_, octets) => {
    expect(decodeOne(octets).batch.icmpErrors).toEqual([]);
  });

  it('never outgrow the batch', () => {
    const { batch } = decodeAll(Array.from({ length: BATCH_ROWS + 10 }, () => ({ octets: icmp('0301', PACKET4) })));
    expect(batch.icmpErrors).toHaveLength(BATCH_ROWS);
  });
});
