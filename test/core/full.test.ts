import { describe, expect, it } from 'vitest';
import { SinkFullError } from '../../src/base/error.ts';
import { Core } from '../../src/core/core.ts';
import type { Connection } from '../../src/flow/connection.ts';
import { Tracker } from '../../src/flow/tracker.ts';
import { createSourceContext } from '../../src/source/packet.ts';
import { PcapParser } from '../../src/source/pcap.ts';
import { BATCH_ROWS, SegmentBatch, TcpFlag } from '../../src/wire/batch.ts';
import { pcapHeader, pcapPacket, ramp } from '../support/capture-bytes.ts';
import { makeRow, putRow } from '../support/rows.ts';

/** 4 MiB: room for some thousand connections. */
const FEW_PAGES = 64;
const SERVER = { words: [0x0a800001, 0, 0, 0], port: 80 };

/** Gives SYNs to a tracker until it has had enough; returns how many it took whole batches of, and what it made of them. */
function fill(scope: number) {
  const connections: Connection[] = [];
  const core = new Core(FEW_PAGES);
  const options = { segments: false, timeWaitNanos: 60e9, onConnection: (each: Connection) => connections.push(each) };
  const tracker = new Tracker(options, core);
  const batch = SegmentBatch.of(core, { epochSeconds: 0 });
  let error: unknown = null;
  let taken = 0;
  for (let n = 0; error === null && n < 100_000; n++) {
    const host = scope === 0 ? n : n >> 1;
    const source = { words: [0x0a000000 + (host >> 10), 0, 0, 0], port: 1024 + (host & 1023) };
    const at = { frame: n + 1, timeNanos: n * 1e6, scope: n % 2 === 0 ? 0 : scope };
    // Numbers so far apart that a tuple on another VLAN is another connection.
    putRow(batch, makeRow({ ...at, source, destination: SERVER, flags: TcpFlag.SYN, seq: n << 24 }));
    if (batch.count < BATCH_ROWS) continue;
    try {
      tracker.push(batch);
      taken = n + 1;
    } catch (thrown) {
      error = thrown;
    }
    batch.clear();
  }
  for (const _ of tracker.finish(1e12));
  return { error, taken, connections };
}

describe('a core that is full', () => {
  it.each([0, 7])('says so, and keeps what it has; tuples on VLAN %d too', (scope) => {
    const { error, taken, connections } = fill(scope);
    expect(error).toBeInstanceOf(SinkFullError);
    expect(String(error)).toContain('4 GiB');
    expect(taken).toBeGreaterThan(3000);
    expect(connections.length).toBeGreaterThanOrEqual(taken);
    expect(connections.length).toBeLessThan(taken + BATCH_ROWS);
    const first = connections.slice(0, taken);
    expect(first.map(({ id, firstFrame }) => id - firstFrame)).toEqual(first.map(() => 0));
    expect(new Set(first.map(({ verdict }) => verdict.outcome))).toEqual(new Set(['unanswered']));
  });

  it('is told with file, offset and packet, and with what to do', () => {
    const parser = new PcapParser(
      createSourceContext(),
      {
        onPacket: (_bytes, _view, _start, _captured, _wire, _linkType, frame) => {
          if (frame === 3) throw new SinkFullError('it is too much', 'Take less.');
        },
      },
      'big.pcap',
    );
    const packet = pcapPacket({ seconds: 1, fraction: 0, data: ramp(60) });
    const bytes = Uint8Array.from([...pcapHeader(), ...packet, ...packet, ...packet, ...packet]);
    const place = { code: 'limit-reached', path: 'big.pcap', packetNumber: 4, hint: 'Take less.' };
    expect(() => parser.push(bytes)).toThrow(expect.objectContaining(place));
  });
});
