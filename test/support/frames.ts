/** Frames by hand, octet by octet, independent of the repository's own writer: what the decoder is held against. */

export type Octets = readonly number[];

/** Octets of a hexadecimal string; blanks are for the reader. */
export const hex = (text: string): Octets =>
  (text.replaceAll(' ', '').match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
export const u16 = (value: number): Octets => [(value >>> 8) & 0xff, value & 0xff];
export const u32 = (value: number): Octets => [...u16(value >>> 16), ...u16(value)];
export const u16le = (value: number): Octets => [...u16(value)].reverse();
export const u32le = (value: number): Octets => [...u32(value)].reverse();
export const zeros = (count: number): Octets => new Array<number>(count).fill(0);
export const cat = (...parts: Octets[]): Octets => parts.flat();

/** Ones' complement of the ones' complement sum (RFC 1071). */
export function internetChecksum(octets: Octets): number {
  let sum = 0;
  for (let at = 0; at < octets.length; at += 2) sum += (octets[at] << 8) | (octets[at + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

export interface TcpFields {
  sourcePort?: number;
  destinationPort?: number;
  seq?: number;
  ack?: number;
  flags?: number;
  window?: number;
  checksum?: number;
  options?: Octets;
  payload?: Octets;
  /** In words; by default what the options need. */
  dataOffset?: number;
}

/** A TCP segment; options are padded with 0 to whole words. */
export function tcp(fields: TcpFields = {}): Octets {
  const options = [...(fields.options ?? [])];
  while (options.length % 4 !== 0) options.push(0);
  const dataOffset = fields.dataOffset ?? 5 + options.length / 4;
  return cat(
    u16(fields.sourcePort ?? 40000),
    u16(fields.destinationPort ?? 80),
    u32(fields.seq ?? 0x11223344),
    u32(fields.ack ?? 0x55667788),
    u16((dataOffset << 12) | (fields.flags ?? 0x018)),
    u16(fields.window ?? 502),
    u16(fields.checksum ?? 0),
    u16(0),
    options,
    fields.payload ?? [],
  );
}

/** Segment with the right checksum between two addresses. */
export function withTcpChecksum(segment: Octets, source: Octets, destination: Octets): Octets {
  const pseudo = cat(source, destination, u32(segment.length), u32(6));
  const blank = cat(segment.slice(0, 16), [0, 0], segment.slice(18));
  return cat(segment.slice(0, 16), u16(internetChecksum(cat(pseudo, blank))), segment.slice(18));
}

export const CLIENT4 = [192, 0, 2, 1] as const;
export const SERVER4 = [198, 51, 100, 2] as const;
export const CLIENT6 = hex('20010db8 00000000 00000000 00000001');
export const SERVER6 = hex('20010db8 00000000 00000000 00000002');

export interface Ipv4Fields {
  protocol?: number;
  source?: Octets;
  destination?: Octets;
  id?: number;
  ttl?: number;
  /** Flags and fragment offset as on the wire. */
  fragment?: number;
  options?: Octets;
  totalBytes?: number;
}

/** An IPv4 packet with a right header checksum. */
export function ipv4(payload: Octets, fields: Ipv4Fields = {}): Octets {
  const options = fields.options ?? [];
  const headerBytes = 20 + options.length;
  const header = cat(
    [0x40 | (headerBytes / 4), 0],
    u16(fields.totalBytes ?? headerBytes + payload.length),
    u16(fields.id ?? 0x1234),
    u16(fields.fragment ?? 0),
    [fields.ttl ?? 64, fields.protocol ?? 6, 0, 0],
    fields.source ?? CLIENT4,
    fields.destination ?? SERVER4,
    options,
  );
  return cat(header.slice(0, 10), u16(internetChecksum(header)), header.slice(12), payload);
}

export interface Ipv6Fields {
  next?: number;
  source?: Octets;
  destination?: Octets;
  hopLimit?: number;
  payloadBytes?: number;
}

/** An IPv6 packet; extension headers are part of `payload`. */
export function ipv6(payload: Octets, fields: Ipv6Fields = {}): Octets {
  return cat(
    u32(0x60000000),
    u16(fields.payloadBytes ?? payload.length),
    [fields.next ?? 6, fields.hopLimit ?? 64],
    fields.source ?? CLIENT6,
    fields.destination ?? SERVER6,
    payload,
  );
}

export const udp = (sourcePort: number, destinationPort: number, payload: Octets): Octets =>
  cat(u16(sourcePort), u16(destinationPort), u16(8 + payload.length), u16(0), payload);

export const MAC = hex('020000000002 020000000001');
export const ethernet = (type: number, payload: Octets): Octets => cat(MAC, u16(type), payload);
export const snap = (type: number, payload: Octets): Octets => cat(hex('aaaa03 000000'), u16(type), payload);
export const gre = (type: number, payload: Octets): Octets => cat(u16(0), u16(type), payload);

/** The segment that every encapsulation below carries. */
export const SEGMENT_OPTIONS = hex('0101080a 00000064 00000065');
export const SEGMENT = withTcpChecksum(tcp({ options: SEGMENT_OPTIONS, payload: hex('6869') }), CLIENT4, SERVER4);
export const SEGMENT6 = withTcpChecksum(tcp({ options: SEGMENT_OPTIONS, payload: hex('6869') }), CLIENT6, SERVER6);
export const PACKET4 = ipv4(SEGMENT);
export const PACKET6 = ipv6(SEGMENT6);

/** Outer packet between two other addresses. */
export const outer4 = (protocol: number, payload: Octets): Octets =>
  ipv4(payload, { protocol, source: [10, 0, 0, 1], destination: [10, 0, 0, 2], id: 7 });
export const outer6 = (next: number, payload: Octets): Octets =>
  ipv6(payload, {
    next,
    source: hex('fd00 0000 0000 0000 0000 0000 0000 0001'),
    destination: hex('fd00 0000 0000 0000 0000 0000 0000 0002'),
  });
export const outerUdp = (port: number, payload: Octets): Octets =>
  ethernet(0x0800, outer4(17, udp(port + 10000, port, payload)));
