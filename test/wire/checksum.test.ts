import { describe, expect, it } from 'vitest';
import { RowOrigin } from '../../src/wire/batch.ts';
import { decodeAll, decodeOne } from '../support/decoded.ts';
import {
  CLIENT4,
  cat,
  ethernet,
  internetChecksum,
  ipv4,
  type Octets,
  PACKET4,
  SEGMENT,
  SERVER4,
  tcp,
  u16,
  u32,
} from '../support/frames.ts';

const VERIFY = { verifyChecksums: true } as const;
const withChecksum = (checksum: number): Octets => cat(SEGMENT.slice(0, 16), u16(checksum), SEGMENT.slice(18));
const partial = (length: number): number => ~internetChecksum(cat(CLIENT4, SERVER4, u32(length), u32(6))) & 0xffff;

describe('checksums', () => {
  it('are not looked at unless asked for', () => {
    const { batch } = decodeOne(ethernet(0x0800, ipv4(withChecksum(0x1234))));
    expect([batch.origin(0), batch.checksum(0)]).toEqual([0, 0x1234]);
  });

  it('that are wrong are marked', () => {
    const { batch, decoder } = decodeOne(ethernet(0x0800, ipv4(withChecksum(0x1234))), 1, VERIFY);
    expect(batch.origin(0)).toBe(RowOrigin.BAD_CHECKSUM);
    expect(decoder.checksumCounts()).toEqual({
      good: 0,
      bad: 1,
      offloaded: 0,
      unverifiable: 0,
      badIpHeaders: 0,
      badFrames: [1],
    });
  });

  it.each([
    ['the sum over the pseudo-header', partial(SEGMENT.length)],
    ['the same without the length', partial(0)],
    ['nothing', 0],
  ])('that the card was still to compute are told by %s', (_, checksum) => {
    const { batch, decoder } = decodeOne(ethernet(0x0800, ipv4(withChecksum(checksum))), 1, VERIFY);
    expect(batch.origin(0)).toBe(0);
    expect(decoder.checksumCounts()).toMatchObject({ offloaded: 1, bad: 0 });
  });

  it('of an odd number of octets are right', () => {
    const odd = tcp({ payload: [1, 2, 3] });
    const sum = internetChecksum(cat(CLIENT4, SERVER4, u32(odd.length), u32(6), odd));
    const right = cat(odd.slice(0, 16), u16(sum), odd.slice(18));
    expect(decodeOne(ethernet(0x0800, ipv4(right)), 1, VERIFY).decoder.checksumCounts().good).toBe(1);
  });

  it('of an IP header that is wrong are marked', () => {
    const wrong = [...ethernet(0x0800, PACKET4)];
    wrong[14 + 10] ^= 0xff;
    const { batch, decoder } = decodeOne(wrong, 1, VERIFY);
    expect(batch.origin(0)).toBe(RowOrigin.BAD_CHECKSUM);
    expect(decoder.checksumCounts()).toMatchObject({ good: 1, badIpHeaders: 1 });
  });

  it('cannot be verified when the segment is cut', () => {
    const frame = ethernet(0x0800, PACKET4);
    const { batch, decoder } = decodeAll([{ octets: frame.slice(0, -1), wireBytes: frame.length }], VERIFY);
    expect(batch.origin(0)).toBe(0);
    expect(decoder.checksumCounts()).toMatchObject({ unverifiable: 1 });
  });
});
