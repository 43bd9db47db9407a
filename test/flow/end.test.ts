import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EndTrack } from '../../src/flow/end.ts';
import type { Segment } from '../../src/flow/segment.ts';
import { TcpOption } from '../../src/wire/batch.ts';

function makeSegment(seq: number, payloadBytes: number, changes: Partial<Segment> = {}): Segment {
  return {
    frame: 1,
    timeNanos: 0,
    from: 0,
    flags: 0x10,
    seq: seq >>> 0,
    ack: 0,
    payloadBytes,
    window: 500,
    ttl: 64,
    ipId: 0,
    checksum: 0,
    options: 0,
    mss: 0,
    windowScale: 0,
    tsVal: 0,
    tsEcr: 0,
    sack: [],
    origin: 0,
    ...changes,
  };
}

/** Takes octets `[start, end)` in, counted from `base`. */
function take(end: EndTrack, base: number, from: number, to: number) {
  const segment = makeSegment(base + from, to - from);
  return end.takeOctets((base + from) >>> 0, (base + to) >>> 0, segment, false);
}

const anyBase = fc.oneof(
  fc.integer({ min: 0, max: 0xffffffff }),
  fc.integer({ min: 0xffffffff - 300, max: 0xffffffff }),
  fc.integer({ min: 0x7fffffff - 300, max: 0x7fffffff + 300 }),
);

describe('the octets of an end', () => {
  it('are told as a set of octets would tell them, wherever the numbers begin', () => {
    const anyRange = fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 1, max: 60 }));
    fc.assert(
      fc.property(anyBase, fc.array(anyRange, { maxLength: 50 }), (base, ranges) => {
        const end = new EndTrack();
        take(end, base, 0, 1);
        const seen = new Set([0]);
        for (const [from, length] of ranges) {
          const to = from + length;
          const fresh = Array.from({ length }, (_, i) => from + i).filter((octet) => !seen.has(octet));
          const highest = Math.max(...seen) + 1;
          const { arrival, fresh: counted } = take(end, base, from, to);
          expect(counted).toBe(fresh.length);
          if (fresh.length === 0) expect(arrival).toBe('old');
          else if (from > highest) expect(arrival).toBe('ahead');
          else if (to <= highest) expect(arrival).toBe('fills-hole');
          for (const octet of fresh) seen.add(octet);
          let contiguous = 0;
          while (seen.has(contiguous)) contiguous++;
          expect(end.contiguous).toBe((base + contiguous) >>> 0);
          expect(end.nxt).toBe((base + Math.max(...seen) + 1) >>> 0);
        }
      }),
    );
  });

  it('that the peer acknowledged and nobody saw are listed, until they are captured late', () => {
    fc.assert(
      fc.property(anyBase, (base) => {
        const end = new EndTrack();
        take(end, base, 0, 100);
        take(end, base, 150, 200);
        take(end, base, 250, 300);
        end.takeAcknowledged((base + 300) >>> 0, 7);
        const wrap = (n: number): number => (base + n) >>> 0;
        expect(end.unseenRanges).toEqual([
          { start: wrap(100), end: wrap(150), frame: 7 },
          { start: wrap(200), end: wrap(250), frame: 7 },
        ]);
        expect(end.contiguous).toBe(wrap(300));
        take(end, base, 210, 220);
        expect(end.unseenRanges).toEqual([{ start: wrap(100), end: wrap(150), frame: 7 }]);
      }),
    );
  });

  it('are not believed to reach beyond what was seen because the peer says so', () => {
    const end = new EndTrack();
    take(end, 1000, 0, 100);
    end.takeAcknowledged(5000, 3);
    expect([end.nxt, end.contiguous]).toEqual([1100, 1100]);
    end.takeAcknowledged(1050, 4);
    expect(end.contiguous).toBe(1100);
  });

  it('are not believed when they jump too far', () => {
    const end = new EndTrack();
    take(end, 1000, 0, 100);
    expect(take(end, 1000 + 2 ** 30, 0, 10)).toEqual({ arrival: 'old', fresh: 0 });
    expect(end.nxt).toBe(1100);
  });

  it('are bounded in how many holes are remembered', () => {
    const end = new EndTrack();
    take(end, 0, 0, 10);
    for (let i = 1; i <= 200; i++) take(end, 0, i * 20, i * 20 + 10);
    end.takeAcknowledged(4010, 9);
    expect(end.unseenRanges).toEqual([]);
    expect(end.contiguous).toBe(4010);
  });
});

describe('what fills a hole', () => {
  const filler = (changes: Partial<Segment>): Segment => makeSegment(100, 50, changes);
  const endWith = (changes: Partial<Segment>): EndTrack => {
    const end = new EndTrack();
    const stamped = (changes.options ?? 0) !== 0;
    end.takeOctets(0, 100, makeSegment(0, 100), stamped);
    end.takeOctets(150, 200, makeSegment(150, 50, changes), stamped);
    return end;
  };

  it('is older than what lies ahead if its time stamp is', () => {
    const options = TcpOption.TIMESTAMPS;
    for (const [tsVal, isOlder] of [
      [99, true],
      [101, false],
    ] as const) {
      expect(endWith({ options, tsVal: 100 }).isOlderThanAhead(filler({ tsVal }), true)).toBe(isOlder);
    }
    expect(endWith({ options, tsVal: 5 }).isOlderThanAhead(filler({ tsVal: 0xfffffff0 }), true)).toBe(true);
  });

  it('is older if its time stamp is the same and its IP identification lower, across 65536 too', () => {
    const options = TcpOption.TIMESTAMPS;
    const end = endWith({ options, tsVal: 100, ipId: 3 });
    expect(end.isOlderThanAhead(filler({ tsVal: 100, ipId: 2 }), true)).toBe(true);
    expect(end.isOlderThanAhead(filler({ tsVal: 100, ipId: 4 }), true)).toBe(false);
    expect(end.isOlderThanAhead(filler({ tsVal: 100, ipId: 0xfffe }), true)).toBe(true);
  });

  it('is taken for new if nothing tells its age', () => {
    expect(endWith({}).isOlderThanAhead(filler({}), false)).toBe(false);
    expect(new EndTrack().isOlderThanAhead(filler({}), false)).toBe(false);
  });
});

describe('an end', () => {
  it('remembers its latest segments only', () => {
    const end = new EndTrack();
    for (let seq = 0; seq < 40; seq++) end.remember(makeSegment(seq, 0));
    expect(end.recent.map(({ seq }) => seq)).toEqual(Array.from({ length: 16 }, (_, i) => 24 + i));
  });

  it('scales its window', () => {
    const end = new EndTrack();
    expect(end.windowBytes).toBe(65_535);
    end.lastWindow = 500;
    expect(end.windowBytes).toBe(500);
    end.windowScale = 7;
    expect(end.windowBytes).toBe(64_000);
  });
});
