import { cancel, MILLISECOND } from './clock.ts';
import { ReceiveBuffer } from './receive-buffer.ts';
import { ACK, add, after, before, FIN, RST, type SimSegment, SYN, sequenceLength } from './segment.ts';
import { SocketSender } from './socket-sender.ts';

const DELAYED_ACK_NANOS = 40 * MILLISECOND;

/** One TCP endpoint: what its application asks, and what arrives. */
export class Socket extends SocketSender {
  // ---- what the application does ----

  connect(): void {
    this.enter('SYN_SENT');
    this.sendNew(SYN, 0);
  }

  acceptSyn(syn: SimSegment): void {
    this.passive = true;
    this.takeSyn(syn);
    this.enter('SYN_RECEIVED');
    this.sendNew(SYN | ACK, 0);
  }

  write(bytes: number): void {
    if (this.finQueued || !this.isOpen) return;
    this.unsentBytes += bytes;
    this.push();
  }

  /** Reads everything there is; tells the peer when the window opens again. */
  read(): void {
    const wasClosed = this.windowBytes() < this.options.mss;
    this.received.unreadBytes = 0;
    if (wasClosed && this.isSynchronized && this.state !== 'TIME_WAIT') this.sendAck();
  }

  shutdown(): void {
    if (this.finQueued || !this.isOpen) return;
    this.finQueued = true;
    this.push();
  }

  close(): void {
    if (this.state === 'SYN_SENT') {
      this.leave('aborted');
      return;
    }
    if (this.received.unreadBytes > 0) {
      this.abort();
      return;
    }
    this.shutdown();
    this.orphan = true;
    if (this.state === 'FIN_WAIT_2') this.waitAsOrphan();
  }

  /** close() with SO_LINGER 0, or with data unread. */
  abort(): void {
    const tell = ['SYN_RECEIVED', 'ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2', 'CLOSE_WAIT'].includes(this.state);
    if (tell && !this.mini) {
      this.enter('CLOSED');
      this.emit(RST | ACK, this.sndNxt, 0, false);
    }
    this.leave('aborted');
  }

  /** The host goes down and forgets. */
  crash(): void {
    this.leave('crashed');
  }

  get isOpen(): boolean {
    return ['SYN_SENT', 'SYN_RECEIVED', 'ESTABLISHED', 'CLOSE_WAIT'].includes(this.state);
  }

  protected get isSynchronized(): boolean {
    return !['CLOSED', 'LISTEN', 'SYN_SENT', 'SYN_RECEIVED'].includes(this.state);
  }

  // ---- receiving ----

  /** Handles a segment; `reuse` says that a new connection may take this tuple over (RFC 6191). */
  receive(segment: SimSegment): 'done' | 'reuse' {
    if (this.state === 'TIME_WAIT') return this.receiveInTimeWait(segment);
    if (this.mini) this.receiveInFinWait2(segment);
    else if (this.state === 'SYN_SENT') this.receiveInSynSent(segment);
    else this.receiveSynchronized(segment);
    return 'done';
  }

  protected takeSyn(syn: SimSegment): void {
    this.irs = syn.seq;
    this.received = new ReceiveBuffer(add(syn.seq, 1), this.options.receiveBytes);
    this.peerMss = Math.min(syn.mss ?? 536, this.options.mss);
    this.sackOk = this.options.sack && syn.sackPermitted;
    this.timestampsOk = this.options.timestamps && syn.timestamps !== null;
    if (syn.timestamps !== null) this.tsRecent = syn.timestamps.val;
    const scaled = this.options.windowScale !== null && syn.windowScale !== null;
    this.sendScale = scaled ? (syn.windowScale as number) : 0;
    this.receiveScale = scaled ? (this.options.windowScale as number) : 0;
    this.sndWnd = syn.window;
    this.lastWindowSeq = syn.seq;
    this.lastWindowAck = syn.ack;
  }

  /** RFC 9293 §3.10.7.3. */
  protected receiveInSynSent(segment: SimSegment): void {
    const { flags } = segment;
    const acceptable = (flags & ACK) !== 0 && after(segment.ack, this.iss) && !after(segment.ack, this.sndNxt);
    if (flags & ACK && !acceptable) {
      if (!(flags & RST)) this.sendReactiveReset(segment);
      return;
    }
    if (flags & RST) {
      if (acceptable) this.leave('reset');
      return;
    }
    if (!(flags & SYN)) return;
    this.takeSyn(segment);
    if (!acceptable) {
      this.enter('SYN_RECEIVED');
      this.emit(SYN | ACK, this.iss, 0, true);
      this.queue.inFlight[0].flags = SYN | ACK;
      this.armRetransmit();
      return;
    }
    this.acknowledge(segment);
    this.enter('ESTABLISHED');
    this.sendAck();
    this.events.established();
  }

  protected receiveSynchronized(segment: SimSegment): void {
    if (this.state === 'SYN_RECEIVED' && this.passive && segment.flags & SYN && segment.seq === this.irs) {
      this.emit(SYN | ACK, this.iss, 0, true);
      return;
    }
    if (!this.passesPaws(segment)) return;
    if (this.finishesCrossedOpen(segment)) {
      this.acknowledge(segment);
      this.becomeEstablished();
      return;
    }
    if (!this.isAcceptable(segment)) {
      if (segment.flags & RST) this.takeClosingReset(segment);
      else this.answerUnacceptable(segment);
      return;
    }
    if (segment.flags & RST) {
      this.takeReset(segment);
      return;
    }
    if (segment.flags & SYN) {
      this.sendChallenge();
      return;
    }
    if (!(segment.flags & ACK)) return;
    if (segment.timestamps !== null && !after(segment.seq, this.lastAckSent)) this.tsRecent = segment.timestamps.val;
    if (!this.takeAck(segment)) return;
    this.takeText(segment);
  }

  /** RFC 7323 §5, without its 24-day rule. */
  protected passesPaws(segment: SimSegment): boolean {
    if (!this.timestampsOk || segment.timestamps === null || segment.flags & RST) return true;
    if (!before(segment.timestamps.val, this.tsRecent)) return true;
    if (sequenceLength(segment) === 0) return false;
    this.noteDuplicate(segment);
    this.sendAck();
    return false;
  }

  protected noteDuplicate(segment: SimSegment): void {
    const end = add(segment.seq, sequenceLength(segment));
    if (sequenceLength(segment) > 0 && !after(end, this.received.rcvNxt)) this.received.duplicate = [segment.seq, end];
  }

  /** In SYN_RECEIVED after crossed SYNs, the other end's SYN-ACK counts as the ACK of ours. */
  protected finishesCrossedOpen(segment: SimSegment): boolean {
    if (this.state !== 'SYN_RECEIVED' || this.passive) return false;
    const synAck = (segment.flags & (SYN | ACK | RST)) === (SYN | ACK);
    return synAck && add(segment.seq, 1) === this.received.rcvNxt && segment.ack === this.sndNxt;
  }

  protected isAcceptable(segment: SimSegment): boolean {
    const end = add(segment.seq, sequenceLength(segment));
    const edge = add(this.received.rcvNxt, this.windowBytes());
    return !before(end, this.lastAckSent) && !after(segment.seq, edge);
  }

  protected answerUnacceptable(segment: SimSegment): void {
    if (this.state === 'SYN_RECEIVED') return;
    if (segment.flags & SYN) {
      this.sendChallenge();
      return;
    }
    this.noteDuplicate(segment);
    this.sendAck();
  }

  protected takeClosingReset(segment: SimSegment): void {
    const closing = ['CLOSE_WAIT', 'LAST_ACK', 'CLOSING'].includes(this.state);
    if (closing && add(segment.seq, 1) === this.received.rcvNxt) this.leave('reset');
  }

  /** RFC 5961 §3.2: the exact number resets, another one within the window is challenged. */
  protected takeReset(segment: SimSegment): void {
    if (segment.seq === this.received.rcvNxt) this.leave('reset');
    else this.takeClosingReset(segment);
    if (this.state !== 'CLOSED') this.sendChallenge();
  }

  /** RFC 9293 §3.10.7.4, fifth step; false when the segment is done with. */
  protected takeAck(segment: SimSegment): boolean {
    const { ack } = segment;
    if (this.state === 'SYN_RECEIVED') {
      if (!after(ack, this.iss) || after(ack, this.sndNxt)) {
        this.sendReactiveReset(segment);
        return false;
      }
      this.acknowledge(segment);
      this.becomeEstablished();
      return true;
    }
    if (after(ack, this.sndNxt)) {
      this.sendChallenge();
      return false;
    }
    this.acknowledge(segment);
    const finCovered = this.finSeq !== null && after(ack, this.finSeq);
    if (!finCovered) return true;
    if (this.state === 'FIN_WAIT_1') {
      this.enter('FIN_WAIT_2');
      if (this.orphan && !(segment.flags & FIN)) this.waitAsOrphan();
    } else if (this.state === 'CLOSING') {
      this.enterTimeWait();
      return false;
    } else if (this.state === 'LAST_ACK') {
      this.leave('acknowledged');
      return false;
    }
    return true;
  }

  protected becomeEstablished(): void {
    this.enter('ESTABLISHED');
    this.retries = 0;
    this.events.established();
    this.push();
  }

  protected acknowledge(segment: SimSegment): void {
    const { ack } = segment;
    this.queue.markSacked(segment.sack);
    const windowBytes = segment.flags & SYN ? segment.window : segment.window * 2 ** this.sendScale;
    if (after(ack, this.sndUna)) {
      this.queue.acknowledge(ack, this.host.clock.nowNanos);
      this.sndUna = ack;
      this.retries = 0;
      this.duplicateAcks = 0;
      if (this.recover !== null && !before(ack, this.recover)) this.recover = null;
      const hole = this.queue.firstHole;
      if (this.recover !== null && hole !== undefined) this.resend(hole);
      this.armRetransmit();
    } else if (ack === this.sndUna && this.queue.inFlight.length > 0 && segment.payloadBytes === 0) {
      this.countDuplicateAck(segment, windowBytes);
    }
    const newer = after(segment.seq, this.lastWindowSeq) || !before(ack, this.lastWindowAck);
    if (newer && !before(ack, this.sndUna)) {
      this.sndWnd = windowBytes;
      this.lastWindowSeq = segment.seq;
      this.lastWindowAck = ack;
      if (windowBytes > 0) this.persistTimer = cancel(this.persistTimer);
    }
    if (this.persistTimer !== null) this.retries = 0;
    this.push();
  }

  protected countDuplicateAck(segment: SimSegment, windowBytes: number): void {
    if (segment.flags & (SYN | FIN) || windowBytes !== this.sndWnd) return;
    this.duplicateAcks++;
    const hole = this.queue.firstHole;
    if (this.duplicateAcks !== 3 || this.recover !== null || hole === undefined) return;
    this.recover = this.sndNxt;
    this.resend(hole);
  }

  /** RFC 9293 §3.10.7.4, seventh and eighth step. */
  protected takeText(segment: SimSegment): void {
    const { received } = this;
    const open = ['ESTABLISHED', 'FIN_WAIT_1', 'FIN_WAIT_2'].includes(this.state);
    if (sequenceLength(segment) === 0) return;
    if (!open) {
      this.noteDuplicate(segment);
      this.sendAck();
      return;
    }
    const fresh = after(add(segment.seq, segment.payloadBytes), received.rcvNxt);
    if (this.orphan && segment.payloadBytes > 0 && fresh) {
      this.leave('reset');
      this.sendReactiveReset(segment);
      return;
    }
    if (segment.flags & FIN) received.finSeq = add(segment.seq, segment.payloadBytes);
    const inOrder = !after(segment.seq, received.rcvNxt);
    const readable = segment.payloadBytes > 0 ? received.accept(segment.seq, segment.payloadBytes) : 0;
    if (received.finReached) {
      this.takeFin(readable);
      return;
    }
    if (readable > 0) this.events.readable();
    if (readable === 0 || !inOrder || received.islands.length > 0) {
      this.sendAck();
      return;
    }
    this.acknowledgeSoon();
  }

  protected acknowledgeSoon(): void {
    this.unackedSegments++;
    if (!this.options.delayedAck || this.unackedSegments >= 2) {
      this.sendAck();
      return;
    }
    if (this.delayedAckTimer === null) {
      this.delayedAckTimer = this.host.clock.after(DELAYED_ACK_NANOS, () => this.sendAck());
    }
  }

  protected takeFin(readable: number): void {
    this.received.rcvNxt = add(this.received.rcvNxt, 1);
    if (this.state === 'FIN_WAIT_2') this.enterTimeWaitAfterFullSocket();
    else {
      this.enter(this.state === 'FIN_WAIT_1' ? 'CLOSING' : 'CLOSE_WAIT');
      if (this.state === 'CLOSING' || !this.options.delayedAck) this.sendAck();
    }
    if (readable > 0) this.events.readable();
    this.events.endOfFile();
    if (this.state !== 'CLOSED' && this.lastAckSent !== this.received.rcvNxt) this.acknowledgeSoon();
  }

  /** The last ACK of a full socket still carries its IP identification. */
  protected enterTimeWaitAfterFullSocket(): void {
    this.enter('TIME_WAIT');
    this.sendAck();
    this.enterTimeWait();
  }

  // ---- mini-sockets ----

  /** RFC 9293 §3.10.7.4, RFC 6191, RFC 1337 as Linux has them. */
  protected receiveInTimeWait(segment: SimSegment): 'done' | 'reuse' {
    const { flags, timestamps } = segment;
    const stale = this.timestampsOk && timestamps !== null && before(timestamps.val, this.tsRecent);
    if (!stale && segment.seq === this.received.rcvNxt && (sequenceLength(segment) === 0 || flags & RST)) {
      if (timestamps !== null) this.tsRecent = timestamps.val;
      if (flags & RST) this.leave('reset');
      else this.startLife(this.options.timeWaitNanos);
      return 'done';
    }
    const newer = this.timestampsOk && timestamps !== null && after(timestamps.val, this.tsRecent);
    const fresh = (flags & (SYN | ACK | RST)) === SYN && !stale && (after(segment.seq, this.received.rcvNxt) || newer);
    if (fresh) {
      this.leave('timer');
      return 'reuse';
    }
    if (flags & RST) return 'done';
    if (stale || flags & ACK) this.startLife(this.options.timeWaitNanos);
    this.noteDuplicate(segment);
    this.sendAck();
    return 'done';
  }

  /** An orphan waits for the peer's FIN alone; data meets nobody. */
  protected receiveInFinWait2(segment: SimSegment): void {
    const { received } = this;
    const end = add(segment.seq, sequenceLength(segment));
    const stale = this.timestampsOk && segment.timestamps !== null && before(segment.timestamps.val, this.tsRecent);
    const inWindow = !before(end, received.rcvNxt) && !after(segment.seq, add(received.rcvNxt, this.windowBytes()));
    if (stale || !inWindow) {
      if (!(segment.flags & RST)) this.sendAck();
      return;
    }
    if (segment.flags & RST) {
      this.leave('reset');
      return;
    }
    if (!(segment.flags & ACK) || sequenceLength(segment) === 0) return;
    if (!(segment.flags & FIN) || end !== add(received.rcvNxt, 1)) {
      this.leave('reset');
      this.sendReactiveReset(segment);
      return;
    }
    received.rcvNxt = end;
    if (segment.timestamps !== null) this.tsRecent = segment.timestamps.val;
    this.enterTimeWait();
    this.sendAck();
  }
}
