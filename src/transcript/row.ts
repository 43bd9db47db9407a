/**
 * A frame told from its decoded row: link types, tunnels and fragments that a scenario cannot say are left behind, and
 * the segment stands in a plain Ethernet frame.
 */
import { formatAddress } from '../base/address.ts';
import type { TcpFrame } from '../synth/frame.ts';
import type { TcpOptionSpec } from '../synth/tcp-options.ts';
import { readTcpOptions } from '../synth/unframe.ts';
import { RowOrigin, type SegmentBatch } from '../wire/batch.ts';

const ETHERNET_BYTES = 14;
const IP_BYTES = { 4: 20, 6: 40 } as const;
const TCP_BYTES = 20;

/** The segment of a row; what the row does not have is taken from the captured bytes, where its header is among them. */
export function readRow(
  batch: SegmentBatch,
  row: number,
  captured: Uint8Array,
  isCut: boolean,
): { frame: TcpFrame; snapBytes: number } {
  const ipVersion = batch.ipVersion(row) === 6 ? 6 : 4;
  const header = findHeader(batch, row, captured);
  const { options, urgent } = readHeader(header);
  const frame: TcpFrame = {
    source: formatAddress(ipVersion, batch.sourceAddress(row)),
    destination: formatAddress(ipVersion, batch.destinationAddress(row)),
    ttl: batch.ttl(row),
    ipId: batch.ipId(row),
    vlans: [],
    sourcePort: batch.sourcePort(row),
    destinationPort: batch.destinationPort(row),
    flags: batch.flags(row),
    seq: batch.seq(row),
    ack: batch.ack(row),
    window: batch.window(row),
    urgent,
    options,
    payloadBytes: batch.payloadBytes(row),
    badChecksum: false,
    zeroIpLength: (batch.origin(row) & RowOrigin.LENGTH_FROM_CAPTURE) !== 0,
  };
  const ours = ETHERNET_BYTES + IP_BYTES[ipVersion];
  return { frame, snapBytes: isCut && header !== null ? ours + header.length : 0 };
}

/** The captured bytes from the TCP header on: where ports and numbers stand as they were decoded. */
function findHeader(batch: SegmentBatch, row: number, captured: Uint8Array): Uint8Array | null {
  const wanted = new Uint8Array(12);
  const view = new DataView(wanted.buffer);
  view.setUint16(0, batch.sourcePort(row));
  view.setUint16(2, batch.destinationPort(row));
  view.setUint32(4, batch.seq(row));
  view.setUint32(8, batch.ack(row));
  for (let at = captured.length - wanted.length; at >= 0; at--) {
    if (wanted.every((byte, index) => captured[at + index] === byte)) return captured.subarray(at);
  }
  return null;
}

function readHeader(header: Uint8Array | null): { options: TcpOptionSpec[]; urgent: number } {
  if (header === null || header.length < 13) return { options: [], urgent: 0 };
  const headerBytes = (header[12] >> 4) * 4;
  const options = headerBytes < TCP_BYTES ? [] : readTcpOptions(header.subarray(TCP_BYTES), headerBytes - TCP_BYTES);
  const urgent = header.length < TCP_BYTES ? 0 : (header[18] << 8) | header[19];
  return { options: options ?? [], urgent };
}
