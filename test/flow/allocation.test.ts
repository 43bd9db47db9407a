import { describe, expect, it } from 'vitest';
import { Analysis } from '../../src/engine.ts';
import { createSourceContext } from '../../src/source/packet.ts';
import { PcapParser } from '../../src/source/pcap.ts';
import { TcpFlag } from '../../src/wire/batch.ts';

const { SYN, ACK, PSH } = TcpFlag;
const PCAP_HEADER = 24;
const RECORD_HEADER = 16;
const FRAME_BYTES = 54;
const PACKET_BYTES = RECORD_HEADER + FRAME_BYTES;
const PAYLOAD = 100;
const BOXED_NUMBER_BYTES = 16;

/** A capture of connections that all stay open, cut behind the TCP header by its snap length. */
class OpenConnections {
  readonly bytes: Uint8Array;
  readonly #view: DataView;
  #at = PCAP_HEADER;
  #micros = 0;
  readonly #next: { client: number; server: number }[];

  constructor(connections: number, rounds: number) {
    this.bytes = new Uint8Array(PCAP_HEADER + connections * (3 + rounds * 2) * PACKET_BYTES);
    this.#view = new DataView(this.bytes.buffer);
    this.#view.setUint32(0, 0xa1b2c3d4, true);
    this.#view.setUint32(4, 0x00040002, true);
    this.#view.setUint32(16, FRAME_BYTES, true);
    this.#view.setUint32(20, 1, true);
    this.#next = Array.from({ length: connections }, (_, n) => ({ client: n * 1000, server: n * 7777 }));
    for (let n = 0; n < connections; n++) this.#open(n);
    for (let round = 0; round < rounds; round++) {
      for (let n = 0; n < connections; n++) {
        this.#put(n, true, ACK | PSH, PAYLOAD);
        this.#put(n, false, ACK, 0);
      }
    }
  }

  #open(n: number): void {
    this.#put(n, true, SYN, 0);
    this.#next[n].client++;
    this.#put(n, false, SYN | ACK, 0);
    this.#next[n].server++;
    this.#put(n, true, ACK, 0);
  }

  #put(n: number, fromClient: boolean, flags: number, payloadBytes: number): void {
    const view = this.#view;
    const at = this.#at;
    this.#at += PACKET_BYTES;
    this.#micros += 100;
    view.setUint32(at, 1_700_000_000 + Math.floor(this.#micros / 1e6), true);
    view.setUint32(at + 4, this.#micros % 1_000_000, true);
    view.setUint32(at + 8, FRAME_BYTES, true);
    view.setUint32(at + 12, FRAME_BYTES + payloadBytes, true);
    const ip = at + RECORD_HEADER + 14;
    view.setUint16(ip - 2, 0x0800);
    view.setUint16(ip, 0x4500);
    view.setUint16(ip + 2, 40 + payloadBytes);
    view.setUint16(ip + 8, 0x4006);
    const client = 0x0a000000 + n;
    view.setUint32(ip + 12, fromClient ? client : 0x0a00ffff);
    view.setUint32(ip + 16, fromClient ? 0x0a00ffff : client);
    const tcp = ip + 20;
    view.setUint16(tcp, fromClient ? 40_000 : 80);
    view.setUint16(tcp + 2, fromClient ? 80 : 40_000);
    const next = this.#next[n];
    view.setUint32(tcp + 4, fromClient ? next.client : next.server);
    view.setUint32(tcp + 8, (flags & ACK) === 0 ? 0 : fromClient ? next.server : next.client);
    view.setUint16(tcp + 12, 0x5000 | flags);
    view.setUint16(tcp + 14, 0x7fff);
    if (fromClient) next.client += payloadBytes;
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1];

/** Bytes of JavaScript heap that a packet costs, slice by slice; slices in which garbage was collected tell nothing. */
function bytesPerPacket(capture: Uint8Array, packetsInSlice: number): number[] {
  const analysis = new Analysis({}, { onConnection() {} });
  const parser = new PcapParser(createSourceContext(analysis.timeBase), analysis);
  const costs: number[] = [];
  for (let at = 0; at < capture.length; ) {
    const end = Math.min(capture.length, at + packetsInSlice * PACKET_BYTES);
    const slice = capture.subarray(at, end);
    const before = process.memoryUsage().heapUsed;
    parser.push(slice);
    const grown = process.memoryUsage().heapUsed - before;
    if (grown >= 0) costs.push(grown / packetsInSlice);
    at = end;
  }
  return costs;
}

describe('memory', () => {
  it('is not taken for objects packet by packet once connections are known and the code is compiled', () => {
    const { bytes } = new OpenConnections(64, 4000);
    const costs = bytesPerPacket(bytes, 4096);
    const steady = costs.slice(costs.length >> 1);
    expect(steady.length).toBeGreaterThan(20);
    // The time of a packet is no small integer and is boxed in each of two calls that hand it on. That is all.
    expect(median(steady)).toBeLessThan(2 * BOXED_NUMBER_BYTES + 8);
  });
});
