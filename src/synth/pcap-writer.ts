/**
 * Writes classic pcap; a file is the header followed by records.
 *
 *     header 24: magic 4 | major 2 | minor 2 | zone 4 | sigfigs 4 | snap length 4 | link type 4
 *     record 16: seconds 4 | micro- or nanoseconds 4 | captured length 4 | original length 4, then the bytes
 *
 * Left out: the modified formats of the 1990s, FCS bits in the link type.
 */
export interface PcapStyle {
  /** LINKTYPE number; 1 is Ethernet. */
  linkType: number;
  snapLengthBytes: number;
  /** Nanosecond magic instead of the microsecond one. */
  nanoseconds: boolean;
  littleEndian: boolean;
}

/** Ethernet, no snap length to speak of, nanoseconds, little-endian. */
export const DEFAULT_PCAP_STYLE: PcapStyle = {
  linkType: 1,
  snapLengthBytes: 262144,
  nanoseconds: true,
  littleEndian: true,
};

const MAGIC_MICROS = 0xa1b2c3d4;
const MAGIC_NANOS = 0xa1b23c4d;
const HEADER_BYTES = 24;
const RECORD_BYTES = 16;

/** A captured packet as the writers take it. */
export interface PacketRecord {
  /** Whole seconds since 1970. */
  seconds: number;
  /** Nanoseconds within the second. */
  nanos: number;
  /** What was captured. */
  bytes: Uint8Array;
  /** Length on the wire; at least `bytes.length`. */
  originalBytes: number;
}

/** The 24 bytes that open a pcap file. */
export function encodePcapHeader(style: PcapStyle = DEFAULT_PCAP_STYLE): Uint8Array {
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  const little = style.littleEndian;
  view.setUint32(0, style.nanoseconds ? MAGIC_NANOS : MAGIC_MICROS, little);
  view.setUint16(4, 2, little);
  view.setUint16(6, 4, little);
  view.setUint32(16, style.snapLengthBytes, little);
  view.setUint32(20, style.linkType, little);
  return bytes;
}

/** One record; without nanoseconds the time is cut to the microsecond. */
export function encodePcapRecord(packet: PacketRecord, style: PcapStyle = DEFAULT_PCAP_STYLE): Uint8Array {
  const bytes = new Uint8Array(RECORD_BYTES + packet.bytes.length);
  const view = new DataView(bytes.buffer);
  const little = style.littleEndian;
  view.setUint32(0, packet.seconds, little);
  view.setUint32(4, style.nanoseconds ? packet.nanos : Math.floor(packet.nanos / 1000), little);
  view.setUint32(8, packet.bytes.length, little);
  view.setUint32(12, packet.originalBytes, little);
  bytes.set(packet.bytes, RECORD_BYTES);
  return bytes;
}
