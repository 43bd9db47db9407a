// @ts-check
import { ACK, FIN, Options, PSH, RST, SYN } from './capture-writer.mjs';

/** @typedef {import('./capture-writer.mjs').Segment} Segment */
/** @typedef {import('./random.mjs').Random} Random */
/** @typedef {'client' | 'server'} End */

/**
 * What one end has sent so far.
 *
 * @typedef {object} Half
 * @property {number} address
 * @property {number} port
 * @property {number} nxt next sequence number
 * @property {number} ipId
 * @property {number} tsOffset of its millisecond clock
 * @property {number} tsVal its latest, echoed by the other end
 * @property {number} window
 */

/** @param {End} end */
export const other = (end) => (end === 'client' ? 'server' : 'client');

/**
 * One connection under way, as seen at the tap, and the segment it will show next.
 *
 * It is its own pending `Segment`: the scripts fill it, the scheduler writes it when its time has come.
 *
 * @implements {Segment}
 */
export class Conversation {
  /**
   * @param {Random} random
   * @param {{ ipv6: boolean, client: number, clientPort: number, server: number, serverPort: number, isn: number, startMicros: number }} start
   */
  constructor(random, start) {
    this.random = random;
    this.ipv6 = start.ipv6;
    this.timeMicros = start.startMicros;
    /** @type {Half} */
    this.client = this.makeHalf(start.client, start.clientPort, start.isn);
    /** @type {Half} */
    this.server = this.makeHalf(start.server, start.serverPort, random.word());
    /** Round trip from the tap to the client and back; likewise the server. */
    this.clientRttMicros = 300 + random.exponential(15_000);
    this.serverRttMicros = 150 + random.exponential(4_000);
    this.mss = start.ipv6 ? 1428 : 1448;
    this.source = 0;
    this.destination = 0;
    this.sourcePort = 0;
    this.destinationPort = 0;
    this.flags = 0;
    this.seq = 0;
    this.ack = 0;
    this.window = 0;
    this.payloadBytes = 0;
    this.ipId = 0;
    this.options = 0;
    this.tsVal = 0;
    this.tsEcr = 0;
    this.sackLeft = 0;
    this.sackRight = 0;
  }

  /**
   * @param {number} address
   * @param {number} port
   * @param {number} isn
   * @returns {Half}
   */
  makeHalf(address, port, isn) {
    const ipId = this.random.word() & 0xffff;
    return { address, port, nxt: isn, ipId, tsOffset: this.random.word() >>> 1, tsVal: 0, window: 502 };
  }

  /** @param {End} end */
  half(end) {
    return end === 'client' ? this.client : this.server;
  }

  /** Round trip of the whole path. */
  get rttMicros() {
    return this.clientRttMicros + this.serverRttMicros;
  }

  /** Time from seeing a segment for `end` to seeing its immediate answer. @param {End} end */
  turnMicros(end) {
    return (end === 'client' ? this.clientRttMicros : this.serverRttMicros) + 20 + this.random.exponential(60);
  }

  /** @param {number} micros */
  wait(micros) {
    this.timeMicros += micros;
    return this;
  }

  /**
   * Fills the pending segment with what `from` sends at this moment; new octets move its `nxt`.
   *
   * @param {End} from
   * @param {number} flags
   * @param {number} [payloadBytes]
   * @returns {this}
   */
  send(from, flags, payloadBytes = 0) {
    const me = this.half(from);
    this.sendAt(from, flags, payloadBytes, me.nxt);
    me.nxt = (me.nxt + payloadBytes + (flags & SYN ? 1 : 0) + (flags & FIN ? 1 : 0)) >>> 0;
    return this;
  }

  /**
   * As `send`, at a sequence number already used (a retransmission): nothing moves.
   *
   * @param {End} from
   * @param {number} flags
   * @param {number} payloadBytes
   * @param {number} seq
   * @returns {this}
   */
  sendAt(from, flags, payloadBytes, seq) {
    const me = this.half(from);
    const peer = this.half(other(from));
    this.source = me.address;
    this.destination = peer.address;
    this.sourcePort = me.port;
    this.destinationPort = peer.port;
    this.flags = flags;
    this.seq = seq >>> 0;
    this.ack = peer.nxt;
    this.window = flags & SYN ? 64240 : me.window;
    this.payloadBytes = payloadBytes;
    me.ipId = (me.ipId + 1) & 0xffff;
    this.ipId = flags & SYN && flags & ACK ? 0 : me.ipId;
    this.options = flags & SYN ? Options.SYN : Options.TIMESTAMPS;
    me.tsVal = (me.tsOffset + this.timeMicros / 1000) >>> 0;
    this.tsVal = me.tsVal;
    this.tsEcr = flags & ACK ? peer.tsVal : 0;
    return this;
  }

  /** A pure ACK of everything the peer has sent. @param {End} from */
  acknowledge(from) {
    return this.send(from, ACK);
  }

  /**
   * A duplicate ACK that stops before a hole and reports what lies behind it.
   *
   * @param {End} from
   * @param {number} ack
   * @param {number} sackLeft
   * @param {number} sackRight
   */
  acknowledgeHole(from, ack, sackLeft, sackRight) {
    this.send(from, ACK);
    this.ack = ack >>> 0;
    this.options = Options.TIMESTAMPS_SACK;
    this.sackLeft = sackLeft;
    this.sackRight = sackRight;
    return this;
  }

  /** RST + ACK, seq = nxt, window open, timestamps: an abort by the application. @param {End} from */
  abort(from) {
    return this.send(from, RST | ACK);
  }

  /** RST alone, seq = ack of the segment that provoked it, window 0, no options. @param {End} from */
  rejectSegment(from) {
    this.sendAt(from, RST, 0, this.half(from).nxt);
    this.window = 0;
    this.options = Options.NONE;
    this.ipId = 0;
    return this;
  }

  /** RST + ACK, seq 0, window 0, no options: nobody listens. */
  refuse() {
    this.sendAt('server', RST | ACK, 0, 0);
    this.window = 0;
    this.options = Options.NONE;
    this.ipId = 0;
    return this;
  }
}

export { ACK, FIN, PSH, RST, SYN };
