/**
 * How `TextWriter` tells its core what to append: numbers only, so that AssemblyScript and TypeScript read the same file.
 *
 * An order is a word that holds the address of a piece and, above it, what comes behind the piece; then the value, if there
 * is one: a whole number in the second word, a float64 behind that, both, or the four words of an IPv6 address.
 */
export const PIECE_BITS = 24;

export const NOTHING = 0;
/** A whole number. */
export const WHOLE = 1;
/** Nanoseconds, at least 1000, as decimal seconds. */
export const SECONDS = 2;
/** A time in quotes: nanoseconds after the epoch. */
export const TIME = 3;
export const IPV4 = 4;
export const IPV6 = 5;
/** A frame, and the time of it behind `,"time":`. */
export const MOMENT = 6;
/** No text: the second, since 1970, that times count from. */
export const EPOCH = 7;

/** Octets of an order, by what its value takes. */
export const SHORT_ORDER_BYTES = 8;
export const FLOAT_ORDER_BYTES = 16;
export const LONG_ORDER_BYTES = 24;
/** As many as the longest value takes. */
export const VALUE_BYTES = 64;
