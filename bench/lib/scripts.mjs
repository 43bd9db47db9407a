// @ts-check
import { ACK, FIN, other, PSH, SYN } from './conversation.mjs';

/*
 * How connections go, as seen at the tap. Each script is a generator that fills the conversation's pending segment,
 * yields when it is ready, and returns the truth about the whole connection.
 */

/** @typedef {import('./conversation.mjs').Conversation} Conversation */
/** @typedef {import('./conversation.mjs').End} End */
/** @typedef {{ outcome: string, closedFirst: 'client' | 'server' | 'both' | null }} Truth */
/** @typedef {{ trouble: number, exchanges: number }} Habits trouble: share of exchanges and closes with a loss; exchanges: mean number */
/** @typedef {Generator<Conversation, Truth, void>} Script */

const SECOND = 1_000_000;
const RETRANSMISSION_MICROS = 220_000;

/** @param {Conversation} c @param {Habits} habits */
function* openHandshake(c, habits) {
  const isn = c.client.nxt;
  yield c.send('client', SYN);
  if (c.random.chance(habits.trouble)) yield c.wait(SECOND + 5_000).sendAt('client', SYN, 0, isn);
  const serverIsn = c.server.nxt;
  yield c.wait(c.turnMicros('server')).send('server', SYN | ACK);
  if (c.random.chance(habits.trouble / 2)) {
    yield c.wait(SECOND + 3_000).sendAt('server', SYN | ACK, 0, serverIsn);
  }
  yield c.wait(c.turnMicros('client')).acknowledge('client');
}

/** @param {Conversation} c @param {Habits} habits */
function* talk(c, habits) {
  const rounds = 1 + Math.floor(c.random.exponential(habits.exchanges));
  for (let i = 0; i < rounds; i++) {
    yield c.wait(c.random.exponential(80_000)).send('client', ACK | PSH, c.random.between(40, 400));
    if (c.random.chance(0.6)) yield c.wait(c.turnMicros('server')).acknowledge('server');
    c.wait(c.random.exponential(60_000));
    if (c.random.chance(habits.trouble)) yield* respondWithTrouble(c);
    else yield* respond(c, Math.floor(c.random.exponential(550)) + 30);
  }
}

/** @param {Conversation} c @param {number} bytes */
function* respond(c, bytes) {
  let left = bytes;
  let unacknowledged = 0;
  while (left > 0) {
    const size = Math.min(left, c.mss);
    left -= size;
    yield c.wait(15 + c.random.exponential(20)).send('server', left === 0 ? ACK | PSH : ACK, size);
    unacknowledged++;
    if (unacknowledged < 2 && left > 0) continue;
    yield c.wait(c.turnMicros('client')).acknowledge('client');
    unacknowledged = 0;
  }
}

/** A response of four segments of which one meets with an accident. @param {Conversation} c */
function* respondWithTrouble(c) {
  const kind = c.random.between(0, 3);
  const first = c.server.nxt;
  const hole = (first + c.mss) >>> 0;
  const after = (first + 2 * c.mss) >>> 0;
  yield c.wait(20).send('server', ACK, c.mss);
  const lostBeforeTap = kind === 0;
  const swapped = kind === 1;
  if (lostBeforeTap || swapped) c.server.nxt = after;
  else yield c.wait(12).send('server', ACK, c.mss);
  yield c.wait(12).send('server', ACK, c.mss);
  if (swapped) yield resendUnchanged(c.wait(30), hole);
  yield c.wait(12).send('server', ACK | PSH, c.mss);
  const networkDuplicate = kind === 3;
  if (networkDuplicate) yield* repeatOnPath(c, hole);
  if (swapped || networkDuplicate) {
    yield c.wait(c.turnMicros('client')).acknowledge('client');
    return;
  }
  for (const right of [after + c.mss, after + 2 * c.mss]) {
    yield c.wait(c.turnMicros('client') / 2).acknowledgeHole('client', hole, after, right >>> 0);
  }
  yield c.wait(RETRANSMISSION_MICROS).sendAt('server', ACK, c.mss, hole);
  yield c.wait(c.turnMicros('client')).acknowledge('client');
}

/** The segment at `seq` overtaken on its way: sent before the one that the tap has just seen. @param {Conversation} c @param {number} seq */
function resendUnchanged(c, seq) {
  const later = c.ipId;
  c.sendAt('server', ACK, c.mss, seq);
  c.server.ipId = later;
  c.ipId = (later - 1) & 0xffff;
  c.tsVal = (c.tsVal - 1) >>> 0;
  return c;
}

/** The path delivers the segment at `seq` a second time, the same in every field. @param {Conversation} c @param {number} seq */
function* repeatOnPath(c, seq) {
  const lastIpId = c.ipId;
  const { tsVal, tsEcr } = c;
  c.wait(7_000).sendAt('server', ACK, c.mss, seq);
  c.server.ipId = lastIpId;
  c.server.tsVal = tsVal;
  c.ipId = (lastIpId - 2) & 0xffff;
  c.tsVal = tsVal;
  c.tsEcr = tsEcr;
  yield c;
}

/**
 * One FIN and its ACK; with trouble, the FIN or its ACK is lost once, before or past the tap.
 *
 * @param {Conversation} c
 * @param {End} from
 * @param {Habits} habits
 */
function* closeOneWay(c, from, habits) {
  const fin = c.half(from).nxt;
  yield c.send(from, FIN | ACK);
  if (c.random.chance(habits.trouble)) {
    const ackWasSeen = c.random.chance(0.5);
    if (ackWasSeen) yield c.wait(c.turnMicros(other(from))).acknowledge(other(from));
    yield c.wait(RETRANSMISSION_MICROS + c.rttMicros).sendAt(from, FIN | ACK, 0, fin);
  }
  yield c.wait(c.turnMicros(other(from))).acknowledge(other(from));
}

/** @param {Conversation} c */
const eitherEnd = (c) => (c.random.chance(0.7) ? 'client' : 'server');

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* fourSegmentClose(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  c.wait(c.random.exponential(30_000));
  yield* closeOneWay(c, first, habits);
  c.wait(c.random.exponential(5_000));
  yield* closeOneWay(c, other(first), habits);
  return { outcome: 'graceful', closedFirst: first };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* threeSegmentClose(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  yield c.wait(c.random.exponential(30_000)).send(first, FIN | ACK);
  c.wait(c.turnMicros(other(first)));
  yield* closeOneWay(c, other(first), habits);
  return { outcome: 'graceful', closedFirst: first };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* simultaneousClose(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  const second = other(first);
  const uncovered = c.half(first).nxt;
  yield c.wait(30_000).send(first, FIN | ACK);
  const gap = Math.min(c.clientRttMicros, c.serverRttMicros) / 4;
  c.wait(gap).send(second, FIN | ACK);
  c.ack = uncovered;
  yield c;
  yield c.wait(gap).acknowledge(second);
  yield c.wait(c.turnMicros(first)).acknowledge(first);
  return { outcome: 'graceful', closedFirst: 'both' };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* halfClose(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  yield* closeOneWay(c, 'client', habits);
  for (let i = c.random.between(1, 3); i > 0; i--) {
    yield* respond(c.wait(c.random.exponential(20_000)), c.random.between(200, 1400));
  }
  yield* closeOneWay(c, 'server', habits);
  return { outcome: 'graceful', closedFirst: 'client' };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* abortAfterData(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  yield c.wait(c.random.exponential(50_000)).abort(first);
  return { outcome: 'reset', closedFirst: first };
}

/** The client is gone after close(); the server's answer meets nobody. @param {Conversation} c @param {Habits} habits @returns {Script} */
function* dataAfterClose(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  yield c.wait(20_000).send('client', FIN | ACK);
  yield c.wait(c.turnMicros('server')).acknowledge('server');
  yield c.wait(2 * c.rttMicros + 200_000).send('server', ACK | PSH, 200);
  yield c.wait(c.turnMicros('client')).rejectSegment('client');
  return { outcome: 'reset', closedFirst: 'client' };
}

/** @param {Conversation} c @returns {Script} */
function* refusedConnect(c) {
  yield c.send('client', SYN);
  yield c.wait(c.turnMicros('server')).refuse();
  return { outcome: 'refused', closedFirst: null };
}

/** @param {Conversation} c @returns {Script} */
function* unansweredConnect(c) {
  const isn = c.client.nxt;
  yield c.send('client', SYN);
  let pause = SECOND;
  for (let k = c.random.between(0, 4); k > 0; k--) {
    yield c.wait(pause).sendAt('client', SYN, 0, isn);
    pause *= 2;
  }
  return { outcome: 'unanswered', closedFirst: null };
}

/** @param {Conversation} c @returns {Script} */
function* handshakeIncomplete(c) {
  yield c.send('client', SYN);
  const isn = c.server.nxt;
  yield c.wait(c.turnMicros('server')).send('server', SYN | ACK);
  let pause = SECOND;
  for (let k = c.random.between(0, 3); k > 0; k--) {
    yield c.wait(pause).sendAt('server', SYN | ACK, 0, isn);
    pause *= 2;
  }
  return { outcome: 'handshake-incomplete', closedFirst: null };
}

/** @param {Conversation} c @returns {Script} */
function* abandonedConnect(c) {
  yield c.send('client', SYN);
  yield c.wait(c.turnMicros('server')).send('server', SYN | ACK);
  yield c.wait(c.turnMicros('client')).rejectSegment('client');
  return { outcome: 'abandoned', closedFirst: 'client' };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* finalAckMissing(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  const second = other(first);
  yield* closeOneWay(c.wait(10_000), first, habits);
  const fin = c.half(second).nxt;
  yield c.wait(2_000).send(second, FIN | ACK);
  let pause = RETRANSMISSION_MICROS + c.rttMicros;
  for (let k = c.random.between(2, 5); k > 0; k--) {
    yield c.wait(pause).sendAt(second, FIN | ACK, 0, fin);
    pause *= 2;
  }
  return { outcome: 'final-ack-missing', closedFirst: first };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* finUnacknowledged(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  const fin = c.half(first).nxt;
  yield c.wait(10_000).send(first, FIN | ACK);
  let pause = RETRANSMISSION_MICROS + c.rttMicros;
  for (let k = c.random.between(2, 5); k > 0; k--) {
    yield c.wait(pause).sendAt(first, FIN | ACK, 0, fin);
    pause *= 2;
  }
  return { outcome: 'fin-unacknowledged', closedFirst: first };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* halfClosedForGood(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  const first = eitherEnd(c);
  yield* closeOneWay(c.wait(10_000), first, habits);
  return { outcome: 'half-closed', closedFirst: first };
}

/** @param {Conversation} c @param {Habits} habits @returns {Script} */
function* leftOpen(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, habits);
  return { outcome: 'open', closedFirst: null };
}

/** Asymmetric routes: the tap sees the client's segments only. @param {Conversation} c @param {Habits} habits @returns {Script} */
function* oneWay(c, habits) {
  yield c.send('client', SYN);
  c.server.nxt = (c.server.nxt + 1) >>> 0;
  c.server.tsVal = c.server.tsOffset;
  yield c.wait(c.rttMicros).acknowledge('client');
  for (let i = 1 + Math.floor(c.random.exponential(habits.exchanges)); i > 0; i--) {
    yield c.wait(c.rttMicros + 5_000).send('client', ACK | PSH, c.random.between(40, 400));
    c.server.nxt = (c.server.nxt + 300) >>> 0;
    yield c.wait(c.rttMicros + 5_000).acknowledge('client');
  }
  return { outcome: 'partial', closedFirst: null };
}

/**
 * One way from server to client, `bytes` in full segments, an ACK for every two, `lag` segments behind.
 *
 * @param {number} bytes
 * @returns {(c: Conversation, habits: Habits) => Script}
 */
export const bulkTransfer = (bytes) =>
  function* bulk(c, habits) {
    const lag = 20;
    yield* openHandshake(c, habits);
    yield c.wait(1_000).send('client', ACK | PSH, 120);
    yield c.wait(c.turnMicros('server')).acknowledge('server');
    const segments = Math.ceil(bytes / c.mss);
    const first = c.server.nxt;
    for (let i = 1; i <= segments; i++) {
      yield c.wait(13).send('server', ACK, c.mss);
      if (c.random.chance(habits.trouble)) yield c.wait(1_000).sendAt('server', ACK, c.mss, c.seq);
      if (i % 2 === 1 || i <= lag) continue;
      c.wait(2).send('client', ACK);
      c.ack = (first + (i - lag) * c.mss) >>> 0;
      yield c;
    }
    yield c.wait(c.turnMicros('client')).acknowledge('client');
    yield* closeOneWay(c.wait(1_000), 'server', habits);
    yield* closeOneWay(c.wait(1_000), 'client', habits);
    return { outcome: 'graceful', closedFirst: 'server' };
  };

/** Minutes of silence broken by a keep-alive or a short message; half of them never close. @param {Conversation} c @param {Habits} habits @returns {Script} */
export function* longLived(c, habits) {
  yield* openHandshake(c, habits);
  yield* talk(c, { trouble: 0, exchanges: 0.5 });
  for (let i = c.random.between(2, 6); i > 0; i--) {
    c.wait(SECOND * c.random.between(30, 600));
    if (c.random.chance(0.5)) {
      yield c.sendAt('client', ACK, 0, c.client.nxt - 1);
      yield c.wait(c.turnMicros('server')).acknowledge('server');
    } else yield* talk(c, { trouble: 0, exchanges: 0 });
  }
  if (c.random.chance(0.5)) return { outcome: 'open', closedFirst: null };
  yield* closeOneWay(c.wait(SECOND), 'client', habits);
  yield* closeOneWay(c.wait(1_000), 'server', habits);
  return { outcome: 'graceful', closedFirst: 'client' };
}

/** @param {Conversation} c @returns {Script} */
export function* floodedSyn(c) {
  yield c.send('client', SYN);
  yield c.wait(50 + c.random.exponential(100)).send('server', SYN | ACK);
  return { outcome: 'handshake-incomplete', closedFirst: null };
}

/** @type {{ script: (c: Conversation, habits: Habits) => Script, weight: number, reusable: boolean }[]} */
export const MIX = [
  { script: fourSegmentClose, weight: 48, reusable: true },
  { script: threeSegmentClose, weight: 22, reusable: true },
  { script: simultaneousClose, weight: 1.5, reusable: true },
  { script: halfClose, weight: 3, reusable: true },
  { script: abortAfterData, weight: 7, reusable: true },
  { script: dataAfterClose, weight: 1.5, reusable: true },
  { script: refusedConnect, weight: 4, reusable: false },
  { script: unansweredConnect, weight: 2, reusable: false },
  { script: handshakeIncomplete, weight: 1, reusable: false },
  { script: abandonedConnect, weight: 0.5, reusable: false },
  { script: finalAckMissing, weight: 1, reusable: false },
  { script: finUnacknowledged, weight: 0.7, reusable: false },
  { script: halfClosedForGood, weight: 2, reusable: false },
  { script: leftOpen, weight: 5.5, reusable: false },
  { script: oneWay, weight: 0.3, reusable: false },
];
