// @ts-check
import { Options } from './capture-writer.mjs';
import { ACK, FIN, PSH, SYN } from './conversation.mjs';

/*
 * Any number of connections alive at once without a record for any of them: all that a segment needs follows from the
 * connection's number, and the rounds visit the connections in a scattered order (a stride prime to their number).
 */

const PAYLOAD_BYTES = 100;
const STEP_MICROS = 10;
const TURN_MICROS = 200;
/** Longer than TIME_WAIT, so that one group is over before the next begins. */
const PAUSE_BETWEEN_GROUPS_MICROS = 130e6;

/** @param {number} n */
const scatter = (n) => Math.imul(n ^ (n >>> 15), 0x2c1b3c6d) >>> 0;

/**
 * Writes `connections` in groups of `live`: all of a group open, talk for `rounds` rounds, then close.
 *
 * @param {import('./capture-writer.mjs').CaptureWriter} writer
 * @param {{ connections: number, live: number, rounds: number }} plan
 * @param {import('./truth.mjs').TruthCounter} truth
 */
export function runStanding(writer, plan, truth) {
  const live = Math.min(plan.live, plan.connections);
  let stride = Math.floor(live * 0.618) | 1;
  while (gcd(stride, live) !== 1) stride += 2;
  /** @type {import('./capture-writer.mjs').Segment} */
  const s = {
    timeMicros: 0,
    ipv6: false,
    source: 0,
    destination: 0,
    sourcePort: 0,
    destinationPort: 0,
    flags: 0,
    seq: 0,
    ack: 0,
    window: 502,
    payloadBytes: 0,
    ipId: 0,
    options: Options.TIMESTAMPS,
    tsVal: 0,
    tsEcr: 0,
    sackLeft: 0,
    sackRight: 0,
  };
  let clock = 0;
  /** @type {(id: number, fromClient: boolean, flags: number, payload: number, clientSent: number, serverSent: number, wait: number) => void} */
  const emit = (id, fromClient, flags, payload, clientSent, serverSent, wait) => {
    const client = (10 << 24) + 1 + Math.floor(id / 20_000);
    const clientPort = 20_000 + (id % 20_000);
    const server = (198 << 24) + (19 << 16) + 1 + (scatter(id) % 40);
    const clientSeq = scatter(id + 0x5bd1) + clientSent;
    const serverSeq = scatter(id + 0x1b87) + serverSent;
    clock += STEP_MICROS;
    s.timeMicros = clock + wait;
    s.source = fromClient ? client : server;
    s.destination = fromClient ? server : client;
    s.sourcePort = fromClient ? clientPort : 443;
    s.destinationPort = fromClient ? 443 : clientPort;
    s.flags = flags;
    s.seq = (fromClient ? clientSeq : serverSeq) >>> 0;
    s.ack = flags & ACK ? (fromClient ? serverSeq : clientSeq) >>> 0 : 0;
    s.payloadBytes = payload;
    s.options = flags & SYN ? Options.SYN : Options.TIMESTAMPS;
    s.ipId = (scatter(id) + clientSent + serverSent) & 0xffff;
    s.tsVal = Math.floor(s.timeMicros / 1000) >>> 0;
    s.tsEcr = flags & ACK ? s.tsVal : 0;
    writer.write(s);
    clock = s.timeMicros;
  };

  for (let base = 0; base < plan.connections; base += live) {
    const size = Math.min(live, plan.connections - base);
    /** @type {(visit: (id: number) => void) => void} */
    const visitAll = (visit) => {
      for (let i = 0, at = 0; i < live; i++, at = (at + stride) % live) if (at < size) visit(base + at);
    };
    visitAll((id) => {
      emit(id, true, SYN, 0, 0, 0, 0);
      emit(id, false, SYN | ACK, 0, 1, 0, TURN_MICROS / 10);
      emit(id, true, ACK, 0, 1, 1, TURN_MICROS / 10);
    });
    for (let round = 0; round < plan.rounds; round++) {
      const sent = 1 + round * PAYLOAD_BYTES;
      visitAll((id) => {
        emit(id, true, ACK | PSH, PAYLOAD_BYTES, sent, sent, 0);
        emit(id, false, ACK | PSH, PAYLOAD_BYTES, sent + PAYLOAD_BYTES, sent, 1);
      });
    }
    const sent = 1 + plan.rounds * PAYLOAD_BYTES;
    visitAll((id) => {
      emit(id, true, ACK | FIN, 0, sent, sent, 0);
      emit(id, false, ACK | FIN, 0, sent + 1, sent, 1);
      emit(id, true, ACK, 0, sent + 1, sent + 1, 1);
    });
    truth.count({ outcome: 'graceful', closedFirst: 'client' }, size);
    clock += PAUSE_BETWEEN_GROUPS_MICROS;
  }
}

/** @param {number} a @param {number} b @returns {number} */
function gcd(a, b) {
  return b === 0 ? a : gcd(b, a % b);
}
