/**
 * What Zeek (https://zeek.org) would log of a connection: `conn_state` and `history` of its conn.log.
 *
 *     orig \ resp   INACTIVE  PARTIAL   ESTABLISHED  CLOSED  RESET
 *     INACTIVE      OTH       OTH       OTH          SHR     RSTRH
 *     SYN_SENT      S0        OTH       OTH          S3      REJ
 *     SYN_ACK_SENT  OTH       OTH       OTH          S3      REJ
 *     PARTIAL       OTH       OTH       OTH          SHR     RSTRH
 *     ESTABLISHED   OTH       OTH       S1           S3      RSTR
 *     CLOSED        SH        SH        S2           SF      RSTR
 *     RESET         RSTOS0 or OTH       RSTO         RSTO    RSTR, or REJ if neither sent an octet
 *
 * Zeek keeps an observer's state per end, moved by flags alone; sequence numbers only decide which letters are repeated.
 * This is Zeek run with `-C` (checksums not verified, so never `c`) and without its timers. `x` (an analyzer gave up)
 * depends on the payload and is left out. See docs/equivalents.md for the letters and the deliberate differences.
 */
import { TcpFlag } from '../wire/batch.ts';
import { ZeekEndpoint, ZeekState } from './zeek-endpoint.ts';
import { isLikelyServerPort } from './zeek-server-ports.ts';

/** Sequence jumps of a SYN or RST beyond this many octets are not believed. */
const BELIEVABLE_JUMP_BYTES = 1 << 20;
const SYN_FIN_RST = TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST;

/** Kinds of letters that are written once per role, as bits; the responder's are shifted. */
const Noted = { SYN: 0x01, FIN: 0x02, RST: 0x04, INCONSISTENT: 0x08, DATA: 0x10, ACK: 0x20, MULTI_FLAG: 0x40 } as const;
const RESPONDER_SHIFT = 8;

/** Follows one connection as Zeek does; feed it every captured segment, duplicates and invalid ones included. */
export class ZeekTracker {
  private originator = new ZeekEndpoint();
  private responder = new ZeekEndpoint();
  /** Which end (0 or 1) Zeek takes for the originator. */
  private originatorEnd: 0 | 1 = 0;
  private started = false;
  private letters = '';
  private noted = 0;
  private readonly port0: number;
  private readonly port1: number;

  /** Ports of the two ends, named 0 and 1 by the caller; they only matter if the first segment is not a plain SYN. */
  constructor(port0: number, port1: number) {
    this.port0 = port0;
    this.port1 = port1;
  }

  /**
   * Takes in one segment of end `end`; to be called in capture order.
   *
   * `flags` are `TcpFlag` bits, `seq`, `ack` and `window` as on the wire, `payloadBytes` by the IP length.
   *
   * @hot
   */
  segment(end: 0 | 1, flags: number, seq: number, ack: number, payloadBytes: number, window: number): void {
    if (!this.started) this.start(end, flags);
    const fromOriginator = end === this.originatorEnd;
    const sender = fromOriginator ? this.originator : this.responder;
    const peer = fromOriginator ? this.responder : this.originator;
    const isPlain = (flags & SYN_FIN_RST) === 0 && window !== 0;
    if (isPlain && sender.state === ZeekState.ESTABLISHED && peer.state === ZeekState.ESTABLISHED) {
      this.takePlain(sender, peer, flags, seq, ack, payloadBytes);
    } else this.takeAny(sender, peer, flags, seq, ack, payloadBytes, window);
  }

  /** Data and ACKs of an established connection: no state changes, so the short way leads to the same result. */
  private takePlain(
    sender: ZeekEndpoint,
    peer: ZeekEndpoint,
    flags: number,
    seq: number,
    ack: number,
    payloadBytes: number,
  ): void {
    const next = (seq + payloadBytes) | 0;
    const beforeStart = sender.isBeforeStart(seq, sender.last);
    const position = sender.relative(seq);
    this.notePlain(sender, flags, payloadBytes);
    const acknowledged = (flags & TcpFlag.ACK) !== 0 ? takeAcknowledgement(peer, flags, ack) : 0;
    if (((next - sender.last) | 0) > 0) sender.last = next;
    else if (payloadBytes > 0) this.noteRetransmission(sender);
    if ((flags & TcpFlag.ACK) !== 0) this.noteGaps(peer, sender, peer.addAcknowledgement(acknowledged));
    if (payloadBytes > 0 && !beforeStart) sender.addPayload(position, (position + payloadBytes) | 0);
  }

  private takeAny(
    sender: ZeekEndpoint,
    peer: ZeekEndpoint,
    flags: number,
    seq: number,
    ack: number,
    payloadBytes: number,
    window: number,
  ): void {
    const octets =
      ((flags & TcpFlag.RST) !== 0 ? 0 : payloadBytes) +
      ((flags & TcpFlag.SYN) !== 0 ? 1 : 0) +
      ((flags & TcpFlag.FIN) !== 0 ? 1 : 0);
    const next = (seq + octets) | 0;

    placeSender(sender, flags, seq, next);
    const beforeStart = sender.isBeforeStart(seq, sender.last);
    const position = sender.relative(seq);
    this.noteFlags(sender, flags, position, payloadBytes);
    if (window === 0) this.noteZeroWindow(sender, peer, flags);
    if ((flags & TcpFlag.FIN) !== 0) {
      sender.finSeen = true;
      sender.finEnd = (position + octets) | 0;
    }
    const acknowledged = (flags & TcpFlag.ACK) !== 0 ? takeAcknowledgement(peer, flags, ack) : 0;
    if (advanceSender(sender, flags, next, payloadBytes)) this.noteRetransmission(sender);
    this.move(sender, peer, flags, payloadBytes);
    if ((flags & TcpFlag.ACK) !== 0) this.noteGaps(peer, sender, peer.addAcknowledgement(acknowledged));
    if (payloadBytes > 0 && (flags & TcpFlag.RST) === 0 && !beforeStart) {
      const low = (position + ((flags & TcpFlag.SYN) !== 0 ? 1 : 0)) | 0;
      sender.addPayload(low, (low + payloadBytes) | 0);
    }
  }

  /** The letters so far; upper case is the originator's, a leading `^` says that Zeek would have swapped the ends. */
  history(): string {
    return this.letters;
  }

  /** Which end (0 or 1) Zeek takes for the originator; 0 before the first segment. */
  originatingEnd(): 0 | 1 {
    return this.originatorEnd;
  }

  /** One of S0 S1 SF REJ S2 S3 RSTO RSTR RSTOS0 RSTRH SH SHR OTH. */
  connState(): string {
    const orig = this.originator.state;
    const resp = this.responder.state;
    const origUnseen = orig === ZeekState.INACTIVE || orig === ZeekState.PARTIAL;
    const respUnseen = resp === ZeekState.INACTIVE || resp === ZeekState.PARTIAL;
    if (resp === ZeekState.RESET) {
      if (this.isRejection()) return 'REJ';
      return origUnseen ? 'RSTRH' : 'RSTR';
    }
    if (orig === ZeekState.RESET) {
      if (!respUnseen) return 'RSTO';
      return isSynThenReset(this.letters) ? 'RSTOS0' : 'OTH';
    }
    if (orig === ZeekState.CLOSED) {
      if (resp === ZeekState.CLOSED) return 'SF';
      return respUnseen ? 'SH' : 'S2';
    }
    if (resp === ZeekState.CLOSED) return origUnseen ? 'SHR' : 'S3';
    if (orig === ZeekState.SYN_SENT && resp === ZeekState.INACTIVE) return 'S0';
    return orig === ZeekState.ESTABLISHED && resp === ZeekState.ESTABLISHED ? 'S1' : 'OTH';
  }

  private isRejection(): boolean {
    const orig = this.originator.state;
    if (orig === ZeekState.SYN_SENT || orig === ZeekState.SYN_ACK_SENT) return true;
    return orig === ZeekState.RESET && this.originator.hasSentNothing() && this.responder.hasSentNothing();
  }

  /** The first segment's sender is the originator, unless there was no plain SYN and the ports speak against it. */
  private start(end: 0 | 1, flags: number): void {
    this.started = true;
    this.originatorEnd = end;
    if ((flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN) return;
    const sourcePort = end === 0 ? this.port0 : this.port1;
    const destinationPort = end === 0 ? this.port1 : this.port0;
    if (!isLikelyServerPort(sourcePort)) return;
    if (isLikelyServerPort(destinationPort) && ((flags & TcpFlag.SYN) !== 0 || sourcePort >= destinationPort)) return;
    this.originatorEnd = end === 0 ? 1 : 0;
    this.letters = '^';
  }

  private swapRoles(): void {
    const originator = this.originator;
    this.originator = this.responder;
    this.responder = originator;
    this.originatorEnd = this.originatorEnd === 0 ? 1 : 0;
    this.letters += '^';
  }

  private write(end: ZeekEndpoint, letter: string): void {
    this.letters += end === this.originator ? letter : letter.toLowerCase();
  }

  /** Writes the letter the first time its kind is seen from this role; true if it was there already. */
  private noteOnce(sender: ZeekEndpoint, kind: number, letter: string): boolean {
    const bit = sender === this.originator ? kind : kind << RESPONDER_SHIFT;
    if ((this.noted & bit) !== 0) return true;
    this.noted |= bit;
    this.write(sender, letter);
    return false;
  }

  private noteFlags(sender: ZeekEndpoint, flags: number, position: number, payloadBytes: number): void {
    switch (flags & SYN_FIN_RST) {
      case 0:
        this.notePlain(sender, flags, payloadBytes);
        break;
      case TcpFlag.SYN: {
        const letter = (flags & TcpFlag.ACK) !== 0 ? 'H' : 'S';
        const again = this.noteOnce(sender, Noted.SYN, letter);
        if (again && position !== sender.lastSyn) this.write(sender, letter);
        sender.lastSyn = position;
        break;
      }
      case TcpFlag.FIN: {
        const end = (position + payloadBytes) | 0;
        const again = this.noteOnce(sender, Noted.FIN, 'F');
        if (again && end !== sender.lastFin) this.write(sender, 'F');
        sender.lastFin = end;
        break;
      }
      case TcpFlag.RST: {
        const again = this.noteOnce(sender, Noted.RST, 'R');
        if (again && position !== sender.lastRst) this.write(sender, 'R');
        sender.lastRst = position;
        break;
      }
      default:
        if ((flags & (TcpFlag.FIN | TcpFlag.RST)) === (TcpFlag.FIN | TcpFlag.RST)) {
          this.noteOnce(sender, Noted.INCONSISTENT, 'I');
        } else this.noteOnce(sender, Noted.MULTI_FLAG, 'Q');
    }
  }

  /** Data or a pure ACK; after nothing but a SYN-ACK it shows that this is no scan: whoever sent the SYN-ACK responds. */
  private notePlain(sender: ZeekEndpoint, flags: number, payloadBytes: number): void {
    const hasPayload = payloadBytes > 0;
    if (!hasPayload && (flags & TcpFlag.ACK) === 0) return;
    if (this.letters === 'H') {
      this.swapRoles();
      this.letters = '^h';
    }
    if (hasPayload) this.noteOnce(sender, Noted.DATA, 'D');
    else this.noteOnce(sender, Noted.ACK, 'A');
  }

  private noteRetransmission(sender: ZeekEndpoint): void {
    if (isDecade(++sender.retransmissions)) this.write(sender, 'T');
  }

  /** A zero window says nothing with or after an RST, nor once the peer has sent its FIN. */
  private noteZeroWindow(sender: ZeekEndpoint, peer: ZeekEndpoint, flags: number): void {
    if ((flags & TcpFlag.RST) !== 0 || sender.state === ZeekState.RESET || peer.state === ZeekState.CLOSED) return;
    if (isDecade(++sender.zeroWindows)) this.write(sender, 'W');
  }

  /** Holes below an acknowledgement count only while both ends are in order: an RST's numbers prove little. */
  private noteGaps(owner: ZeekEndpoint, acknowledger: ZeekEndpoint, holes: number): void {
    if (holes === 0 || !owner.isClean() || !acknowledger.isClean()) return;
    for (let hole = 0; hole < holes; hole++) {
      if (isDecade(++owner.gaps)) this.write(owner, 'G');
    }
  }

  private move(sender: ZeekEndpoint, peer: ZeekEndpoint, flags: number, payloadBytes: number): void {
    switch (sender.state) {
      case ZeekState.INACTIVE:
        this.wake(sender, peer, flags, payloadBytes);
        break;
      case ZeekState.SYN_SENT:
      case ZeekState.SYN_ACK_SENT:
        if ((flags & TcpFlag.FIN) !== 0) sender.enter(ZeekState.CLOSED);
        if ((flags & TcpFlag.RST) !== 0) sender.enter(ZeekState.RESET);
        break;
      case ZeekState.PARTIAL:
      case ZeekState.ESTABLISHED:
        moveOpen(sender, peer, flags);
        break;
      case ZeekState.CLOSED:
        if ((flags & TcpFlag.RST) !== 0 && peer.state !== ZeekState.CLOSED) sender.enter(ZeekState.RESET);
        break;
      case ZeekState.RESET:
        break;
    }
  }

  /** First segment of an end, or one after nothing but early ACKs. */
  private wake(sender: ZeekEndpoint, peer: ZeekEndpoint, flags: number, payloadBytes: number): void {
    const hasAck = (flags & TcpFlag.ACK) !== 0;
    const fromOriginator = sender === this.originator;
    if ((flags & TcpFlag.SYN) !== 0) {
      if (fromOriginator) sender.enter(hasAck ? ZeekState.SYN_ACK_SENT : ZeekState.SYN_SENT);
      else this.answer(sender, peer, hasAck);
    }
    if ((flags & TcpFlag.FIN) !== 0) sender.enter(ZeekState.CLOSED);
    if ((flags & TcpFlag.RST) !== 0) sender.enter(ZeekState.RESET);
    if (sender.state !== ZeekState.INACTIVE) return;
    const earlyAck = !fromOriginator && payloadBytes === 0 && peer.state === ZeekState.SYN_SENT;
    if (earlyAck) return;
    sender.enter(hasAck && peer.state === ZeekState.ESTABLISHED ? ZeekState.ESTABLISHED : ZeekState.PARTIAL);
  }

  /** The responder's SYN or SYN-ACK; a SYN that follows the other end's SYN-ACK means they were captured in reverse. */
  private answer(sender: ZeekEndpoint, peer: ZeekEndpoint, hasAck: boolean): void {
    if (!hasAck && peer.state === ZeekState.SYN_ACK_SENT) {
      this.swapRoles();
      peer.enter(ZeekState.ESTABLISHED);
    }
    if (peer.state === ZeekState.SYN_SENT) peer.enter(ZeekState.ESTABLISHED);
    sender.enter(ZeekState.ESTABLISHED);
  }
}

function moveOpen(sender: ZeekEndpoint, peer: ZeekEndpoint, flags: number): void {
  if (
    (flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN &&
    sender.state === ZeekState.PARTIAL &&
    peer.state === ZeekState.INACTIVE
  ) {
    sender.enter(ZeekState.SYN_SENT);
  }
  if ((flags & TcpFlag.RST) !== 0) {
    sender.enter(ZeekState.RESET);
    return;
  }
  if ((flags & TcpFlag.FIN) === 0) return;
  sender.enter(ZeekState.CLOSED);
  if (peer.state === ZeekState.RESET && peer.previousState === ZeekState.CLOSED) peer.enter(ZeekState.CLOSED);
}

/** Fixes the start of the sender's sequence space at its first segment, and again at a SYN that may open it anew. */
function placeSender(sender: ZeekEndpoint, flags: number, seq: number, next: number): void {
  const isSyn = (flags & TcpFlag.SYN) !== 0;
  switch (sender.state) {
    case ZeekState.INACTIVE:
      if (isSyn) sender.startAt(seq, next);
      else sender.startAt(seq - 1, seq);
      break;
    case ZeekState.SYN_SENT:
    case ZeekState.SYN_ACK_SENT:
      if (isSyn && (seq | 0) !== sender.start) sender.startAt(seq, next);
      break;
    case ZeekState.PARTIAL:
    case ZeekState.ESTABLISHED:
      if (isSyn) sender.startAt(seq, next);
      break;
    case ZeekState.RESET:
      if (isSyn && sender.previousState === ZeekState.INACTIVE) sender.startAt(seq, next);
      break;
    case ZeekState.CLOSED:
      break;
  }
}

/** Takes the ACK number to the peer's account and returns its relative position there; an RST's is not believed. */
function takeAcknowledgement(peer: ZeekEndpoint, flags: number, ack: number): number {
  if (peer.state === ZeekState.INACTIVE) {
    peer.startAt(ack - 1, ack - 1);
    return 1;
  }
  if (peer.isBeforeStart(ack, peer.acked)) return 0;
  const position = peer.relative(ack);
  const advance = (ack - peer.acked) | 0;
  const believable = (flags & TcpFlag.RST) === 0 && !(ack === 0 && advance > BELIEVABLE_JUMP_BYTES);
  if (believable && advance > 0) peer.acked = ack | 0;
  return position;
}

/** Moves the sender's highest sequence number; true if the segment is payload sent before. */
function advanceSender(sender: ZeekEndpoint, flags: number, next: number, payloadBytes: number): boolean {
  const advance = (next - sender.last) | 0;
  const outlandish = Math.abs(advance) > BELIEVABLE_JUMP_BYTES;
  if (outlandish && (flags & (TcpFlag.SYN | TcpFlag.RST)) !== 0) return false;
  const isFirstAfterSyn = sender.relative(sender.last) === 1;
  if ((flags & TcpFlag.FIN) !== 0 && isFirstAfterSyn) {
    sender.last = next;
    return false;
  }
  if (sender.state === ZeekState.RESET) return false;
  if (advance > 0) {
    sender.last = next;
    return false;
  }
  return payloadBytes > 0;
}

/** 1, 10, 100, 1000 … */
function isDecade(count: number): boolean {
  if (count === 1) return true;
  if (count % 10 !== 0) return false;
  let rest = count;
  while (rest % 10 === 0) rest /= 10;
  return rest === 1;
}

/** A history of the originator's SYN, then its RST, with nothing else of its own between. */
function isSynThenReset(history: string): boolean {
  return /^\^?S[^HAFGIQ]*R/.test(history);
}
