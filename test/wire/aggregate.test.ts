import { describe, expect, it } from 'vitest';
import { BATCH_ROWS, SegmentBatch } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { decodeOne } from '../support/decoded.ts';
import {
  cat,
  ethernet,
  gre,
  hex,
  ipv4,
  MAC,
  type Octets,
  outer4,
  PACKET4,
  snap,
  tcp,
  u16,
  zeros,
} from '../support/frames.ts';

const subframe = (payload: Octets, last = false): Octets => {
  const octets = cat(MAC, u16(8 + payload.length), snap(0x0800, payload));
  return last ? octets : cat(octets, zeros(-octets.length & 3));
};
const aggregate = (...payloads: Octets[]): Octets =>
  cat(
    hex('8801 0000 020000000002 020000000001 020000000003 0000 8000'),
    ...payloads.map((payload, index) => subframe(payload, index === payloads.length - 1)),
  );
const packet = (seq: number): Octets => ipv4(tcp({ seq, payload: new Array<number>(seq).fill(0) }));

describe('802.11 aggregates', () => {
  it('give a row for each TCP segment', () => {
    const { batch, decoder } = decodeOne(aggregate(packet(1), packet(2), packet(3)), 105);
    expect(Array.from({ length: batch.count }, (_, row) => batch.seq(row))).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((row) => batch.payloadBytes(row))).toEqual([1, 2, 3]);
    expect([0, 1, 2].map((row) => batch.frame(row))).toEqual([1, 1, 1]);
    expect(decoder.tcpSegmentCount).toBe(3);
  });

  it('go on behind a subframe that is no TCP', () => {
    const { batch, decoder } = decodeOne(aggregate(ipv4(hex('00'), { protocol: 17 }), PACKET4), 105);
    expect(batch.count).toBe(1);
    expect(decoder.skippedCounts()).toEqual({ udp: 1 });
  });

  it('in a tunnel keep its path', () => {
    const { batch, decoder } = decodeOne(ethernet(0x0800, outer4(47, gre(0x8200, aggregate(packet(1), packet(2))))));
    expect(batch.count).toBe(2);
    expect(decoder.tunnelCounts()).toEqual({ gre: 2 });
  });

  it('never outgrow the batch', () => {
    const batch = new SegmentBatch({ epochSeconds: 0 });
    const decoder = new Decoder(batch);
    const bytes = Uint8Array.from(aggregate(packet(1), packet(2), packet(3)));
    batch.count = BATCH_ROWS - 2;
    decoder.decode(bytes, new DataView(bytes.buffer), 0, bytes.length, bytes.length, 105, 1, 0, 0);
    expect(batch.count).toBe(BATCH_ROWS);
  });
});
