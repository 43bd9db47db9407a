/**
 * A connection as JSON text, the same as `JSON.stringify` makes of what `buildConnection` builds, in a fifth of the time:
 * it is written from the analysis itself, and nothing is built on the way. test/report/connection-json.test.ts holds both
 * together.
 */
import type { TimeBase } from '../base/time.ts';
import type { Finding } from '../findings/finding.ts';
import type { Connection } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';
import type { Flawless } from '../flow/flawless.ts';
import type { HistoryEntry } from '../flow/history.ts';
import type { FlowAddresses } from '../flow/place.ts';
import {
  buildConnection,
  buildFin,
  buildSegments,
  type ConnectionNotes,
  certaintyOf,
  closeNanosOf,
  endOf,
  isAccepted,
  type TupleAddresses,
} from './build.ts';
import { FlawlessJson } from './flawless-json.ts';
import { PlaceJson } from './place-json.ts';
import type { FinResult } from './result.ts';
import { type Piece, TextWriter } from './text-writer.ts';

/** What causes and hints there are is decided by the catalogue, so that they are few. */
const MAX_KNOWN = 512;

/** Pieces by a word of which there are few, with what always stands before and behind it. */
class Words {
  readonly #writer: TextWriter;
  readonly #before: string;
  readonly #behind: string;
  readonly #pieces = new Map<string | null, Piece>();

  constructor(writer: TextWriter, before: string, behind = '') {
    this.#writer = writer;
    this.#before = before;
    this.#behind = behind;
  }

  append(word: string | null): void {
    let piece = this.#pieces.get(word);
    if (piece === undefined) {
      piece = this.#writer.constant(`${this.#before}${word === null ? 'null' : `"${word}"`}${this.#behind}`);
      this.#pieces.set(word, piece);
    }
    this.#writer.piece(piece);
  }
}

/** Pieces by what stands around the values, in their order. */
function constantsOf(writer: TextWriter) {
  const constant = (text: string): Piece => writer.constant(text);
  return {
    comma: constant(','),
    listEnd: constant(']'),
    objectEnd: constant('}'),
    /** Before a value whose name is a part of what stands before it. */
    nothing: constant(''),
    id: constant('{"id":'),
    firstFrame: constant(',"firstFrame":'),
    lastFrame: constant(',"lastFrame":'),
    startTime: constant(',"startTime":'),
    endTime: constant(',"endTime":'),
    duration: constant(',"durationSeconds":'),
    endpoints: constant(',"endpoints":{"client":{'),
    serverEnd: constant(',"server":{'),
    provenFrame: constant(',"provenFrame":'),
    withdrawnFrame: constant(',"withdrawn":{"frame":'),
    segments: constant('],"segments":'),
    payloadBytes: constant(',"payloadBytes":'),
    uniquePayloadBytes: constant(',"uniquePayloadBytes":'),
    syn: constant(',"syn":'),
    fin: constant(',"fin":'),
    rst: constant(',"rst":'),
    retransmittedSegments: constant(',"retransmittedSegments":'),
    outOfOrderSegments: constant(',"outOfOrderSegments":'),
    duplicateAcks: constant(',"duplicateAcks":'),
    zeroWindows: constant(',"zeroWindows":'),
    mss: constant(',"mss":'),
    noMss: constant(',"mss":null'),
    windowScale: constant(',"windowScale":'),
    noWindowScale: constant(',"windowScale":null'),
    sackPermitted: constant(',"sackPermitted":true'),
    noSackPermitted: constant(',"sackPermitted":false'),
    timestamps: constant(',"timestamps":true}'),
    noTimestamps: constant(',"timestamps":false}'),
    noHandshake: constant('},"handshake":null'),
    synFrame: constant('},"handshake":{"synFrame":'),
    noSynFrame: constant('},"handshake":{"synFrame":null'),
    synAckFrame: constant(',"synAckFrame":'),
    noSynAckFrame: constant(',"synAckFrame":null'),
    ackFrame: constant(',"ackFrame":'),
    noAckFrame: constant(',"ackFrame":null'),
    rttToServer: constant(',"rttToServerSeconds":'),
    noRttToServer: constant(',"rttToServerSeconds":null'),
    rttToClient: constant(',"rttToClientSeconds":'),
    noRttToClient: constant(',"rttToClientSeconds":null'),
    synRetransmissions: constant(',"synRetransmissions":'),
    synAckRetransmissions: constant(',"synAckRetransmissions":'),
    noTeardown: constant(',"teardown":null'),
    noFin2: constant(',"fin2":null'),
    noDuration: constant(',"durationSeconds":null'),
    retransmissions: constant(',"retransmissions":'),
    resets: constant(',"resets":['),
    accepted: constant(',"accepted":true}'),
    notAccepted: constant(',"accepted":false}'),
    findings: constant('],"findings":['),
    frames: constant(',"frames":['),
    message: constant('],"message":'),
    cause: constant(',"cause":'),
    hint: constant(',"hint":'),
    equivalents: constant('],"equivalents":'),
    zeekHistory: constant(',"zeekHistory":"'),
    completeness: constant('","wiresharkCompleteness":'),
    segmentList: constant(',"segments":'),
  };
}

/** Words that are said of connections, with the names of their fields. */
function wordsOf(writer: TextWriter) {
  const words = (before: string, behind?: string): Words => new Words(writer, before, behind);
  return {
    roleBasis: words(',"roleBasis":'),
    outcome: words(',"outcome":'),
    certainty: words(',"certainty":'),
    undeterminedBecause: words(',"undeterminedBecause":'),
    closedFirst: words(',"closedFirst":'),
    closeStyle: words(',"closeStyle":'),
    resetBy: words(',"resetBy":'),
    state: words('"state":'),
    basis: words(',"basis":', ',"stateHistory":['),
    entered: {
      proven: words('{"state":', ',"basis":"proven","frame":'),
      assumed: words('{"state":', ',"basis":"assumed","frame":'),
      timer: words('{"state":', ',"basis":"timer","frame":'),
    },
    fin1: words(',"teardown":{"fin1":{"from":', ',"frame":'),
    fin2: words(',"fin2":{"from":', ',"frame":'),
    from: words('{"from":', ',"frame":'),
    shape: words(',"shape":'),
    code: words('{"code":'),
    severity: words(',"severity":'),
    category: words(',"category":'),
    at: words(',"at":'),
    connState: words('{"zeekConnState":'),
  };
}

/** Writes connections, one after the other. */
export class ConnectionJson {
  readonly #base: TimeBase;
  readonly #notes: ConnectionNotes;
  readonly #writer = new TextWriter();
  readonly #constants = constantsOf(this.#writer);
  readonly #words = wordsOf(this.#writer);
  readonly #known = new Map<string, Piece>();
  readonly #place: PlaceJson;
  #flawless: FlawlessJson | null = null;

  constructor(base: TimeBase, notes: ConnectionNotes) {
    this.#base = base;
    this.#notes = notes;
    this.#place = new PlaceJson(this.#writer, notes);
  }

  /** The text of a settled connection, as UTF-8; good until the next one. */
  write(connection: Connection, addresses: TupleAddresses, findings: readonly Finding[]): Uint8Array {
    if (connection.isSelfConnect || connection.incomplete !== null) {
      this.#writer.unicode(JSON.stringify(buildConnection(connection, addresses, findings, this.#base, this.#notes)));
    } else this.#writeConnection(connection, addresses, findings);
    return this.#writer.take();
  }

  /** As `write`, of a connection that the machine has not seen; `findings` are those that another of its kind has. */
  writeFlawless(id: number, flawless: Flawless, addresses: FlowAddresses, findings: readonly Finding[]): Uint8Array {
    this.#flawless ??= new FlawlessJson(this.#base, this.#writer, this.#place);
    this.#flawless.append(id, flawless, addresses, findings);
    return this.#writer.take();
  }

  #writeConnection(connection: Connection, addresses: TupleAddresses, findings: readonly Finding[]): void {
    const writer = this.#writer;
    const constants = this.#constants;
    const { firstNanos, lastNanos, clientIndex } = connection;
    writer.whole(constants.id, connection.id);
    this.#place.append(addresses, connection.ports, clientIndex);
    this.#words.roleBasis.append(connection.roleBasis);
    writer.whole(constants.firstFrame, connection.firstFrame);
    writer.whole(constants.lastFrame, connection.lastFrame);
    writer.time(constants.startTime, this.#base, firstNanos);
    writer.time(constants.endTime, this.#base, lastNanos);
    writer.seconds(constants.duration, lastNanos - firstNanos);
    this.#writeVerdict(connection);
    writer.piece(constants.endpoints);
    this.#writeEnd(connection.client);
    writer.piece(constants.serverEnd);
    this.#writeEnd(connection.server);
    this.#writeHandshake(connection);
    this.#writeTeardown(connection);
    this.#writeResets(connection);
    this.#writeFindings(findings);
    this.#writeEquivalents(connection);
    if (connection.records !== null) {
      writer.piece(constants.segmentList);
      writer.unicode(JSON.stringify(buildSegments(connection, connection.records, this.#base)));
    }
    writer.piece(constants.objectEnd);
  }

  #writeVerdict({ verdict }: Connection): void {
    const words = this.#words;
    const { undeterminedBecause } = verdict;
    words.outcome.append(verdict.outcome);
    words.certainty.append(certaintyOf(undeterminedBecause));
    words.undeterminedBecause.append(undeterminedBecause);
    words.closedFirst.append(verdict.closedFirst);
    words.closeStyle.append(verdict.closeStyle);
    words.resetBy.append(verdict.resetBy);
  }

  #writeEnd(end: EndTrack): void {
    const writer = this.#writer;
    const constants = this.#constants;
    const { current, entries } = end.history;
    this.#words.state.append(current?.state ?? 'UNKNOWN');
    this.#words.basis.append(current?.basis ?? 'assumed');
    for (let i = 0; i < entries.length; i++) {
      if (i > 0) writer.piece(constants.comma);
      this.#writeEntry(entries[i]);
    }
    writer.whole(constants.segments, end.segments);
    writer.whole(constants.payloadBytes, end.payloadBytes);
    writer.whole(constants.uniquePayloadBytes, end.uniquePayloadBytes);
    writer.whole(constants.syn, end.syn);
    writer.whole(constants.fin, end.finCount);
    writer.whole(constants.rst, end.rst);
    writer.whole(constants.retransmittedSegments, end.retransmittedSegments);
    writer.whole(constants.outOfOrderSegments, end.outOfOrderSegments);
    writer.whole(constants.duplicateAcks, end.duplicateAcks);
    writer.whole(constants.zeroWindows, end.zeroWindows);
    if (end.mss === -1) writer.piece(constants.noMss);
    else writer.whole(constants.mss, end.mss);
    if (end.windowScale === -1) writer.piece(constants.noWindowScale);
    else writer.whole(constants.windowScale, end.windowScale);
    writer.piece(end.sackPermitted ? constants.sackPermitted : constants.noSackPermitted);
    writer.piece(end.timestamps ? constants.timestamps : constants.noTimestamps);
  }

  #writeEntry(entry: HistoryEntry): void {
    const writer = this.#writer;
    const { nothing, provenFrame, withdrawnFrame, objectEnd } = this.#constants;
    this.#words.entered[entry.basis].append(entry.state);
    writer.moment(nothing, entry.frame, this.#base, entry.timeNanos);
    if (entry.provenFrame !== 0) writer.whole(provenFrame, entry.provenFrame);
    if (entry.withdrawnFrame !== 0) {
      writer.moment(withdrawnFrame, entry.withdrawnFrame, this.#base, entry.withdrawnNanos);
      writer.piece(objectEnd);
    }
    writer.piece(objectEnd);
  }

  #writeHandshake(connection: Connection): void {
    const writer = this.#writer;
    const constants = this.#constants;
    const { synFrame, synAckFrame, rttToServerNanos, rttToClientNanos } = connection;
    if (synFrame === 0 && synAckFrame === 0) {
      writer.piece(constants.noHandshake);
      return;
    }
    this.#wholeOr(constants.synFrame, synFrame, constants.noSynFrame);
    this.#wholeOr(constants.synAckFrame, synAckFrame, constants.noSynAckFrame);
    this.#wholeOr(constants.ackFrame, connection.handshakeAck?.frame ?? 0, constants.noAckFrame);
    this.#secondsOr(constants.rttToServer, rttToServerNanos, constants.noRttToServer);
    this.#secondsOr(constants.rttToClient, rttToClientNanos, constants.noRttToClient);
    writer.whole(constants.synRetransmissions, connection.synRetransmissions);
    writer.whole(constants.synAckRetransmissions, connection.synAckRetransmissions);
    writer.piece(constants.objectEnd);
  }

  #writeTeardown(connection: Connection): void {
    const { noTeardown, noFin2, duration, noDuration, objectEnd } = this.#constants;
    const fin1 = buildFin(connection, connection.firstFinIndex);
    if (fin1 === null) {
      this.#writer.piece(noTeardown);
      return;
    }
    const fin2 = buildFin(connection, connection.secondFinIndex);
    this.#words.fin1.append(fin1.from);
    this.#writeFin(fin1);
    if (fin2 === null) this.#writer.piece(noFin2);
    else {
      this.#words.fin2.append(fin2.from);
      this.#writeFin(fin2);
    }
    this.#secondsOr(duration, closeNanosOf(connection), noDuration);
    this.#writer.piece(objectEnd);
  }

  #writeFin({ frame, ackFrame, retransmissions }: FinResult): void {
    const constants = this.#constants;
    this.#writer.whole(constants.nothing, frame);
    this.#wholeOr(constants.ackFrame, ackFrame ?? 0, constants.noAckFrame);
    this.#writer.whole(constants.retransmissions, retransmissions);
    this.#writer.piece(constants.objectEnd);
  }

  #writeResets(connection: Connection): void {
    const writer = this.#writer;
    const { resets, comma, nothing, accepted, notAccepted } = this.#constants;
    writer.piece(resets);
    for (let i = 0; i < connection.resets.length; i++) {
      const reset = connection.resets[i];
      if (i > 0) writer.piece(comma);
      this.#words.from.append(endOf(connection, reset.segment.from));
      writer.whole(nothing, reset.segment.frame);
      this.#words.shape.append(reset.shape);
      writer.piece(isAccepted(reset) ? accepted : notAccepted);
    }
  }

  #writeFindings(findings: readonly Finding[]): void {
    this.#writer.piece(this.#constants.findings);
    for (let i = 0; i < findings.length; i++) {
      if (i > 0) this.#writer.piece(this.#constants.comma);
      this.#writeFinding(findings[i]);
    }
  }

  #writeFinding(finding: Finding): void {
    const writer = this.#writer;
    const { frames, comma, message, cause, hint, objectEnd } = this.#constants;
    this.#words.code.append(finding.code);
    this.#words.severity.append(finding.severity);
    this.#words.category.append(finding.category);
    this.#words.at.append(finding.at);
    let before = frames;
    for (const frame of finding.frames) {
      writer.whole(before, frame);
      before = comma;
    }
    if (before === frames) writer.piece(frames);
    writer.quoted(message, finding.message);
    this.#writeKnown(cause, finding.cause);
    this.#writeKnown(hint, finding.hint);
    writer.piece(objectEnd);
  }

  #writeKnown(before: Piece, text: string): void {
    const writer = this.#writer;
    let piece = this.#known.get(text) ?? null;
    if (piece === null && this.#known.size < MAX_KNOWN) {
      piece = writer.keep(JSON.stringify(text));
      if (piece !== null) this.#known.set(text, piece);
    }
    if (piece === null) writer.quoted(before, text);
    else {
      writer.piece(before);
      writer.piece(piece);
    }
  }

  #writeEquivalents({ zeek, completeness }: Connection): void {
    const constants = this.#constants;
    this.#writer.piece(constants.equivalents);
    this.#words.connState.append(zeek.connState());
    this.#writer.plain(constants.zeekHistory, zeek.history());
    this.#writer.whole(constants.completeness, completeness);
    this.#writer.piece(constants.objectEnd);
  }

  /** A number, or what is written where there is none (0). */
  #wholeOr(before: Piece, value: number, otherwise: Piece): void {
    if (value === 0) this.#writer.piece(otherwise);
    else this.#writer.whole(before, value);
  }

  /** A duration, or what is written where there is none (NaN). */
  #secondsOr(before: Piece, nanos: number, otherwise: Piece): void {
    if (Number.isNaN(nanos)) this.#writer.piece(otherwise);
    else this.#writer.seconds(before, nanos);
  }
}
