/**
 * Where things lie in the memory of the core: numbers only, so that AssemblyScript and TypeScript read the same file.
 *
 *     TOUCHED ─ STATE ─ KEY ─ OURS ─ QUEUES ─ DIRECTORY ─ ROWS ─ BUCKETS ─ KINDS ─ ALIKE ─ HEAP: pages of entries, lines of the table, chunks of rows, what TypeScript asks for
 *
 * Offsets and sizes are octets. Rows are laid out as `Word` of src/wire/batch.ts says, records as `Plain` of
 * src/flow/plain-record.ts; test/core/layout.test.ts holds them together.
 */

/**
 * Rows whose memory is touched at a time, where the entries are noted that they have most likely, and a word of which nobody asks.
 * Nothing is before it: the address 0 is none.
 */
export const TOUCH_ROWS = 32;
export const TOUCHED = 512;

/** Numbers that both sides read and write: float64 first. */
export const STATE = 1024;
/** Latest time of any segment, nanoseconds, as all times. */
export const NOW = STATE;
/** From how long on a handshake or a close is worth a closer look. */
export const HANDSHAKE_LIMIT = STATE + 8;
export const CLOSE_LIMIT = STATE + 16;
/** Number of the next connection. */
export const NEXT_ID = STATE + 64;
/** What the latest search found: an entry, or NO_ENTRY; which end sent the row; whether both ends are the same. */
export const FOUND = STATE + 68;
export const FROM = STATE + 72;
export const IS_SELF = STATE + 76;
/** Bits of MODE_*. */
export const MODE = STATE + 80;
/** Tuples in the table, and entries that are or were in use. */
export const COUNT = STATE + 84;
export const END_ENTRY = STATE + 88;
/** Free chunks of rows, a list. */
export const FREE_CHUNK = STATE + 108;
/** Copies of one segment that are worth a closer look. */
export const COPIES_LIMIT = STATE + 128;

/** For how long after its last segment a connection that is over is kept, nanoseconds. */
export const LINGER = STATE + 136;
/** Records in ALIKE. */
export const ALIKE_COUNT = STATE + 144;

/** Entries are touched ahead for many rows at a time: one wait for all instead of one for each. From so many tuples on their logs are, too. */
export const TOUCH_FROM = STATE + 148;
/** How long an end stays in CLOSE_WAIT before that is worth a closer look, and from when on it is an error. */
export const CLOSE_WAIT_LIMIT = STATE + 240;
export const CLOSE_WAIT_ERROR_LIMIT = STATE + 248;
/** Where the rows of the batch in work begin: at ROWS, or elsewhere in the memory of the core. */
export const ROWS_AT = STATE + 256;
/** How long TIME_WAIT lasts, nanoseconds. */
export const TIME_WAIT = STATE + 264;

/** Numbers of a run of packets. */
export const RUN = STATE + 272;
/** In them: the time of the latest packet, the earliest and the latest of all, ticks a second, what times count from. */
export const CLOCK = 0;
export const FIRST_TIME = 8;
export const LAST_TIME = 16;
export const TICKS_PER_SECOND = 24;
export const EPOCH_SECONDS = 32;
/** Of pcapng blocks: what is added to every time. */
export const OFFSET_SECONDS = 40;
/** Rows in the batch, number of the latest frame, whether numbers are big-endian. */
export const ROW_COUNT = 48;
export const FRAME = 52;
export const IS_SWAPPED = 56;
/** Of pcapng blocks: the number of the interface in its section. */
export const INTERFACE_ID = 60;
export const RUN_BYTES = 64;

/** New tuples get a record, and no further attention. */
export const MODE_LANE = 1;
/** Only the rows of certain buckets are looked at. */
export const MODE_SHARE = 2;
/** Connections of the kinds in KINDS are counted, and noted in ALIKE. */
export const MODE_COUNT = 4;
/** No tuple is looked for any more: one that is removed may stay in its line. */
export const MODE_FINISH = 8;
/** Another connection on the tuple of one that was closed gets a record, too. */
export const MODE_REUSE = 16;

/** The key of a tuple that was not found, laid out as in an entry. */
export const KEY = 1536;
/** One octet a bucket: 1 if its rows are ours. */
export const OURS = 1792;

/**
 * Of each bucket the queue of what may be over, a ring: its address, how many entries there is room for, the place of the first
 * one, how many wait, and how many of the first ones have been touched.
 */
export const QUEUES = 2048;
export const QUEUE_RING = 0;
export const QUEUE_ROOM = 4;
export const QUEUE_FIRST = 8;
export const QUEUE_COUNT = 12;
export const QUEUE_TOUCHED = 16;
export const QUEUE_BYTES = 32;
/** Entries whose connection is over are kept, for stray segments, until a bucket has more of them than this. */
export const MAX_CLOSED_IN_BUCKET = 512;

/** Where the pages of entries begin, four octets each. */
export const DIRECTORY = 4096;
export const PAGE_BITS = 10;
export const PAGE_ENTRIES = 1 << PAGE_BITS;
export const MAX_PAGES = 16384;

/** Rows of the core's own batch, and the bucket of each row in work. */
export const ROWS = DIRECTORY + MAX_PAGES * 4;
export const ROW_BYTES = 128;
export const MAX_ROWS = 1024;
/** One row more, for whoever looks for a tuple that is in no batch. */
export const SPARE_ROW = MAX_ROWS;
export const BUCKETS = ROWS + (MAX_ROWS + 1) * ROW_BYTES;

/** Kinds of connections that are counted: what they are (64 bits, 0 in an empty slot), how many there were, a word of TypeScript's. */
export const KINDS = BUCKETS + MAX_ROWS;
export const KIND = 0;
export const KIND_COUNT = 8;
export const KIND_TAG = 12;
export const KIND_BYTES = 16;
export const KIND_SLOTS = 2048;
/**
 * Connections that were counted, of which there is something to tell: times of the first and the last segment, tag of the
 * kind, numbers of its hosts and its service (not of the one that `describe` is asked for), and so on.
 */
export const ALIKE = KINDS + KIND_SLOTS * KIND_BYTES;
export const ALIKE_FIRST_NANOS = 0;
export const ALIKE_LAST_NANOS = 8;
export const ALIKE_CLOSE_WAIT_NANOS = 16;
export const ALIKE_TAG = 24;
export const ALIKE_CLIENT = 28;
export const ALIKE_SERVER = 32;
export const ALIKE_SERVICE = 36;
export const ALIKE_TOLD = 40;
export const ALIKE_FIRST_FRAME = 44;
export const ALIKE_LAST_FRAME = 48;
export const ALIKE_FIN_FRAME = 52;
export const ALIKE_SYN_OPTIONS = 56;
export const ALIKE_BYTES = 64;
export const MAX_ALIKE = 512;
/** Bits of ALIKE_TOLD: a SYN-ACK that answers the SYN was captured, and the third segment; one end has not closed; the beginning was not captured. */
export const TOLD_ANSWERED = 1;
export const TOLD_COMPLETED = 2;
export const TOLD_HALF_CLOSED = 4;
export const TOLD_MIDSTREAM = 8;
/** How many they are. */
export const TOLD_BITS = 4;
/** The tag of connections that are only counted: nothing is told of them, and their hosts do not count. */
export const LEFT_OUT = 15;
/** Tags below it are those of connections of which nothing has to be told: which end pays TIME_WAIT, if one does. */
export const FIRST_TOLD = 16;
export const TAG_CLIENT_WAITS = 1;
export const TAG_SERVER_WAITS = 2;

/** What there is to tell of a flawless connection: addresses of rows (0 where there is none), and so on. */
export const FLAWLESS = ALIKE + (MAX_ALIKE + 1) * ALIKE_BYTES;
export const FLAWLESS_SYN = 0;
export const FLAWLESS_SYN_ACK = 4;
export const FLAWLESS_THIRD = 8;
export const FLAWLESS_PROOF = 12;
export const FLAWLESS_LAST = 16;
export const FLAWLESS_RESET = 20;
export const FLAWLESS_FIN1 = 24;
export const FLAWLESS_COVER1 = 28;
export const FLAWLESS_FIN2 = 32;
export const FLAWLESS_COVER2 = 36;
/** Which end closed it, or `NO_END`. */
export const FLAWLESS_CLOSER = 40;
export const NO_END = -1;
/** Letters of Zeek's history behind those of the handshake, the first in the low bits: one of these, 1 more if it is the server's. */
export const FLAWLESS_LETTERS = 44;
export const LETTER_ACK = 2;
export const LETTER_DATA = 4;
export const LETTER_FIN = 6;
export const LETTER_RST = 8;
export const LETTER_AGAIN = 10;
export const LETTER_BITS = 4;
export const FLAWLESS_COMPLETENESS = 48;
/** The copies of the SYN and of the SYN-ACK that were answered, and whether the FINs crossed. */
export const FLAWLESS_ASKED = 52;
export const FLAWLESS_ANSWERED = 56;
export const FLAWLESS_IS_CROSSING = 60;
/** The copies of the SYN, then those of the SYN-ACK. */
export const FLAWLESS_COPIES = 64;
export const MAX_COPIES = 16;
/** Data behind the first FIN: how many segments, and which. */
export const FLAWLESS_LATE_COUNT = 128;
export const FLAWLESS_LATE = 132;
export const MAX_LATE = 15;
/** What there is of ends 0 and 1: segments, octets, and those of them that are new. */
export const FLAWLESS_ENDS = 192;
export const FLAWLESS_SEGMENTS = 0;
export const FLAWLESS_PAYLOAD = 4;
export const FLAWLESS_UNIQUE = 8;
/** The latest row with data, which of the segments that is, and which its FIN is. */
export const FLAWLESS_DATA_ROW = 12;
export const FLAWLESS_DATA_SEGMENT = 16;
export const FLAWLESS_FIN_SEGMENT = 20;
/** Its acknowledgment, the number behind its FIN, and its window. */
export const FLAWLESS_ACK = 24;
export const FLAWLESS_FIN_END = 28;
export const FLAWLESS_WINDOW = 32;
/** Up to where its octets came without a hole, up to where some came, and the first row behind the hole. */
export const FLAWLESS_LOW = 36;
export const FLAWLESS_HIGH = 40;
export const FLAWLESS_AHEAD = 44;
/** SYNs, data sent again, data out of order, acknowledgments repeated. */
export const FLAWLESS_SYNS = 48;
export const FLAWLESS_AGAIN = 52;
export const FLAWLESS_OUT_OF_ORDER = 56;
export const FLAWLESS_DUPLICATE_ACKS = 60;
/** Data that Zeek takes to be sent again; its latest rows, each in the place of its number. */
export const FLAWLESS_ZEEK_AGAIN = 64;
export const FLAWLESS_RECENT = 68;
export const RECENT_ROWS = 16;
export const FLAWLESS_END_BYTES = 144;
/** How often each FIN was sent again. */
export const FLAWLESS_REPEATS1 = 480;
export const FLAWLESS_REPEATS2 = 484;
/** Of a FIN that was sent again although it had been acknowledged, the acknowledgment of that; 0 for others. */
export const FLAWLESS_COVER_AGAIN1 = 488;
export const FLAWLESS_COVER_AGAIN2 = 492;
/** Bits 0 and 1: the acknowledgment of the first and second FIN tells that the first copy had arrived. */
export const FLAWLESS_ARRIVED = 496;
/** The latest row of the end that has not closed. */
export const FLAWLESS_HEARD = 500;
export const FLAWLESS_BYTES = 512;
/** Behind what is cleared for each connection: the repeats of both FINs. */
export const FLAWLESS_FINS1 = 512;
export const FLAWLESS_FINS2 = 576;
export const MAX_FINS = 16;
export const FLAWLESS_ALL_BYTES = 640;

/** Numbers for hosts and services, three tables: of the words of a key, up to `MAX_NAMES` of them in the order in which they came. */
export const NAMES = FLAWLESS + FLAWLESS_ALL_BYTES;
/** Address of the keys, of the slots, how many slots there are less 1, how many keys, words of a key. */
export const NAMES_KEYS = 0;
export const NAMES_SLOTS = 4;
export const NAMES_MASK = 8;
export const NAMES_COUNT = 12;
export const NAMES_WIDTH = 16;
export const NAMES_BYTES = 32;
export const HOSTS4 = NAMES;
export const HOSTS6 = HOSTS4 + NAMES_BYTES;
export const SERVICES = HOSTS6 + NAMES_BYTES;
/** The key that is looked for. */
export const NAME_KEY = SERVICES + NAMES_BYTES;
export const MAX_NAMES = 65536;
/** There is no number for it: there were too many before. */
export const NO_NAME = -1;
/**
 * Addresses of what is counted by service or host of ordinary connections, each in its cache line: how many (float64), when the
 * first and the last was. Both of a client are in one line.
 */
export const SPANS = NAME_KEY + 16;
export const SPANS_SERVICES = SPANS;
export const SPANS_CLIENTS = SPANS + 4;
export const SPANS_CLIENTS_WAIT = SPANS + 8;
export const SPANS_SERVERS_WAIT = SPANS + 12;
export const SPAN_FIRST = 8;
export const SPAN_LAST = 16;
export const SPAN_WAIT = 24;
export const SPAN_BYTES = 64;
/** How many of them there are. */
export const ORDINARY_COUNT = SPANS + 16;

export const HEAP = SPANS + 32;

/** An entry, four cache lines: the key of its tuple, four words, the first rows of a plain connection and its record. */
export const ENTRY_BYTES = 256;
export const ENTRY_PORTS = 4;
export const ENTRY_LOW = 8;
export const ENTRY_HIGH = 24;
export const ENTRY_SCOPE = 40;
export const ENTRY_HASH = 44;
/** Number of the entry, and number of its first connection (0 if it is free). */
export const ENTRY_NUMBER = 48;
export const ENTRY_ID = 52;
/**
 * Whether it waits among those that are over, one octet; above it the number, plus 1, of the entry with the former connection of
 * the tuple, 0 if there is none.
 */
export const ENTRY_QUEUED = 56;
export const QUEUED_BITS = 0xff;
export const FORMER_SHIFT = 8;
/** Of a free entry, the next free one. */
export const ENTRY_NEXT = 60;
export const ENTRY_ROWS = 64;
export const ENTRY_RECORD = 160;
export const KEY_BYTES = 48;
export const VERSION_BITS = 0xff;
export const VARIANT_SHIFT = 8;
export const NO_ENTRY = -1;

/**
 * A former connection has an entry that is in no line, with the rows and the record as they were. In place of what only a tuple
 * in the table has: at which end it left TIME_WAIT behind, the numbers of the next connection and its own, and whether it is final.
 */
export const FORMER_TIME_WAIT = ENTRY_SCOPE;
export const FORMER_NEXT_ID = ENTRY_HASH;
export const FORMER_ID = ENTRY_NEXT;
export const FORMER_IS_FINAL = ENTRY_QUEUED;
export const TIME_WAIT_NEITHER = 0;
export const TIME_WAIT_AT_CLIENT = 1;
export const TIME_WAIT_AT_SERVER = 2;

/** A chunk of rows: eight rows of as many octets, then the address of the next one. */
export const CHUNK_BYTES = 392;
export const CHUNK_ROWS = 8;
export const CHUNK_NEXT = 384;
export const SEGMENT_BYTES = 48;
/** Rows in the entry: the last ones of a chunk of which the entry has no more. The record begins with its next chunk. */
export const OWN_ROWS = 2;
/** Place in its chunk of the first row of a list. */
export const FIRST_PLACE = CHUNK_ROWS - OWN_ROWS;

/** Why the core stopped at a row, in the low bits of what it returns; the row is above them. */
export const STOP_BITS = 4;
/** All rows are taken. */
export const STOP_END = 0;
/** The tuple is new, and is not for the core; its entry has another scope; the machine has it. */
export const STOP_NEW = 1;
export const STOP_SCOPE = 2;
export const STOP_FLOW = 3;
/** The machine has to take the connection over. */
export const STOP_GIVE_UP = 4;
/** The row was taken, and its rows are to be condensed; or the connection began with this row. */
export const STOP_LONG = 5;
export const STOP_OPENED = 6;
/** The row was taken, and its connection may be over (of `takeAt` only); or another one that waited long enough is to be closed. */
export const STOP_OVER = 7;
export const STOP_CLOSE = 8;
/** Another connection may begin on a tuple whose last one was closed; or the row was taken, and makes the former one final. */
export const STOP_REUSED = 9;
export const STOP_FINAL = 10;
