import { createReadStream, readdirSync, readFileSync } from 'node:fs';
import pcapParser from 'pcap-parser';
import { describe, expect, test } from 'vitest';
import { analyze, analyzeBytes, analyzeFile, analyzePcapParser, iterateConnections } from '../src/index.ts';

const FIXTURES = readdirSync('fixtures').filter((name) => /\.pcap(ng)?$/.test(name));
const options = { segments: true };

describe('every way into the library leads to the same connections', () => {
  test.each(FIXTURES)('%s', async (name) => {
    const path = `fixtures/${name}`;
    const { connections, summary, captures } = await analyzeFile(path, options);
    const others = [
      analyzeBytes(readFileSync(path), options),
      await analyze([readFileSync(path)], options),
      await analyze(createReadStream(path, { highWaterMark: 100 }), options),
    ];
    for (const other of others) {
      expect(other.connections).toEqual(connections);
      expect(other.summary).toEqual(summary);
      expect(other.captures).toEqual([{ ...captures[0], path: '-' }]);
    }
    const iterated = [];
    for await (const connection of iterateConnections(path, options)) iterated.push(connection);
    expect(iterated.sort((a, b) => a.id - b.id)).toEqual(connections);
  });
});

test('a parser of pcap-parser leads to the same connections too', async () => {
  const path = 'fixtures/final-ack-lost.pcap';
  const own = await analyzeFile(path, options);
  const foreign = await analyzePcapParser(pcapParser.parse(createReadStream(path)), options);
  expect(foreign.connections).toEqual(own.connections);
  expect(foreign.captures).toEqual([{ ...own.captures[0], path: 'pcap-parser' }]);
});
