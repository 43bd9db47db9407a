/**
 * Connections live for microseconds when they are replayed. V8 guesses from the first ones, which live longer, that their
 * objects belong in the old generation, where they pile up: 330 MB instead of 240, and 15 % more time, for 200,000 of them.
 * Room for young objects does not grow either: what is alive at a time is little, however long a capture is, and V8 would take more
 * and more for what is dead (10 MB after ten million packets; without them lines of JSON take up to 5 % longer).
 *
 * It holds for all threads, and for what is loaded from then on the code cache does not: to be called once all is loaded.
 */
export function keepObjectsYoung(): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  setFlagsFromString('--no-allocation-site-pretenuring');
  setFlagsFromString('--semi-space-growth-factor=1');
}
