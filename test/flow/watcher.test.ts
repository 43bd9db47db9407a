import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Analysis, type FinalConnection } from '../../src/engine.ts';
import type { Flow } from '../../src/flow/flow.ts';
import type { TrackerWatcher } from '../../src/flow/tracker-options.ts';
import { analyzeFile } from '../../src/index.ts';
import type { ConnectionResult } from '../../src/report/result.ts';
import type { PacketSink } from '../../src/source/packet.ts';
import { readChunks } from '../../src/source/session.ts';
import { listFixtures } from '../support/fixtures.ts';

/** An analysis that is looked at after every packet, and told the time in between. */
class Watched implements TrackerWatcher {
  readonly maxConnections: number;
  readonly results: ConnectionResult[] = [];
  readonly analysis: Analysis;
  readonly touched = new Map<Flow, number>();
  readonly evictions: boolean[] = [];
  mostOpen = 0;
  looks = 0;

  constructor(maxConnections = 1000) {
    this.maxConnections = maxConnections;
    const onConnection = (final: FinalConnection): number => this.results.push(final.build());
    this.analysis = new Analysis({}, { onConnection }, this);
  }

  onChange(flow: Flow, entry: number): void {
    this.touched.set(flow, entry);
  }

  onEvict(isOver: boolean): void {
    this.evictions.push(isOver);
  }

  async read(path: string): Promise<void> {
    const { analysis } = this;
    const sink: PacketSink = {
      onPacket: (...packet) => {
        analysis.onPacket(...packet);
        analysis.tick(packet[7]);
        this.look(packet[7]);
        this.mostOpen = Math.max(this.mostOpen, analysis.openCount);
      },
      onName: (name) => analysis.onName(name),
    };
    await readChunks([readFileSync(path)], sink, { timeBase: analysis.timeBase });
    analysis.finish();
  }

  look(nowNanos: number): void {
    for (const [{ current, pending }, entry] of this.touched) {
      for (const connection of [current, pending?.connection]) {
        if (!connection) continue;
        this.analysis.peek(connection, this.analysis.addressesAt(entry), nowNanos, (seen) => seen.build());
        this.looks++;
      }
    }
    this.touched.clear();
  }
}

describe('a watcher', () => {
  it.each(listFixtures().map(({ name, capture }) => [name, capture]))('changes nothing of %s', async (_, capture) => {
    const watched = new Watched();
    await watched.read(capture);
    const { connections } = await analyzeFile(capture);
    expect(watched.results.sort((a, b) => a.id - b.id)).toEqual(connections);
    expect(watched.looks).toBeGreaterThan(0);
  });

  it('sees the oldest connections go when there are too many, those that are over first', async () => {
    const watched = new Watched(2);
    await watched.read('fixtures/four-connections.pcap');
    const segments = watched.results.map(({ endpoints }) => endpoints.client.segments + endpoints.server.segments);
    expect(segments.reduce((sum, count) => sum + count)).toBe(37);
    expect(watched.mostOpen).toBe(2);
    expect(watched.evictions).toContain(true);
    expect(watched.evictions).toContain(false);
    expect(watched.analysis.openCount).toBe(0);
  });
});
