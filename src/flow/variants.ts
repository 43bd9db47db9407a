/** Sequence numbers this near belong to one connection. */
const SAME_CONNECTION_OCTETS = 1 << 22;

/** Whether a sequence number is near one that is known; -1 stands for one that is not. */
export function isNear(seq: number, known: number): boolean {
  return known !== -1 && Math.abs((seq - known) | 0) < SAME_CONNECTION_OCTETS;
}

/** Entries of tuples that were seen on several VLANs or VNIs: by the first entry, and back. */
export class Variants {
  /** By first entry: the entry for each scope. */
  readonly #variants = new Map<number, Map<number, number>>();
  /** By entry of a further variant: where it is listed. */
  readonly #variantOf = new Map<number, { readonly first: number; readonly scope: number }>();

  /** The entry for a scope, if it was seen. */
  get(first: number, scope: number): number | undefined {
    return this.#variants.get(first)?.get(scope);
  }

  /** How many scopes of a tuple were seen besides the first. */
  count(first: number): number {
    return this.#variants.get(first)?.size ?? 0;
  }

  /** The rows of a scope belong to an entry: to the first one, or to one of its own. */
  set(first: number, scope: number, entry: number): void {
    const variants = this.#variants.get(first) ?? new Map<number, number>();
    this.#variants.set(first, variants);
    variants.set(scope, entry);
    if (entry !== first) this.#variantOf.set(entry, { first, scope });
  }

  /** An entry is given up. */
  forget(entry: number): void {
    if (this.#variants.size + this.#variantOf.size === 0) return;
    this.#variants.delete(entry);
    const variant = this.#variantOf.get(entry);
    if (variant === undefined) return;
    this.#variants.get(variant.first)?.delete(variant.scope);
    this.#variantOf.delete(entry);
  }
}
