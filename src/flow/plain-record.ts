/**
 * The record of a plain connection: what has to be known of it to tell whether the next segment goes by the book.
 *
 *     stage    NEW ──SYN──► SYN ──SYN-ACK──► ANSWERED ──ACK──► OPEN ──both FINs covered──► DONE
 *               │            └─RST─► REFUSED    └─RST─► ABANDONED │ ▲└──RST, no FIN or behind its own──► RESET
 *               │            ├─ACK─► ONE_WAY │            a hole ▼ │ filled
 *               │            │          │    │               HOLE_0, HOLE_1
 *               ├────────────┴──────────┴────┴────anything else───┴───────────────────► ODD
 *               └─ACK─► OPEN, if the beginning was not captured
 */

import { FIN_BITS, HEAD_ROWS } from '../core/record.ts';

/**
 * HOLE_0 and HOLE_1 are open too: octets of end 0 or 1 have come before others that belong ahead of them. ONE_WAY are those
 * of whose server nothing was captured: the client goes on as if its SYN had been answered, in order, up to its FIN.
 */
export const PlainStage = {
  NEW: 0,
  SYN: 1,
  ANSWERED: 2,
  OPEN: 3,
  HOLE_0: 4,
  HOLE_1: 5,
  ONE_WAY: 6,
  DONE: 7,
  ODD: 8,
  RESET: 9,
  REFUSED: 10,
  ABANDONED: 11,
} as const;

/** Words of a record. */
export const Plain = {
  /** The chunk with the rows behind those in the entry. */
  NEXT_CHUNK: 0,
  /** Index of the earliest row behind the head that is the first of its kind; 0 when there is none. */
  NEW_KIND_ROW: 1,
  /** Where the octets begin and end that came before those of a hole. */
  AHEAD: 4, // and 5
  /** Initial sequence numbers of ends 0 and 1, as all pairs, where bits 0 and 1 of `SYNS` say that they are known. */
  ISN: 6, // and 7
  STAGE: 8,
  CLIENT: 9,
  /** The number that an end sends next, all before it having been seen. */
  NXT: 10, // and 11
  ACK: 12, // and 13
  WINDOW: 14, // and 15
  /** Bit 0 and 1: end 0 and 1 has sent FIN; bits 2 to 5: data of end 0, 1, pure ACK of end 0, 1 were seen. */
  SEEN: 16,
  LAST_CHUNK: 17,
  ROWS: 18,
  /** How it opened and closed, see {@link Course}; above that, how often data was sent again. */
  COURSE: 19,
  /** Smaller of the two MSS options. */
  MSS: 20,
  /** Of the SYNs besides: time to live of end 0 in bits 8 to 15, of end 1 in bits 16 to 23; options of the first in the rest. */
  SYNS: 21,
} as const;
/** Two float64 of a record, in nanoseconds: the time of the latest segment, and that of the SYN, then of the first FIN. */
export const PlainNanos = { LAST: 11, MARK: 1 } as const; // words 22 and 23, 2 and 3

export { FIN_BITS, HEAD_ROWS };

/** Bits of `COURSE`; most of them all connections of a kind have in common. How often data was sent again is above them. */
export const Course = {
  /** Which end sent the first FIN or the reset. */
  CLOSED_BY_1: 1,
  /** It was open before the first segment that was captured. */
  MIDSTREAM: 2,
  /** Something about it is out of the ordinary without being against the book: slow, larger than its MSS, a strange TTL. */
  REMARKABLE: 4,
  /** Data came after the FIN of the other end had been acknowledged. */
  HALF_CLOSE: 8,
  /** The second FIN does not cover the first. */
  CROSSING: 16,
  /** The SYN was sent again before it was answered, and the answer echoes a later one than the first. */
  SYN_AGAIN: 32,
  LATER_SYN_ANSWERED: 64,
  /** The SYN-ACK was sent again before the third segment; no part of the kind. */
  SYN_ACK_AGAIN: 128,
  /** Data was sent again or came out of order, or an acknowledgment was repeated; no part of the kind. */
  TROUBLE: 256,
  /** Data behind a FIN was acknowledged by the end that had sent the FIN. */
  HALF_CLOSE_TAKEN: 512,
  /** End 0 or 1 sent keep-alives. */
  KEEP_ALIVE_0: 1024,
  KEEP_ALIVE_1: 2048,
  /** Rows were moved out of the way, the tuple has a former connection, rows were added up in the middle; no part of the kind. */
  MOVED: 0x2000,
  REUSED: 0x4000,
  CONDENSED: 0x8000,
} as const;
