import type { PageData, PageLadder, PageTable } from '../report/page/data.ts';
import { type Parcel, unpackLadders } from '../report/page/pack.ts';

/** Text of an element that must be there. */
export function textOf(id: string): string {
  return byId(id).textContent ?? '';
}

/** An element of the page that must be there. */
export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

export const readData = (): PageData => JSON.parse(textOf('data')) as PageData;

export const readTable = (): Promise<PageTable> => inflateJson<PageTable>(textOf('table'));

async function inflateJson<T>(base64: string): Promise<T> {
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index++) bytes[index] = binary.charCodeAt(index);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return JSON.parse(await new Response(stream).text()) as T;
}

const MAX_PARCELS_KEPT = 8;

/** Unpacks parcels of ladders when they are asked for, and keeps the latest few. */
export class Ladders {
  readonly #rules: ReadonlyMap<string, PageData['rules'][number]>;
  readonly #parcels = new Map<number, Promise<PageLadder[]>>();

  constructor(data: PageData) {
    this.#rules = new Map(data.rules.map((rule) => [rule.id, rule]));
  }

  async find(parcel: number, connection: number): Promise<PageLadder | undefined> {
    const known = this.#parcels.get(parcel) ?? this.#unpack(parcel);
    this.#parcels.delete(parcel);
    this.#parcels.set(parcel, known);
    for (const oldest of this.#parcels.keys()) {
      if (this.#parcels.size <= MAX_PARCELS_KEPT) break;
      this.#parcels.delete(oldest);
    }
    return (await known).find(({ ladder }) => ladder.connection === connection);
  }

  async #unpack(parcel: number): Promise<PageLadder[]> {
    return unpackLadders(await inflateJson<Parcel>(textOf(`parcel-${parcel}`)), this.#rules);
  }
}
