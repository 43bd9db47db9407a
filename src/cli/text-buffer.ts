/** Text is handed on when it is this much; a single one may be longer. */
const CHUNK_BYTES = 1 << 18;
/** UTF-8 takes no more for a UTF-16 unit. */
const MAX_BYTES_A_UNIT = 3;
const LINE_FEED = 10;

/** Gathers texts as UTF-8. */
export class TextBuffer {
  #bytes = Buffer.alloc(0);
  #used = 0;

  /** Returns the end of the text among the bytes of the next `take`. */
  append(text: string): number {
    this.#reserve(text.length * MAX_BYTES_A_UNIT);
    this.#used += this.#bytes.write(text, this.#used);
    return this.#used;
  }

  /** As `append`, of what is UTF-8 already. */
  appendBytes(bytes: Uint8Array): number {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#used);
    this.#used += bytes.length;
    return this.#used;
  }

  /** As `appendBytes`, and ends the line. */
  appendLine(bytes: Uint8Array): number {
    this.appendBytes(bytes);
    this.#reserve(1);
    this.#bytes[this.#used++] = LINE_FEED;
    return this.#used;
  }

  /** Whether so much has come together that it should be taken. */
  get isFull(): boolean {
    return this.#used >= CHUNK_BYTES;
  }

  /** What came since the last call, good until more is appended; null when nothing did. */
  takeView(): Uint8Array | null {
    if (this.#used === 0) return null;
    const taken = this.#bytes.subarray(0, this.#used);
    this.#used = 0;
    return taken;
  }

  /** As `takeView`, for good. */
  take(): Uint8Array | null {
    const view = this.takeView();
    if (view === null) return null;
    // Not zeroed before, unlike a new Uint8Array, and of memory of its own, unlike a slice.
    const taken = Buffer.allocUnsafeSlow(view.length);
    taken.set(view);
    return taken;
  }

  #reserve(bytes: number): void {
    const wanted = this.#used + bytes;
    if (wanted <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(wanted, this.#bytes.length * 2, CHUNK_BYTES * 2));
    this.#bytes.copy(grown, 0, 0, this.#used);
    this.#bytes = grown;
  }
}
