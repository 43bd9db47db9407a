/**
 * A flawless connection (src/flow/flawless.ts) as JSON text: what `ConnectionJson` writes once the machine has seen it.
 * Most of the text is the same for all that opened and closed in the same way, so it is kept in long pieces.
 */
import type { TimeBase } from '../base/time.ts';
import { abortOf, causesOf, messageOf } from '../findings/detectors/abortive-close.ts';
import { stayInFull } from '../findings/detectors/time-wait-owner.ts';
import type { Finding } from '../findings/finding.ts';
import type { Flawless, FlawlessEnd } from '../flow/flawless.ts';
import type { Moment } from '../flow/history.ts';
import type { FlowAddresses } from '../flow/place.ts';
import type { End } from '../flow/vocabulary.ts';
import type { Basis, TcpState } from '../tcp/states.ts';
import type { PlaceJson } from './place-json.ts';
import type { Piece, TextWriter } from './text-writer.ts';

/** The finding that says who pays TIME_WAIT, in pieces: between them stands the frame in which that began. */
interface StayPieces {
  readonly frames: Piece;
  readonly message: Piece;
  readonly rest: Piece;
}

const peerOf = (end: End): End => (end === 'client' ? 'server' : 'client');

/** What stands around the values, in their order. */
function piecesOf(writer: TextWriter) {
  const constant = (text: string): Piece => writer.constant(text);
  /** The state of an end, and what is before the first frame of its history. */
  const begins = (end: End, state: TcpState, basis: Basis): Piece => {
    const first = end === 'client' ? '"SYN_SENT","basis":"proven"' : '"LISTEN","basis":"assumed"';
    const before = end === 'client' ? ',"endpoints":{"client":{' : ',"server":{';
    return constant(`${before}"state":"${state}","basis":"${basis}","stateHistory":[{"state":${first},"frame":`);
  };
  const entered = (state: TcpState, basis: Basis): Piece =>
    constant(`},{"state":"${state}","basis":"${basis}","frame":`);
  const verdict = (closer: End, style: 'three' | 'four', isCutShort: boolean): Piece => {
    const certainty = isCutShort
      ? '"undetermined","undeterminedBecause":"capture-ended"'
      : '"determined","undeterminedBecause":null';
    return constant(
      `,"outcome":"graceful","certainty":${certainty},"closedFirst":"${closer}","closeStyle":"${style}-segment","resetBy":null`,
    );
  };
  const zeek = (state: string): Piece => constant(`],"equivalents":{"zeekConnState":"${state}","zeekHistory":"`);
  const ofEnd = (end: End) => ({
    open: begins(end, 'ESTABLISHED', 'proven'),
    waiting: begins(end, 'TIME_WAIT', 'proven'),
    waited: begins(end, 'CLOSED', 'timer'),
    closed: begins(end, 'CLOSED', 'assumed'),
    verdicts: {
      three: [verdict(end, 'three', false), verdict(end, 'three', true)],
      four: [verdict(end, 'four', false), verdict(end, 'four', true)],
    },
    abort: constant(
      `,"outcome":"reset","certainty":"determined","undeterminedBecause":null,"closedFirst":"${end}","closeStyle":"reset","resetBy":"${end}"`,
    ),
    reset: constant(`,"teardown":null,"resets":[{"from":"${end}","frame":`),
    teardown: constant(`,"teardown":{"fin1":{"from":"${end}","frame":`),
    fin2: constant(`,"retransmissions":0},"fin2":{"from":"${peerOf(end)}","frame":`),
  });
  return {
    id: constant('{"id":'),
    firstFrame: constant(',"roleBasis":"syn","firstFrame":'),
    lastFrame: constant(',"lastFrame":'),
    startTime: constant(',"startTime":'),
    endTime: constant(',"endTime":'),
    duration: constant(',"durationSeconds":'),
    open: constant(
      ',"outcome":"open","certainty":"determined","undeterminedBecause":null,"closedFirst":null,"closeStyle":"none","resetBy":null',
    ),
    client: ofEnd('client'),
    server: ofEnd('server'),
    unproven: begins('server', 'ESTABLISHED', 'assumed'),
    time: constant(',"time":'),
    provenFrame: constant(',"provenFrame":'),
    synReceived: entered('SYN_RECEIVED', 'proven'),
    established: entered('ESTABLISHED', 'proven'),
    establishedUnproven: entered('ESTABLISHED', 'assumed'),
    finWait1: entered('FIN_WAIT_1', 'proven'),
    finWait2: entered('FIN_WAIT_2', 'assumed'),
    timeWait: entered('TIME_WAIT', 'proven'),
    timedOut: entered('CLOSED', 'timer'),
    closeWait: entered('CLOSE_WAIT', 'proven'),
    lastAck: entered('LAST_ACK', 'proven'),
    closed: entered('CLOSED', 'assumed'),
    segments: constant('}],"segments":'),
    payloadBytes: constant(',"payloadBytes":'),
    uniquePayloadBytes: constant(',"uniquePayloadBytes":'),
    counts: [0, 1].map((fins) =>
      [0, 1].map((resets) =>
        constant(
          `,"syn":1,"fin":${fins},"rst":${resets},"retransmittedSegments":0,"outOfOrderSegments":0,"duplicateAcks":0,"zeroWindows":0,"mss":`,
        ),
      ),
    ),
    windowScale: constant(',"windowScale":'),
    none: constant('null'),
    offers: [false, true].map((sack) =>
      [false, true].map((stamps) => constant(`,"sackPermitted":${sack},"timestamps":${stamps}}`)),
    ),
    synFrame: constant('},"handshake":{"synFrame":'),
    synAckFrame: constant(',"synAckFrame":'),
    ackFrame: constant(',"ackFrame":'),
    rttToServer: constant(',"rttToServerSeconds":'),
    rttToClient: constant(',"rttToClientSeconds":'),
    handshakeEnd: constant(',"synRetransmissions":0,"synAckRetransmissions":0}'),
    closeDuration: constant(',"retransmissions":0},"durationSeconds":'),
    closeEnd: constant('},"resets":[],"findings":['),
    resetEnd: constant(',"shape":"active","accepted":true}],"findings":['),
    noClose: constant(',"teardown":null,"resets":[],"findings":['),
    zeek: {
      open: zeek('S1'),
      graceful: zeek('SF'),
      resetByClient: zeek('RSTO'),
      resetByServer: zeek('RSTR'),
    },
    completeness: constant('","wiresharkCompleteness":'),
    message: constant('],"message":'),
    cause: constant(',"cause":'),
    hint: constant(',"hint":'),
    findingEnd: constant('}'),
    end: constant('}}'),
  };
}

export class FlawlessJson {
  readonly #base: TimeBase;
  readonly #writer: TextWriter;
  readonly #place: PlaceJson;
  readonly #pieces: ReturnType<typeof piecesOf>;
  /** By the end that pays TIME_WAIT. */
  readonly #stays = new Map<string, StayPieces>();
  /** What a finding about a reset begins with, by the end that sent it. */
  readonly #aborts = new Map<string, Piece>();

  /** `place` writes with the same writer. */
  constructor(base: TimeBase, writer: TextWriter, place: PlaceJson) {
    this.#base = base;
    this.#writer = writer;
    this.#place = place;
    this.#pieces = piecesOf(writer);
  }

  /** Appends a connection; `sole` is its only finding, as the first of its kind has it, or null. */
  append(id: number, flawless: Flawless, addresses: FlowAddresses, sole: Finding | null): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    const { clientIndex, ends, syn, last } = flawless;
    writer.whole(pieces.id, id);
    this.#place.append(addresses, addresses.ports, clientIndex);
    writer.whole(pieces.firstFrame, syn.frame);
    writer.whole(pieces.lastFrame, last.frame);
    writer.time(pieces.startTime, this.#base, syn.timeNanos);
    writer.time(pieces.endTime, this.#base, last.timeNanos);
    writer.seconds(pieces.duration, last.timeNanos - syn.timeNanos);
    this.#writeVerdict(flawless);
    this.#writeClient(flawless);
    this.#writeCounts(ends[clientIndex]);
    this.#writeServer(flawless);
    this.#writeCounts(ends[1 - clientIndex]);
    this.#writeHandshake(flawless);
    this.#writeEnding(flawless);
    if (sole !== null) this.#writeFinding(sole, flawless);
    writer.plain(this.#zeekOf(flawless), flawless.zeekHistory);
    writer.whole(pieces.completeness, flawless.completeness);
    writer.piece(pieces.end);
  }

  #writeVerdict(flawless: Flawless): void {
    const { closer, clientIndex, outcome, isThreeSegments, isCutShort } = flawless;
    const pieces = this.#pieces;
    const { abort, verdicts } = closer === clientIndex ? pieces.client : pieces.server;
    const [whole, cut] = isThreeSegments ? verdicts.three : verdicts.four;
    if (outcome === 'open') this.#writer.piece(pieces.open);
    else if (outcome === 'reset') this.#writer.piece(abort);
    else this.#writer.piece(isCutShort ? cut : whole);
  }

  #writeClient(flawless: Flawless): void {
    const pieces = this.#pieces;
    this.#writer.whole(this.#stateOf(flawless, 'client'), flawless.syn.frame);
    this.#writeTime(flawless.syn);
    this.#enter(pieces.established, flawless.synAck);
    this.#writer.whole(pieces.provenFrame, flawless.third.frame);
    this.#writeClose(flawless, flawless.clientIndex);
  }

  #writeServer(flawless: Flawless): void {
    const pieces = this.#pieces;
    this.#writer.whole(this.#stateOf(flawless, 'server'), flawless.syn.frame);
    this.#writeTime(flawless.syn);
    this.#enter(pieces.synReceived, flawless.synAck);
    if (flawless.proof.frame === 0) this.#enter(pieces.establishedUnproven, flawless.third);
    else {
      this.#enter(pieces.established, flawless.third);
      this.#writer.whole(pieces.provenFrame, flawless.proof.frame);
    }
    this.#writeClose(flawless, 1 - flawless.clientIndex);
  }

  #stateOf({ closer, clientIndex, outcome, proof, timeWaitEndNanos }: Flawless, end: End): Piece {
    const pieces = this.#pieces;
    const { open, waiting, waited, closed } = pieces[end];
    if (outcome === 'reset') return closed;
    if (closer === -1) return end === 'server' && proof.frame === 0 ? pieces.unproven : open;
    if ((closer === clientIndex) !== (end === 'client')) return closed;
    return Number.isNaN(timeWaitEndNanos) ? waiting : waited;
  }

  /** States of an end behind ESTABLISHED. */
  #writeClose(flawless: Flawless, index: number): void {
    const { closer, outcome, cover1, fin2, cover2, reset } = flawless;
    const pieces = this.#pieces;
    if (outcome === 'reset') this.#enter(pieces.closed, reset);
    else if (closer === index) this.#writeWait(flawless);
    else if (closer !== -1) {
      this.#enter(pieces.closeWait, cover1);
      this.#enter(pieces.lastAck, fin2);
      this.#enter(pieces.closed, cover2);
    }
  }

  #writeWait(flawless: Flawless): void {
    const { fin1, cover1, fin2, cover2, last, timeWaitEndNanos, isThreeSegments } = flawless;
    const pieces = this.#pieces;
    this.#enter(pieces.finWait1, fin1);
    if (isThreeSegments) {
      this.#enter(pieces.timeWait, fin2);
      this.#writer.whole(pieces.provenFrame, cover2.frame);
    } else {
      this.#enter(pieces.finWait2, cover1);
      this.#enter(pieces.timeWait, cover2);
    }
    if (Number.isNaN(timeWaitEndNanos)) return;
    this.#writer.whole(pieces.timedOut, last.frame);
    this.#writer.time(pieces.time, this.#base, timeWaitEndNanos);
  }

  #enter(state: Piece, moment: Moment): void {
    this.#writer.whole(state, moment.frame);
    this.#writeTime(moment);
  }

  #writeTime({ timeNanos }: Moment): void {
    this.#writer.time(this.#pieces.time, this.#base, timeNanos);
  }

  #writeCounts({
    segments,
    payloadBytes,
    fins,
    resets,
    mss,
    windowScale,
    sackPermitted,
    timestamps,
  }: FlawlessEnd): void {
    const pieces = this.#pieces;
    this.#writer.whole(pieces.segments, segments);
    this.#writer.whole(pieces.payloadBytes, payloadBytes);
    this.#writer.whole(pieces.uniquePayloadBytes, payloadBytes);
    this.#writeOption(pieces.counts[fins][resets], mss);
    this.#writeOption(pieces.windowScale, windowScale);
    this.#writer.piece(pieces.offers[sackPermitted ? 1 : 0][timestamps ? 1 : 0]);
  }

  #writeOption(before: Piece, value: number): void {
    if (value !== -1) this.#writer.whole(before, value);
    else {
      this.#writer.piece(before);
      this.#writer.piece(this.#pieces.none);
    }
  }

  #writeHandshake({ syn, synAck, third }: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    writer.whole(pieces.synFrame, syn.frame);
    writer.whole(pieces.synAckFrame, synAck.frame);
    writer.whole(pieces.ackFrame, third.frame);
    writer.seconds(pieces.rttToServer, synAck.timeNanos - syn.timeNanos);
    writer.seconds(pieces.rttToClient, third.timeNanos - synAck.timeNanos);
    writer.piece(pieces.handshakeEnd);
  }

  #writeEnding({ closer, clientIndex, outcome, fin1, cover1, fin2, cover2, reset }: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    const ofCloser = closer === clientIndex ? pieces.client : pieces.server;
    if (outcome === 'open') {
      writer.piece(pieces.noClose);
      return;
    }
    if (outcome === 'reset') {
      writer.whole(ofCloser.reset, reset.frame);
      writer.piece(pieces.resetEnd);
      return;
    }
    writer.whole(ofCloser.teardown, fin1.frame);
    writer.whole(pieces.ackFrame, cover1.frame);
    writer.whole(ofCloser.fin2, fin2.frame);
    writer.whole(pieces.ackFrame, cover2.frame);
    writer.seconds(pieces.closeDuration, cover2.timeNanos - fin1.timeNanos);
    writer.piece(pieces.closeEnd);
  }

  #zeekOf({ closer, clientIndex, outcome }: Flawless): Piece {
    const { open, graceful, resetByClient, resetByServer } = this.#pieces.zeek;
    if (outcome === 'open') return open;
    if (outcome === 'graceful') return graceful;
    return closer === clientIndex ? resetByClient : resetByServer;
  }

  #writeFinding(sole: Finding, flawless: Flawless): void {
    if (flawless.outcome === 'reset') this.#writeAbort(sole, flawless);
    else this.#writeStay(sole, flawless);
  }

  #writeStay(sole: Finding, { findingFrame, timeWaitNanos }: Flawless): void {
    const stay = this.#stays.get(sole.at) ?? this.#learnStay(sole, timeWaitNanos);
    this.#writer.whole(stay.frames, findingFrame);
    this.#writer.whole(stay.message, findingFrame);
    this.#writer.piece(stay.rest);
  }

  #learnStay(sole: Finding, timeWaitNanos: number): StayPieces {
    const [before, behind] = stayInFull(sole.at, timeWaitNanos).map((text) => JSON.stringify(text).slice(1, -1));
    const { cause, hint } = sole;
    const stay = {
      frames: this.#writer.constant(headOf(sole)),
      message: this.#writer.constant(`],"message":"${before}`),
      rest: this.#writer.constant(`${behind}",${JSON.stringify({ cause, hint }).slice(1)}`),
    };
    this.#stays.set(sole.at, stay);
    return stay;
  }

  /** Apart from the hint, and what the finding is, nothing is as with others of its kind. */
  #writeAbort(sole: Finding, flawless: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    const abort = abortOf(flawless);
    const head = this.#aborts.get(sole.at) ?? writer.constant(headOf(sole));
    this.#aborts.set(sole.at, head);
    writer.whole(head, flawless.findingFrame);
    writer.quoted(pieces.message, messageOf(abort));
    writer.quoted(pieces.cause, causesOf(abort).cause);
    writer.quoted(pieces.hint, sole.hint);
    writer.piece(pieces.findingEnd);
  }
}

/** What a finding begins with, up to its first frame. */
function headOf({ code, severity, category, at }: Finding): string {
  return JSON.stringify({ code, severity, category, at, frames: [] }).slice(0, -2);
}
