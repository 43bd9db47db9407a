/** Bytes before packed data and behind all memory that unpacking loops may touch when they reach beyond an end. */
export const PAD_BYTES = 32;

/** Memory seen as bytes and as words; the last {@link PAD_BYTES} are beyond its content. */
export interface Memory {
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** Memory for so many bytes, and {@link PAD_BYTES} behind them. */
export function allot(contentBytes: number): Memory {
  const bytes = new Uint8Array(contentBytes + PAD_BYTES);
  return { bytes, view: new DataView(bytes.buffer) };
}
