import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ZeekEndpoint } from '../../src/flow/zeek-endpoint.ts';

const LAST_POSITION = 30;

/** The same by marking single octets: holes are runs of unmarked octets below the acknowledgement. */
class OctetModel {
  private readonly seen = new Set<number>();
  private done = 1;

  addPayload(low: number, high: number): void {
    for (let position = low; position < high; position++) this.seen.add(position);
  }

  addAcknowledgement(upTo: number): number {
    let holes = 0;
    let inHole = false;
    for (let position = this.done; position < upTo; position++) {
      const isHole = !this.seen.has(position);
      if (isHole && !inHole) holes++;
      inHole = isHole;
    }
    this.done = Math.max(this.done, upTo);
    return holes;
  }
}

describe('octets seen and acknowledged', () => {
  const payload = fc.record({
    low: fc.integer({ min: 1, max: LAST_POSITION }),
    length: fc.integer({ min: 1, max: 6 }),
  });
  const acknowledgement = fc.record({ upTo: fc.integer({ min: 1, max: LAST_POSITION }) });

  it('leave the holes that marking single octets leaves', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(payload, payload, acknowledgement), { maxLength: 40 }), (steps) => {
        const endpoint = new ZeekEndpoint();
        const model = new OctetModel();
        for (const step of steps) {
          if ('upTo' in step) {
            endpoint.acked = Math.max(endpoint.acked, step.upTo);
            expect(endpoint.addAcknowledgement(step.upTo)).toBe(model.addAcknowledgement(step.upTo));
          } else {
            endpoint.addPayload(step.low, step.low + step.length);
            model.addPayload(step.low, step.low + step.length);
          }
        }
      }),
    );
  });

  it('are kept in a bounded number of ranges', () => {
    const endpoint = new ZeekEndpoint();
    for (let index = 0; index < 1000; index++) endpoint.addPayload(11 + 20 * index, 21 + 20 * index);
    expect(endpoint.addAcknowledgement(20 * 1000 + 1)).toBe(16);
  });
});
