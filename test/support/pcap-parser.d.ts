declare module 'pcap-parser' {
  import type { Readable } from 'node:stream';
  import type { PcapParserLike } from '../../src/source/pcap-parser-adapter.ts';

  const pcapParser: { parse(input: string | Readable): PcapParserLike };
  export default pcapParser;
}
