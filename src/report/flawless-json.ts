/**
 * A flawless connection (src/flow/flawless.ts) as JSON text: what `ConnectionJson` writes once the machine has seen it.
 * Most of the text is the same for all that opened and closed in the same way, so it is kept in long pieces.
 */
import type { TimeBase } from '../base/time.ts';
import { stayInFull, timeWaitOwner } from '../findings/detectors/time-wait-owner.ts';
import type { Finding } from '../findings/finding.ts';
import { tellFinding } from '../findings/told.ts';
import type { Flawless } from '../flow/flawless.ts';
import { type FlawlessEnd, STEPS } from '../flow/flawless-end.ts';
import { type FlawlessFin, MOST_REPEATS } from '../flow/flawless-fins.ts';
import type { FlowAddresses } from '../flow/place.ts';
import { certaintyOf } from './build.ts';
import type { PlaceJson } from './place-json.ts';
import { SentenceJson } from './sentence-json.ts';
import type { Piece, TextWriter } from './text-writer.ts';

/** The finding that says who pays TIME_WAIT, in pieces: between them stands the frame in which that began. */
interface StayPieces {
  readonly frames: Piece;
  readonly message: Piece;
  readonly rest: Piece;
}

/** What a finding begins and ends with. */
interface FindingPieces {
  readonly head: Piece;
  /** Its cause, unless each has its own, and its hint. */
  readonly cause: Piece;
  readonly hint: Piece;
}

/** What stands around the values, in their order. */
function piecesOf(writer: TextWriter) {
  const constant = (text: string): Piece => writer.constant(text);
  const byRepeats = (behind: string): Piece[] =>
    Array.from({ length: MOST_REPEATS + 1 }, (_, repeats) => constant(`,"retransmissions":${repeats}}${behind}`));
  /** The state of an end, and what is before the first frame of its history; by the state. */
  const begins = (before: string, first: string): Piece[] =>
    STEPS.map(([state, basis]) =>
      constant(`${before}"state":"${state}","basis":"${basis}","stateHistory":[{"state":${first},"frame":`),
    );
  return {
    id: constant('{"id":'),
    firstFrame: constant(',"roleBasis":"syn","firstFrame":'),
    lastFrame: constant(',"lastFrame":'),
    startTime: constant(',"startTime":'),
    endTime: constant(',"endTime":'),
    duration: constant(',"durationSeconds":'),
    client: begins(',"endpoints":{"client":{', '"SYN_SENT","basis":"proven"'),
    server: begins(',"server":{', '"LISTEN","basis":"assumed"'),
    entered: STEPS.map(([state, basis]) => constant(`},{"state":"${state}","basis":"${basis}","frame":`)),
    provenFrame: constant(',"provenFrame":'),
    withdrawn: constant(',"withdrawn":{"frame":'),
    objectEnd: constant('}'),
    segments: constant('}],"segments":'),
    payloadBytes: constant(',"payloadBytes":'),
    uniquePayloadBytes: constant(',"uniquePayloadBytes":'),
    syn: constant(',"syn":'),
    fin: constant(',"fin":'),
    rst: constant(',"rst":'),
    retransmittedSegments: constant(',"retransmittedSegments":'),
    outOfOrder: constant(',"outOfOrderSegments":'),
    duplicateAcks: constant(',"duplicateAcks":'),
    mss: constant(',"zeroWindows":0,"mss":'),
    mssInOrder: constant(',"outOfOrderSegments":0,"duplicateAcks":0,"zeroWindows":0,"mss":'),
    windowScale: constant(',"windowScale":'),
    none: constant('null'),
    offers: [false, true].map((sack) =>
      [false, true].map((stamps) => constant(`,"sackPermitted":${sack},"timestamps":${stamps}}`)),
    ),
    synFrame: constant('},"handshake":{"synFrame":'),
    noSynAck: constant(',"synAckFrame":null,"ackFrame":null,"rttToServerSeconds":null,"rttToClientSeconds":null'),
    onlyAck: constant(',"synAckFrame":null,"ackFrame":'),
    noRtt: constant(',"rttToServerSeconds":null,"rttToClientSeconds":null'),
    noAck: constant(',"ackFrame":null,"rttToServerSeconds":'),
    noRttToClient: constant(',"rttToClientSeconds":null'),
    synAckFrame: constant(',"synAckFrame":'),
    ackFrame: constant(',"ackFrame":'),
    rttToServer: constant(',"rttToServerSeconds":'),
    rttToClient: constant(',"rttToClientSeconds":'),
    synRetransmissions: constant(',"synRetransmissions":'),
    synAckRetransmissions: constant(',"synAckRetransmissions":'),
    noTeardown: constant(',"teardown":null'),
    fin1: {
      client: constant(',"teardown":{"fin1":{"from":"client","frame":'),
      server: constant(',"teardown":{"fin1":{"from":"server","frame":'),
    },
    noAckOfFin: constant(',"ackFrame":null'),
    /** What follows a FIN, by how often it was sent again: nothing, the FIN of either end, or the time that the close took. */
    onlyFin: byRepeats(',"fin2":null,"durationSeconds":null}'),
    nextFin: {
      client: byRepeats(',"fin2":{"from":"client","frame":'),
      server: byRepeats(',"fin2":{"from":"server","frame":'),
    },
    noCloseDuration: byRepeats(',"durationSeconds":null}'),
    closeDuration: byRepeats(',"durationSeconds":'),
    noReset: constant(',"resets":[],"findings":['),
    reset: {
      client: constant(',"resets":[{"from":"client","frame":'),
      server: constant(',"resets":[{"from":"server","frame":'),
    },
    shapes: {
      refused: constant(',"shape":"refuse","accepted":true}],"findings":['),
      abandoned: constant(',"shape":"reactive","accepted":true}],"findings":['),
      reset: constant(',"shape":"active","accepted":true}],"findings":['),
      'late-reset': constant(',"shape":"reactive","accepted":true}],"findings":['),
    },
    completeness: constant('","wiresharkCompleteness":'),
    comma: constant(','),
    message: constant('],"message":'),
    causeName: constant(',"cause":'),
    end: constant('}}'),
  };
}

/** Pieces by the number of a sort of which there are few, made when it comes for the first time. */
class Sorts {
  readonly #writer: TextWriter;
  readonly #pieces: (Piece | undefined)[] = [];

  constructor(writer: TextWriter) {
    this.#writer = writer;
  }

  get(number: number, textOf: () => string): Piece {
    let piece = this.#pieces[number];
    if (piece === undefined) {
      while (this.#pieces.length <= number) this.#pieces.push(undefined);
      piece = this.#writer.constant(textOf());
      this.#pieces[number] = piece;
    }
    return piece;
  }
}

export class FlawlessJson {
  readonly #base: TimeBase;
  readonly #writer: TextWriter;
  readonly #place: PlaceJson;
  readonly #sentences: SentenceJson;
  readonly #pieces: ReturnType<typeof piecesOf>;
  readonly #verdicts: Sorts;
  readonly #zeekStates: Sorts;
  /** By the end that pays TIME_WAIT. */
  readonly #stays = new Map<string, StayPieces>();
  /** By the finding that another connection of the kind has, and by their text: many kinds have the same. */
  readonly #findings = new Map<Finding, FindingPieces>();
  readonly #texts = new Map<string, Piece>();

  /** `place` writes with the same writer. */
  constructor(base: TimeBase, writer: TextWriter, place: PlaceJson) {
    this.#base = base;
    this.#writer = writer;
    this.#place = place;
    this.#sentences = new SentenceJson(writer);
    this.#pieces = piecesOf(writer);
    this.#verdicts = new Sorts(writer);
    this.#zeekStates = new Sorts(writer);
  }

  /** Appends a connection; `findings` are those that another one of its kind has. */
  append(id: number, flawless: Flawless, addresses: FlowAddresses, findings: readonly Finding[]): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    const { clientIndex, client, server, syn, last } = flawless;
    writer.whole(pieces.id, id);
    this.#place.append(addresses, addresses.ports, clientIndex);
    writer.whole(pieces.firstFrame, syn.frame);
    writer.whole(pieces.lastFrame, last.frame);
    writer.time(pieces.startTime, this.#base, syn.timeNanos);
    writer.time(pieces.endTime, this.#base, last.timeNanos);
    writer.seconds(pieces.duration, last.timeNanos - syn.timeNanos);
    writer.piece(this.#verdicts.get(flawless.sort, () => verdictOf(flawless)));
    this.#writeEnd(pieces.client, client);
    this.#writeEnd(pieces.server, server);
    this.#writeHandshake(flawless);
    this.#writeTeardown(flawless);
    this.#writeResets(flawless);
    for (let i = 0; i < findings.length; i++) {
      if (i > 0) writer.piece(pieces.comma);
      this.#writeFinding(findings[i], flawless);
    }
    const zeek = this.#zeekStates.get(flawless.sort, () => zeekOf(flawless));
    this.#sentences.appendWord(zeek, flawless.zeekHistory);
    writer.whole(pieces.completeness, flawless.completeness);
    writer.piece(pieces.end);
  }

  /** Its states; what is before the first depends on which it is in. */
  #writeEnd(begins: readonly Piece[], end: FlawlessEnd): void {
    const writer = this.#writer;
    const { entered, provenFrame, withdrawn, objectEnd } = this.#pieces;
    let before = begins[end.current];
    for (let i = 0; i < end.steps; i++) {
      const entry = end.entered[i];
      if (i > 0) before = entered[entry.step];
      writer.moment(before, entry.frame, this.#base, entry.timeNanos);
      if (entry.provenFrame !== 0) writer.whole(provenFrame, entry.provenFrame);
      if (entry.withdrawnFrame === 0) continue;
      writer.moment(withdrawn, entry.withdrawnFrame, this.#base, entry.withdrawnNanos);
      writer.piece(objectEnd);
    }
    this.#writeCounts(end);
  }

  #writeCounts(end: FlawlessEnd): void {
    const { payloadBytes, uniquePayloadBytes, syns, fins, resets, mss, windowScale, sackPermitted, timestamps } = end;
    const pieces = this.#pieces;
    this.#writer.whole(pieces.segments, end.segments);
    this.#writer.whole(pieces.payloadBytes, payloadBytes);
    this.#writer.whole(pieces.uniquePayloadBytes, uniquePayloadBytes);
    this.#writer.whole(pieces.syn, syns);
    this.#writer.whole(pieces.fin, fins);
    this.#writer.whole(pieces.rst, resets);
    this.#writer.whole(pieces.retransmittedSegments, end.retransmittedSegments);
    if (end.outOfOrderSegments === 0 && end.duplicateAcks === 0) this.#writeOption(pieces.mssInOrder, mss);
    else {
      this.#writer.whole(pieces.outOfOrder, end.outOfOrderSegments);
      this.#writer.whole(pieces.duplicateAcks, end.duplicateAcks);
      this.#writeOption(pieces.mss, mss);
    }
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

  #writeHandshake({ client, server, syn, asked, synAck, answered, third }: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    writer.whole(pieces.synFrame, syn.frame);
    if (synAck.frame === 0 && third.frame === 0) writer.piece(pieces.noSynAck);
    else if (synAck.frame === 0) {
      writer.whole(pieces.onlyAck, third.frame);
      writer.piece(pieces.noRtt);
    } else if (third.frame === 0) {
      writer.whole(pieces.synAckFrame, synAck.frame);
      writer.seconds(pieces.noAck, synAck.timeNanos - asked.timeNanos);
      writer.piece(pieces.noRttToClient);
    } else {
      writer.whole(pieces.synAckFrame, synAck.frame);
      writer.whole(pieces.ackFrame, third.frame);
      writer.seconds(pieces.rttToServer, synAck.timeNanos - asked.timeNanos);
      writer.seconds(pieces.rttToClient, third.timeNanos - answered.timeNanos);
    }
    writer.whole(pieces.synRetransmissions, client.syns - 1);
    writer.whole(pieces.synAckRetransmissions, Math.max(0, server.syns - 1));
    writer.piece(pieces.objectEnd);
  }

  #writeTeardown({ closer, clientIndex, fins: [first, second] }: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    if (first.fin.frame === 0) {
      writer.piece(pieces.noTeardown);
      return;
    }
    const isByClient = closer === clientIndex;
    writer.whole(isByClient ? pieces.fin1.client : pieces.fin1.server, first.fin.frame);
    this.#writeCover(first);
    if (second.fin.frame === 0) {
      writer.piece(pieces.onlyFin[first.repeats]);
      return;
    }
    const { server, client } = pieces.nextFin;
    writer.whole((isByClient ? server : client)[first.repeats], second.fin.frame);
    this.#writeCover(second);
    if (second.cover.frame === 0) {
      writer.piece(pieces.noCloseDuration[second.repeats]);
      return;
    }
    writer.seconds(pieces.closeDuration[second.repeats], second.cover.timeNanos - first.fin.timeNanos);
    writer.piece(pieces.objectEnd);
  }

  #writeCover({ cover }: FlawlessFin): void {
    if (cover.frame === 0) this.#writer.piece(this.#pieces.noAckOfFin);
    else this.#writer.whole(this.#pieces.ackFrame, cover.frame);
  }

  #writeResets({ ending, reset, resetBy }: Flawless): void {
    const writer = this.#writer;
    const pieces = this.#pieces;
    if (ending === 'refused' || ending === 'abandoned' || ending === 'reset' || ending === 'late-reset') {
      writer.whole(resetBy === 'client' ? pieces.reset.client : pieces.reset.server, reset.frame);
      writer.piece(pieces.shapes[ending]);
    } else writer.piece(pieces.noReset);
  }

  #writeFinding(finding: Finding, flawless: Flawless): void {
    const isStay = finding.code === timeWaitOwner.entry.code && finding.at !== 'path';
    if (isStay && flawless.successor.frame === 0) {
      this.#writeStay(finding, flawless);
      return;
    }
    const writer = this.#writer;
    const pieces = this.#pieces;
    const { head, cause: usualCause, hint } = this.#findings.get(finding) ?? this.#learnFinding(finding);
    const { frames, message, cause } = tellFinding(finding, flawless);
    let before = head;
    for (const frame of frames) {
      writer.whole(before, frame);
      before = pieces.comma;
    }
    this.#sentences.append(pieces.message, message());
    if (cause === undefined) writer.piece(usualCause);
    else this.#sentences.append(pieces.causeName, cause());
    writer.piece(hint);
    writer.piece(pieces.objectEnd);
  }

  #learnFinding(finding: Finding): FindingPieces {
    const pieces = {
      head: this.#textOf(headOf(finding)),
      cause: this.#textOf(`,"cause":${JSON.stringify(finding.cause)}`),
      hint: this.#textOf(`,"hint":${JSON.stringify(finding.hint)}`),
    };
    this.#findings.set(finding, pieces);
    return pieces;
  }

  #textOf(text: string): Piece {
    const piece = this.#texts.get(text) ?? this.#writer.constant(text);
    this.#texts.set(text, piece);
    return piece;
  }

  #writeStay(finding: Finding, { timeWaitFrame, timeWaitNanos }: Flawless): void {
    const stay = this.#stays.get(finding.at) ?? this.#learnStay(finding, timeWaitNanos);
    this.#writer.whole(stay.frames, timeWaitFrame);
    this.#writer.whole(stay.message, timeWaitFrame);
    this.#writer.piece(stay.rest);
  }

  #learnStay(finding: Finding, timeWaitNanos: number): StayPieces {
    const [before, behind] = stayInFull(finding.at, timeWaitNanos).map((text) => JSON.stringify(text).slice(1, -1));
    const { cause, hint } = finding;
    const stay = {
      frames: this.#writer.constant(headOf(finding)),
      message: this.#writer.constant(`],"message":"${before}`),
      rest: this.#writer.constant(`${behind}",${JSON.stringify({ cause, hint }).slice(1)}`),
    };
    this.#stays.set(finding.at, stay);
    return stay;
  }
}

function verdictOf({ outcome, undeterminedBecause, closedFirst, closeStyle, resetBy }: Flawless): string {
  const certainty = certaintyOf(undeterminedBecause);
  return `,${JSON.stringify({ outcome, certainty, undeterminedBecause, closedFirst, closeStyle, resetBy }).slice(1, -1)}`;
}

function zeekOf(flawless: Flawless): string {
  const isByClient = flawless.closer === flawless.clientIndex;
  const states = {
    unanswered: 'S0',
    refused: 'REJ',
    'one-way': 'S0',
    'half-open': 'S1',
    abandoned: 'RSTO',
    open: 'S1',
    'half-closed': isByClient ? 'S2' : 'S3',
    reset: isByClient ? 'RSTO' : 'RSTR',
    'late-reset': isByClient ? 'RSTO' : 'RSTR',
    'fin-unheard': isByClient ? 'S2' : 'S3',
    closed: 'SF',
    crossing: 'SF',
    'last-fin-unheard': 'SF',
  };
  return `],"equivalents":{"zeekConnState":"${states[flawless.ending]}","zeekHistory":"`;
}

/** What a finding begins with, up to its first frame. */
function headOf({ code, severity, category, at }: Finding): string {
  return JSON.stringify({ code, severity, category, at, frames: [] }).slice(0, -2);
}
