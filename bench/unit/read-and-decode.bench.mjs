// @ts-check
import { bench, describe } from 'vitest';
import { createSourceContext } from '../../src/source/packet.ts';
import { PcapParser } from '../../src/source/pcap.ts';
import { BATCH_ROWS, SegmentBatch } from '../../src/wire/batch.ts';
import { Decoder } from '../../src/wire/decode.ts';
import { loadUnitCapture } from './unit-capture.mjs';

const bytes = loadUnitCapture();

describe('30,000 packets, 7 MB', () => {
  bench('pcap parser alone', () => {
    const parser = new PcapParser(createSourceContext(), { onPacket() {} });
    parser.push(bytes);
    parser.end();
  });

  const batch = new SegmentBatch({ epochSeconds: 0 });
  const decoder = new Decoder(batch);
  bench('pcap parser and decoder', () => {
    batch.count = 0;
    const parser = new PcapParser(createSourceContext(batch.timeBase), {
      onPacket(data, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex) {
        if (batch.count === BATCH_ROWS) batch.count = 0;
        decoder.decode(data, view, start, captured, wire, linkType, frame, timeNanos, interfaceIndex);
      },
    });
    parser.push(bytes);
    parser.end();
  });
});
