import { describe, expect, it } from 'vitest';
import { RowOrigin } from '../../src/wire/batch.ts';
import { decodeAll } from '../support/decoded.ts';
import {
  cat,
  ethernet,
  hex,
  ipv4,
  ipv6,
  type Octets,
  outer4,
  PACKET4,
  SEGMENT,
  tcp,
  u16,
  u32,
} from '../support/frames.ts';

const PAYLOAD = Array.from({ length: 64 }, (_, index) => index);
const LONG = tcp({ payload: PAYLOAD });

/** IPv4 fragments of a segment, cut at multiples of eight octets. */
function fragments4(segment: Octets, cuts: readonly number[], id = 0x4242): Octets[] {
  const edges = [0, ...cuts, segment.length];
  return edges.slice(1).map((end, index) => {
    const more = end < segment.length ? 0x2000 : 0;
    return ethernet(0x0800, ipv4(segment.slice(edges[index], end), { id, fragment: more | (edges[index] / 8) }));
  });
}

function fragments6(segment: Octets, cut: number): Octets[] {
  const header = (offset: number, more: number): Octets => cat(hex('0600'), u16(offset | more), u32(77));
  return [
    ethernet(0x86dd, ipv6(cat(header(0, 1), segment.slice(0, cut)), { next: 44 })),
    ethernet(0x86dd, ipv6(cat(header(cut, 0), segment.slice(cut)), { next: 44 })),
  ];
}

const decodeFrames = (frames: readonly Octets[]): ReturnType<typeof decodeAll> =>
  decodeAll(frames.map((octets) => ({ octets })));

describe('IPv4 fragments', () => {
  it.each([
    ['in order', [0, 1, 2]],
    ['backwards', [2, 1, 0]],
    ['mixed', [1, 0, 2]],
  ])('give the row of the whole with the last of them, %s', (_, order) => {
    const parts = fragments4(LONG, [16, 48]);
    const { batch, decoder } = decodeFrames(order.map((index) => parts[index]));
    expect(batch.count).toBe(1);
    expect([batch.frame(0), batch.seq(0), batch.payloadBytes(0), batch.ipId(0)]).toEqual([3, 0x11223344, 64, 0x4242]);
    expect(batch.origin(0)).toBe(RowOrigin.REASSEMBLED);
    expect(decoder.skippedCounts()).toEqual({ fragment: 2 });
    expect(decoder.fragmentCounts()).toMatchObject({ reassembled: 1, pending: 0, overlaps: 0 });
  });

  it('are told apart by identification, addresses and VLAN', () => {
    const [first] = fragments4(LONG, [24], 1);
    const [, second] = fragments4(LONG, [24], 2);
    expect(decodeFrames([first, second]).batch.count).toBe(0);
    const tagged = ethernet(0x8100, cat(u16(5), u16(0x0800), fragments4(LONG, [24], 1)[1].slice(14)));
    expect(decodeFrames([first, tagged]).batch.count).toBe(0);
  });

  it('count copies, overlaps and contradictions', () => {
    const [first, second, third] = fragments4(LONG, [16, 48]);
    const copy = decodeFrames([first, first, second, third]);
    expect(copy.batch.count).toBe(1);
    expect(copy.decoder.fragmentCounts()).toMatchObject({ duplicates: 1, overlaps: 0 });
    const overlapping = fragments4(LONG, [24, 48])[0];
    const agreeing = decodeFrames([first, overlapping, second, third]);
    expect(agreeing.batch.payloadBytes(0)).toBe(64);
    expect(agreeing.decoder.fragmentCounts()).toMatchObject({ overlaps: 2, conflicts: 0 });
    const other = fragments4(tcp({ seq: 1, payload: PAYLOAD }), [24, 48])[0];
    const conflicting = decodeFrames([first, other, second, third]);
    expect(conflicting.batch.seq(0)).toBe(0x11223344);
    expect(conflicting.decoder.fragmentCounts()).toMatchObject({ overlaps: 2, conflicts: 1 });
  });

  it('keep their true length when the snap length cuts each of them', () => {
    const cut = fragments4(LONG, [40]).map((octets) => ({
      octets: octets.slice(0, 14 + 20 + 20),
      wireBytes: octets.length,
    }));
    const { batch } = decodeAll(cut);
    expect([batch.count, batch.payloadBytes(0), batch.seq(0)]).toEqual([1, 64, 0x11223344]);
  });

  it('may carry a tunnel', () => {
    const whole = outer4(4, PACKET4).slice(20);
    const parts = [
      ethernet(0x0800, ipv4(whole.slice(0, 32), { protocol: 4, fragment: 0x2000 })),
      ethernet(0x0800, ipv4(whole.slice(32), { protocol: 4, fragment: 4 })),
    ];
    const { batch, decoder } = decodeFrames(parts);
    expect([batch.count, batch.payloadBytes(0)]).toEqual([1, SEGMENT.length - 32]);
    expect(batch.origin(0)).toBe(RowOrigin.REASSEMBLED | RowOrigin.TUNNELLED);
    expect(decoder.tunnelCounts()).toEqual({ 'ipv4-in-ipv4': 1 });
  });

  it('beyond the largest datagram are counted', () => {
    const { decoder } = decodeFrames([ethernet(0x0800, ipv4(hex('00'.repeat(16)), { fragment: 0x1fff }))]);
    expect(decoder.fragmentCounts()).toMatchObject({ oversized: 1, pending: 0 });
  });

  it('are held within bounds', () => {
    const firsts = Array.from({ length: 100 }, (_, id) => ({ octets: fragments4(LONG, [24], id)[0] }));
    const byCount = decodeAll(firsts, { maxFragmentedDatagrams: 10 });
    expect(byCount.decoder.fragmentCounts()).toMatchObject({ evicted: 90, pending: 10 });
    const byBytes = decodeAll(firsts, { maxFragmentBytes: 24 * 20 });
    expect(byBytes.decoder.fragmentCounts()).toMatchObject({ evicted: 80, pending: 20 });
    const byTime = decodeAll(firsts, { fragmentTimeoutSeconds: 30 });
    expect(byTime.decoder.fragmentCounts()).toMatchObject({ timedOut: 69, pending: 31 });
  });

  it('do not put the next frame in the wrong place', () => {
    const parts = fragments4(LONG, [24]);
    const { batch } = decodeFrames([...parts, ethernet(0x0800, PACKET4)]);
    expect(batch.count).toBe(2);
    expect([batch.payloadBytes(1), batch.origin(1)]).toEqual([2, 0]);
  });
});

describe('IPv6 fragments', () => {
  it('give the row of the whole', () => {
    const { batch } = decodeFrames(fragments6(LONG, 40));
    expect([batch.count, batch.ipVersion(0), batch.payloadBytes(0), batch.ipId(0)]).toEqual([1, 6, 64, 0]);
    expect([...batch.sourceAddress(0)]).toEqual([0x20010db8, 0, 0, 1]);
    expect([...batch.destinationAddress(0)]).toEqual([0x20010db8, 0, 0, 2]);
  });
});

describe('jumbograms', () => {
  it('take their length from the hop-by-hop option', () => {
    const segment = tcp({ payload: new Array<number>(70000).fill(0) });
    const jumbo = cat(hex('0600 c204'), u32(segment.length + 8), segment);
    const { batch } = decodeFrames([ethernet(0x86dd, ipv6(jumbo, { next: 0, payloadBytes: 0 }))]);
    expect([batch.payloadBytes(0), batch.origin(0)]).toEqual([70000, 0]);
  });

  it('without the option take the length on the wire', () => {
    const { batch } = decodeFrames([ethernet(0x86dd, ipv6(LONG, { payloadBytes: 0 }))]);
    expect([batch.payloadBytes(0), batch.origin(0)]).toEqual([64, RowOrigin.LENGTH_FROM_CAPTURE]);
  });
});
