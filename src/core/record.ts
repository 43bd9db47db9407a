/** The record of a plain connection: octets at which its words begin, see `Plain` of src/flow/plain-record.ts. */
export const NEXT_CHUNK = 0;
export const NEW_KIND_ROW = 4;
export const MARK_NANOS = 8;
/** Of ends 0 and 1, as all pairs. */
export const AHEAD = 16;
export const ISN = 24;
/** What every row looks at is in one cache line. */
export const STAGE = 32;
export const CLIENT = 36;
export const NXT = 40;
export const ACKED = 48;
export const WINDOW = 56;
export const SEEN = 64;
export const LAST_CHUNK = 68;
export const ROW_COUNT = 72;
export const COURSE = 76;
export const MSS = 80;
export const SYNS = 84;
export const LAST_NANOS = 88;
export const RECORD_BYTES = 96;

export const STAGE_NEW = 0;
export const STAGE_SYN = 1;
export const STAGE_ANSWERED = 2;
export const STAGE_OPEN = 3;
export const STAGE_HOLE_0 = 4;
export const STAGE_ONE_WAY = 6;
export const STAGE_DONE = 7;
export const STAGE_ODD = 8;
export const STAGE_RESET = 9;
export const STAGE_REFUSED = 10;
export const STAGE_ABANDONED = 11;

/** Which ends have sent FIN. */
export const FIN_BITS = 3;
/** Which ends have sent data. */
export const DATA_BITS = 12;
/** Rows at the beginning that are kept whatever happens: those in the entry and two chunks. */
export const HEAD_ROWS = 18;

export const COURSE_CLOSED_BY_1 = 1;
export const COURSE_MIDSTREAM = 2;
export const COURSE_REMARKABLE = 4;
export const COURSE_HALF_CLOSE = 8;
export const COURSE_CROSSING = 16;
export const COURSE_SYN_AGAIN = 32;
export const COURSE_LATER_SYN_ANSWERED = 64;
export const COURSE_SYN_ACK_AGAIN = 128;
export const COURSE_TROUBLE = 256;
export const COURSE_HALF_CLOSE_TAKEN = 512;
export const COURSE_KEEP_ALIVE_0 = 1024;
export const COURSE_KEEP_ALIVE_1 = 2048;
/**
 * Those above are a part of the kind, those below are not. Nor is what leaves nothing behind that would be judged once the
 * connection is open: a SYN-ACK that was sent again (until then, how often is told besides), and a trouble that was put right.
 */
export const KIND_BITS = 0xfff & ~(COURSE_SYN_ACK_AGAIN | COURSE_TROUBLE);
export const COURSE_MOVED = 0x2000;
export const COURSE_REUSED = 0x4000;
export const COURSE_CONDENSED = 0x8000;
/** Above the bits: how often data was sent again. */
export const REPEATS_SHIFT = 16;

/** RFC 9293 §3.7.1. */
export const DEFAULT_MSS = 536;

/** Within so long, nanoseconds, a reset is an answer; after so long an end may have given up waiting for the other FIN. */
export const ANSWER_NANOS = 1e8;
export const FIN_WAIT_NANOS = 3e10;

/** Rows of a connection that is odd or one-way, or was in trouble, that are kept before the machine takes it over. */
export const MAX_ODD_ROWS = 64;
export const MAX_TROUBLED_ROWS = 256;
/** Rows from which on the middle is condensed, and those that the machine takes over because it could not be. */
export const CONDENSE_ROWS = 320;
export const GIVE_UP_ROWS = 1024;
/** It is tried once in so many rows, less one. */
export const CONDENSE_MASK = 63;
