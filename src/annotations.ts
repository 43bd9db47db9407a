/** What is known of connections besides their segments: names that captures give to addresses, tunnels they came through. */
import { formatAddress } from './base/address.ts';
import type { ConnectionNotes, TupleAddresses } from './report/build.ts';
import type { ResolvedName } from './source/packet.ts';
import { hashEnd, joinEnds, tupleOfRow } from './tuple.ts';
import type { SegmentBatch } from './wire/batch.ts';
import { formatPath } from './wire/tunnel.ts';

const MAX_NAMES = 10_000;
const MAX_TUNNELLED = 1 << 20;

/** Address and name as text. */
export function describeResolved({ address, name }: ResolvedName): { address: string; name: string } {
  const view = new DataView(address.buffer, address.byteOffset, address.byteLength);
  const words = Int32Array.from({ length: 4 }, (_, i) => (i * 4 < address.length ? view.getInt32(i * 4) : 0));
  return { address: formatAddress(address.length === 4 ? 4 : 6, words), name };
}

/** Gathers such things while packets go by, within bounds. */
export class Annotations implements ConnectionNotes {
  readonly #names = new Map<string, string>();
  /** Tunnel path by tuple. */
  readonly #paths = new Map<number, number>();
  /** Until a tunnel was seen nothing need be looked up. */
  #hasTunnels = false;

  /** Takes a name for an address; the first one that an address was given holds. */
  noteName(resolved: ResolvedName): void {
    if (resolved.name === '' || this.#names.size >= MAX_NAMES) return;
    const { address, name } = describeResolved(resolved);
    if (!this.#names.has(address)) this.#names.set(address, name);
  }

  /** Takes the tunnel path of a row; the one that a tuple was seen with last holds. */
  noteTunnel(batch: SegmentBatch, row: number, path: number): void {
    this.#hasTunnels = true;
    const key = tupleOfRow(batch, row);
    if (this.#paths.size < MAX_TUNNELLED || this.#paths.has(key)) this.#paths.set(key, path);
  }

  get hasNames(): boolean {
    return this.#names.size > 0;
  }

  nameOf(address: string): string | undefined {
    return this.#names.get(address);
  }

  tunnelOf({ words0, words1 }: TupleAddresses, ports: readonly [number, number]): string | undefined {
    if (!this.#hasTunnels) return undefined;
    const path = this.#paths.get(joinEnds(hashEnd(words0, 0, ports[0]), hashEnd(words1, 0, ports[1])));
    return path === undefined ? undefined : formatPath(path);
  }
}
