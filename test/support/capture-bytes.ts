/** Bytes of capture files, field by field, so that tests can also write what no tool would. */

export interface PcapOptions {
  littleEndian?: boolean;
  magic?: number;
  version?: readonly [major: number, minor: number];
  snapLength?: number;
  /** The whole 32-bit field, FCS bits included. */
  linkType?: number;
}

export interface PcapPacket {
  seconds: number;
  /** Microseconds or nanoseconds, as the magic says. */
  fraction: number;
  data: Uint8Array;
  wireBytes?: number;
  /** What the header claims instead of the length of `data`. */
  claimedBytes?: number;
}

export const join = (...parts: readonly Uint8Array[]): Uint8Array => {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
};

/** Bytes 0, 1, 2, ... from `first` on. */
export const ramp = (count: number, first = 0): Uint8Array => Uint8Array.from({ length: count }, (_, i) => first + i);

export const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Writes 16- and 32-bit fields of one byte order. */
export class FieldWriter {
  private readonly parts: Uint8Array[] = [];
  private readonly littleEndian: boolean;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  u16(...values: readonly number[]): this {
    for (const value of values) {
      const bytes = new Uint8Array(2);
      new DataView(bytes.buffer).setUint16(0, value, this.littleEndian);
      this.parts.push(bytes);
    }
    return this;
  }

  u32(...values: readonly number[]): this {
    for (const value of values) {
      const bytes = new Uint8Array(4);
      new DataView(bytes.buffer).setUint32(0, value, this.littleEndian);
      this.parts.push(bytes);
    }
    return this;
  }

  u64(value: bigint): this {
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt.asUintN(64, value), this.littleEndian);
    this.parts.push(bytes);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.parts.push(bytes);
    return this;
  }

  done(): Uint8Array {
    return join(...this.parts);
  }
}

export function pcapHeader(options: PcapOptions = {}): Uint8Array {
  const [major, minor] = options.version ?? [2, 4];
  return new FieldWriter(options.littleEndian ?? true)
    .u32(options.magic ?? 0xa1b2c3d4)
    .u16(major, minor)
    .u32(0, 0, options.snapLength ?? 262_144, options.linkType ?? 1)
    .done();
}

export function pcapPacket(packet: PcapPacket, options: PcapOptions = {}): Uint8Array {
  const claimed = packet.claimedBytes ?? packet.data.length;
  const writer = new FieldWriter(options.littleEndian ?? true)
    .u32(packet.seconds, packet.fraction)
    .u32(claimed, packet.wireBytes ?? packet.data.length);
  if (options.magic === 0xa1b2cd34) writer.u32(3).u16(0x0800).raw(ramp(2));
  return writer.raw(packet.data).done();
}

export function pcapFile(packets: readonly PcapPacket[], options: PcapOptions = {}): Uint8Array {
  return join(pcapHeader(options), ...packets.map((packet) => pcapPacket(packet, options)));
}

export type BlockOption = readonly [code: number, value: Uint8Array];

export const padded = (bytes: Uint8Array): Uint8Array => join(bytes, new Uint8Array(-bytes.length & 3));

/** Blocks of a pcapng file in one byte order. */
export class PcapngBlocks {
  readonly littleEndian: boolean;

  constructor(littleEndian = true) {
    this.littleEndian = littleEndian;
  }

  fields(): FieldWriter {
    return new FieldWriter(this.littleEndian);
  }

  options(list: readonly BlockOption[]): Uint8Array {
    if (list.length === 0) return new Uint8Array(0);
    const writer = this.fields();
    for (const [code, value] of list) writer.u16(code, value.length).raw(padded(value));
    return writer.u32(0).done();
  }

  block(type: number, body: Uint8Array): Uint8Array {
    const content = padded(body);
    const total = content.length + 12;
    return this.fields().u32(type, total).raw(content).u32(total).done();
  }

  section(options: readonly BlockOption[] = [], version: readonly [number, number] = [1, 0]): Uint8Array {
    const body = this.fields()
      .u32(0x1a2b3c4d)
      .u16(...version)
      .u64(-1n)
      .raw(this.options(options))
      .done();
    return this.block(0x0a0d0d0a, body);
  }

  interface(linkType = 1, snapLength = 0, options: readonly BlockOption[] = []): Uint8Array {
    return this.block(1, this.fields().u16(linkType, 0).u32(snapLength).raw(this.options(options)).done());
  }

  enhanced(
    id: number,
    ticks: bigint,
    data: Uint8Array,
    wireBytes = data.length,
    options: readonly BlockOption[] = [],
  ): Uint8Array {
    const writer = this.fields().u32(id, Number(ticks >> 32n), Number(ticks & 0xffffffffn), data.length, wireBytes);
    return this.block(6, writer.raw(padded(data)).raw(this.options(options)).done());
  }

  obsolete(id: number, ticks: bigint, data: Uint8Array, wireBytes = data.length, drops = 0xffff): Uint8Array {
    const writer = this.fields()
      .u16(id, drops)
      .u32(Number(ticks >> 32n), Number(ticks & 0xffffffffn));
    return this.block(2, writer.u32(data.length, wireBytes).raw(data).done());
  }

  simple(data: Uint8Array, wireBytes = data.length): Uint8Array {
    return this.block(3, this.fields().u32(wireBytes).raw(data).done());
  }

  statistics(id: number, options: readonly BlockOption[]): Uint8Array {
    return this.block(5, this.fields().u32(id, 0, 0).raw(this.options(options)).done());
  }

  names(records: readonly BlockOption[]): Uint8Array {
    return this.block(4, this.options(records));
  }

  counter(value: number): Uint8Array {
    return this.fields().u64(BigInt(value)).done();
  }
}
