/**
 * Rows of connections of which every segment came once and in order, gone through once: where the segments are that matter,
 * and what each end sent. src/flow/flawless.ts tells more, and makes something of it.
 */
import {
  ENTRY_RECORD,
  FLAWLESS,
  FLAWLESS_ACK,
  FLAWLESS_BYTES,
  FLAWLESS_CLOSER,
  FLAWLESS_COMPLETENESS,
  FLAWLESS_COVER1,
  FLAWLESS_COVER2,
  FLAWLESS_DATA_ROW,
  FLAWLESS_DATA_SEGMENT,
  FLAWLESS_END_BYTES,
  FLAWLESS_ENDS,
  FLAWLESS_FIN_END,
  FLAWLESS_FIN1,
  FLAWLESS_FIN2,
  FLAWLESS_LAST,
  FLAWLESS_LETTERS,
  FLAWLESS_PAYLOAD,
  FLAWLESS_PROOF,
  FLAWLESS_RESET,
  FLAWLESS_SEGMENTS,
  FLAWLESS_SYN,
  FLAWLESS_SYN_ACK,
  FLAWLESS_THIRD,
  LETTER_ACK,
  LETTER_BITS,
  LETTER_DATA,
  LETTER_FIN,
  LETTER_RST,
  NO_END,
} from '../src/core/layout';
import {
  CLIENT,
  COURSE,
  COURSE_CLOSED_BY_1,
  COURSE_MOVED,
  ROW_COUNT,
  STAGE,
  STAGE_DONE,
  STAGE_OPEN,
  STAGE_RESET,
} from '../src/core/record';
import {
  ACK,
  FIN,
  OPTION_TIMESTAMPS,
  ROW_ACK,
  ROW_FLAGS,
  ROW_OPTIONS,
  ROW_PAYLOAD,
  ROW_SEQ,
  ROW_TSECR,
  ROW_TSVAL,
  RST,
  SACK_BITS,
} from '../src/core/row';
import { CERTAIN_PART, FIRST_SYN_TIMER_NANOS } from '../src/core/timing';
import { firstRow, nextRow, rowIndex, senderOf } from './log';
import { clear } from './memory';
import { diff, firstChunk, hasTimestamps, windowOf } from './record';
import { addressOf } from './table';

/** Bits of the course that tell of no more than how it was closed; above them is how often data was sent again. */
const USUAL_COURSE: u32 = COURSE_CLOSED_BY_1 | COURSE_MOVED;
const OPENING_ROWS: i32 = 3;
/** What the handshake adds to `tcp.completeness`, and what later segments do. */
const COMPLETE_OPENING: u32 = 7;
const COMPLETE_ACK: u32 = 4;
const COMPLETE_DATA: u32 = 8;
const COMPLETE_FIN: u32 = 16;
const COMPLETE_RST: u32 = 32;

/** Round trip from the tap to the server, NaN if a SYN that was not captured may lie between. */
let toServer: f64 = 0;
let thirdTime: f64 = 0;
let client: u32 = 0;
/** Letters of Zeek's history that were noted, and how many bits they take. */
let noted: u32 = 0;
let letterBits: u32 = 0;

/** Goes through the rows of an entry; false, and of no meaning, if there is one that is more than has to be. */
export function readFlawless(entry: u32): bool {
  const r = addressOf(entry) + ENTRY_RECORD;
  const stage = load<i32>(r, STAGE);
  const rows = load<i32>(r, ROW_COUNT);
  if (stage !== STAGE_DONE && stage !== STAGE_OPEN && stage !== STAGE_RESET) return false;
  if ((load<u32>(r, COURSE) & ~USUAL_COURSE) !== 0 || rows < OPENING_ROWS) return false;
  clear(FLAWLESS, FLAWLESS_BYTES);
  store<i32>(FLAWLESS, NO_END, FLAWLESS_CLOSER);
  client = load<u32>(r, CLIENT);
  const syn = firstRow(firstChunk(r));
  const synAck = nextRow(syn);
  const third = nextRow(synAck);
  if (!takeOpening(syn, synAck, third)) return false;
  let last = third;
  for (let at = nextRow(third); rowIndex() < rows; at = nextRow(at)) {
    if ((load<u32>(at, ROW_FLAGS) & SACK_BITS) !== 0 || !takeRow(at)) return false;
    last = at;
  }
  store<u32>(FLAWLESS, last, FLAWLESS_LAST);
  return true;
}

/** The handshake: each segment is new, and answers the one before for all that can be seen. */
function takeOpening(syn: u32, synAck: u32, third: u32): bool {
  const flags = load<u32>(syn, ROW_FLAGS) | load<u32>(synAck, ROW_FLAGS) | load<u32>(third, ROW_FLAGS);
  if ((flags & SACK_BITS) !== 0 || !answers(syn, synAck) || !answers(synAck, third)) return false;
  if (windowOf(syn) === 0 || windowOf(synAck) === 0 || load<u32>(third, ROW_PAYLOAD) !== 0) return false;
  store<u32>(FLAWLESS, syn, FLAWLESS_SYN);
  store<u32>(FLAWLESS, synAck, FLAWLESS_SYN_ACK);
  store<u32>(FLAWLESS, third, FLAWLESS_THIRD);
  store<u32>(endOf(client), 2, FLAWLESS_SEGMENTS);
  store<u32>(endOf(client), load<u32>(third, ROW_ACK), FLAWLESS_ACK);
  store<u32>(endOf(1 - client), 1, FLAWLESS_SEGMENTS);
  store<u32>(endOf(1 - client), load<u32>(synAck, ROW_ACK), FLAWLESS_ACK);
  store<u32>(FLAWLESS, COMPLETE_OPENING, FLAWLESS_COMPLETENESS);
  thirdTime = load<f64>(third);
  toServer = load<f64>(synAck) - load<f64>(syn);
  if (!hasTimestamps(synAck) && toServer >= FIRST_SYN_TIMER_NANOS) toServer = NaN;
  noted = 1 << LETTER_ACK;
  letterBits = 0;
  return true;
}

/** Whether a segment echoes the time stamp of the one before, if both have time stamps. */
function answers(before: u32, at: u32): bool {
  const hasStamps = (load<u32>(before, ROW_OPTIONS) & load<u32>(at, ROW_OPTIONS) & OPTION_TIMESTAMPS) !== 0;
  return !hasStamps || load<u32>(before, ROW_TSVAL) === load<u32>(at, ROW_TSECR);
}

function endOf(end: u32): u32 {
  return FLAWLESS + FLAWLESS_ENDS + end * FLAWLESS_END_BYTES;
}

/** What comes behind the handshake: of each end the next octets, its FIN, a new acknowledgment, or one reset. */
function takeRow(at: u32): bool {
  const from = senderOf(at);
  const me = endOf(from);
  const flags = load<u32>(at, ROW_FLAGS);
  const payload = load<u32>(at, ROW_PAYLOAD);
  const segments = load<u32>(me, FLAWLESS_SEGMENTS) + 1;
  const closer = load<i32>(FLAWLESS, FLAWLESS_CLOSER);
  store<u32>(me, segments, FLAWLESS_SEGMENTS);
  noteCompleteness(flags, payload);
  if ((flags & RST) !== 0) {
    noteLetter(LETTER_RST, from);
    store<u32>(FLAWLESS, from, FLAWLESS_CLOSER);
    store<u32>(FLAWLESS, at, FLAWLESS_RESET);
    return closer === NO_END;
  }
  const ack = load<u32>(at, ROW_ACK);
  const hasFin = (flags & FIN) !== 0;
  if (payload === 0 && !hasFin && diff(ack, load<u32>(me, FLAWLESS_ACK)) <= 0) return false;
  store<u32>(me, ack, FLAWLESS_ACK);
  if (payload > 0) {
    store<u32>(me, load<u32>(me, FLAWLESS_PAYLOAD) + payload, FLAWLESS_PAYLOAD);
    store<u32>(me, at, FLAWLESS_DATA_ROW);
    store<u32>(me, segments, FLAWLESS_DATA_SEGMENT);
  }
  if (from !== client) noteProof(at, closer);
  noteLetter(hasFin ? LETTER_FIN : payload > 0 ? LETTER_DATA : LETTER_ACK, from);
  if (closer !== NO_END && ack === load<u32>(endOf(1 - from), FLAWLESS_FIN_END)) noteCover(at, <i32>from === closer);
  if (!hasFin) return true;
  store<u32>(me, load<u32>(at, ROW_SEQ) + payload + 1, FLAWLESS_FIN_END);
  if (closer === NO_END) {
    store<u32>(FLAWLESS, from, FLAWLESS_CLOSER);
    store<u32>(FLAWLESS, at, FLAWLESS_FIN1);
  } else store<u32>(FLAWLESS, at, FLAWLESS_FIN2);
  return true;
}

/** The first segment of the server, while it is open, that cannot have been sent before the third segment came. */
function noteProof(at: u32, closer: i32): void {
  const hasClosed = closer === <i32>(1 - client) || load<u32>(FLAWLESS, FLAWLESS_COVER1) !== 0;
  if (hasClosed || load<u32>(FLAWLESS, FLAWLESS_PROOF) !== 0) return;
  if (!(load<f64>(at) - thirdTime < toServer * CERTAIN_PART)) store<u32>(FLAWLESS, at, FLAWLESS_PROOF);
}

/** A segment covers the FIN of the other end. */
function noteCover(at: u32, isOfCloser: bool): void {
  if (!isOfCloser) {
    if (load<u32>(FLAWLESS, FLAWLESS_COVER1) === 0) store<u32>(FLAWLESS, at, FLAWLESS_COVER1);
  } else if (load<u32>(FLAWLESS, FLAWLESS_FIN2) !== 0) store<u32>(FLAWLESS, at, FLAWLESS_COVER2);
}

function noteLetter(letter: u32, from: u32): void {
  const bit: u32 = 1 << (letter + u32(from !== client));
  if ((noted & bit) !== 0) return;
  noted |= bit;
  const letters = load<u32>(FLAWLESS, FLAWLESS_LETTERS);
  store<u32>(FLAWLESS, letters | ((letter + u32(from !== client)) << letterBits), FLAWLESS_LETTERS);
  letterBits += LETTER_BITS;
}

function noteCompleteness(flags: u32, payload: u32): void {
  let bits = payload > 0 ? COMPLETE_DATA : COMPLETE_ACK;
  if ((flags & (FIN | ACK)) === (FIN | ACK)) bits |= COMPLETE_FIN;
  if ((flags & RST) !== 0) bits |= COMPLETE_RST;
  store<u32>(FLAWLESS, load<u32>(FLAWLESS, FLAWLESS_COMPLETENESS) | bits, FLAWLESS_COMPLETENESS);
}
