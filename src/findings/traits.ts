/**
 * Traits that most connections lack, told from a few fields, and the detectors that have nothing to say without them:
 * of the seventy detectors, a common connection is shown to half a dozen.
 */
import type { Connection } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';

const Trait = {
  ANY: 0x001,
  RESET: 0x002,
  FIN: 0x004,
  /** A FIN was sent again. */
  FIN_REPEAT: 0x008,
  /** A FIN that no captured segment covers. */
  UNCOVERED: 0x010,
  /** One end sent a FIN, the other did not. */
  HALF: 0x020,
  LOST_WAVE: 0x040,
  /** SYNs or SYN-ACKs were sent again. */
  SYN_REPEAT: 0x080,
  UNANSWERED: 0x100,
  NO_DATA: 0x200,
  /** The same octets were sent again. */
  RESEND: 0x400,
  /** Closed windows and probes. */
  WINDOW: 0x800,
  /** Octets were acknowledged that the capture does not have. */
  GAP: 0x1000,
  /** An uncommon way to open. */
  OPENING: 0x2000,
  /** FINs that crossed, or that came out of turn. */
  CLOSING: 0x4000,
  HALF_CLOSE: 0x8000,
  /** Another connection on the same tuple. */
  REUSE: 0x10_000,
  /** Something is wrong with what was captured, or with the segments themselves. */
  CAPTURE: 0x20_000,
  /** Nothing was captured of one end. */
  ONE_WAY: 0x40_000,
  ICMP: 0x80_000,
  /** SYN-ACKs were sent again. */
  SYN_ACK_REPEAT: 0x100_000,
  /** An end was taken to be open and was not. */
  REFUTED: 0x200_000,
} as const;

/** What a detector needs at least one of; those that are not listed look at every connection. */
const NEEDS: Readonly<Record<string, number>> = {
  'syn-unanswered': Trait.UNANSWERED,
  'syn-retransmission': Trait.SYN_REPEAT,
  'syn-lost-downstream': Trait.SYN_REPEAT,
  'syn-ack-lost': Trait.REFUTED,
  'syn-ack-retransmission': Trait.SYN_ACK_REPEAT,
  'handshake-ack-lost': Trait.SYN_ACK_REPEAT,
  'accept-queue-overflow': Trait.SYN_ACK_REPEAT,
  'accept-overflow-reset': Trait.RESET,
  'listener-closed-unaccepted': Trait.RESET,
  'server-silent-after-handshake': Trait.RESEND,
  'syn-ack-give-up': Trait.SYN_ACK_REPEAT,
  'connection-refused': Trait.RESET,
  'connection-refused-icmp': Trait.ICMP,
  'client-abandoned-connect': Trait.RESET,
  'simultaneous-open': Trait.OPENING,
  'self-connect': Trait.OPENING,
  'syn-ack-bad-ack': Trait.OPENING,
  'syn-ack-isn-change': Trait.OPENING,
  'half-open-recovery': Trait.OPENING,
  'tfo-accepted': Trait.OPENING,
  'tfo-ignored': Trait.OPENING,
  'syn-option-fallback': Trait.SYN_REPEAT,
  'zero-window-stall': Trait.WINDOW,
  'window-probe': Trait.WINDOW,
  'keep-alive-probing': Trait.WINDOW,
  'excessive-retransmission': Trait.RESEND,
  'silent-abort': Trait.RESET,
  'established-no-data': Trait.NO_DATA,
  'teardown-w1-lost': Trait.LOST_WAVE,
  'teardown-w2-lost': Trait.LOST_WAVE,
  'teardown-w3-lost': Trait.LOST_WAVE,
  'teardown-w4-lost': Trait.LOST_WAVE,
  'fin-retransmission': Trait.FIN_REPEAT,
  'final-ack-missing': Trait.UNCOVERED,
  'final-ack-not-captured': Trait.UNCOVERED,
  'last-ack-give-up': Trait.FIN_REPEAT,
  'fin-unacknowledged': Trait.UNCOVERED,
  'close-wait-lingering': Trait.HALF,
  'fin-wait-2-timeout': Trait.RESET,
  'half-close': Trait.HALF_CLOSE,
  'data-after-close-reset': Trait.RESET,
  'simultaneous-close': Trait.CLOSING,
  'fin-before-data': Trait.CLOSING,
  'data-after-own-fin': Trait.CLOSING,
  'fin-seq-changed': Trait.CLOSING,
  'slow-teardown': Trait.FIN,
  'time-wait-owner': Trait.FIN,
  'abortive-close': Trait.RESET,
  'rst-after-own-fin': Trait.RESET,
  'peer-lost-state': Trait.RESET,
  'keep-alive-timeout-reset': Trait.RESET,
  'rst-challenged': Trait.RESET,
  'rst-ignored': Trait.RESET,
  'traffic-after-reset': Trait.RESET,
  'time-wait-reuse': Trait.REUSE,
  'time-wait-assassination': Trait.RESET,
  'port-reuse-unclosed': Trait.REUSE,
  'syn-on-live-ignored': Trait.REUSE,
  'rst-injection-suspected': Trait.RESET,
  'invalid-flags': Trait.CAPTURE,
  'capture-duplicates': Trait.CAPTURE,
  'capture-reordering': Trait.CAPTURE,
  'acked-unseen': Trait.GAP,
  'one-way': Trait.ONE_WAY,
  'midstream-start': Trait.CAPTURE,
  'truncated-header': Trait.CAPTURE,
};

/** What the detector of a code needs, as bits of which `traitsOf` must have one. */
export function needsOf(code: string): number {
  return NEEDS[code] ?? Trait.ANY;
}

/** The traits of a settled connection, as bits. */
export function traitsOf(connection: Connection): number {
  const [a, b] = connection.ends;
  let traits: number = Trait.ANY | traitsOfEnd(a) | traitsOfEnd(b);
  if (connection.rstCopies.length > 0 || connection.resets.length > 0) traits |= Trait.RESET;
  if (connection.firstFinIndex !== -1 || connection.secondFinIndex !== -1) {
    traits |= Trait.FIN;
    if ((a.fin === -1) !== (b.fin === -1)) traits |= Trait.HALF;
  }
  if (connection.lostWaves.length > 0) traits |= Trait.LOST_WAVE;
  const { outcome } = connection.verdict;
  if (outcome === 'final-ack-missing' || outcome === 'fin-unacknowledged') traits |= Trait.UNCOVERED;
  if (outcome === 'unanswered') traits |= Trait.UNANSWERED;
  if (a.payloadBytes === 0 && b.payloadBytes === 0) traits |= Trait.NO_DATA;
  if (connection.synRetransmissions > 0) traits |= Trait.SYN_REPEAT;
  if (connection.synAckRetransmissions + connection.synAckRepeatsAfterAck > 0) {
    traits |= Trait.SYN_REPEAT | Trait.SYN_ACK_REPEAT;
  }
  if (connection.ackedUnseenFrames.length > 0) traits |= Trait.GAP;
  if (connection.predecessor !== null || connection.successor !== null || connection.liveSyns.length > 0) {
    traits |= Trait.REUSE;
  }
  if (connection.icmpErrors.length > 0) traits |= Trait.ICMP;
  if (connection.isHalfCloseAcknowledged) traits |= Trait.HALF_CLOSE;
  if (isUncommonOpening(connection)) traits |= Trait.OPENING;
  if (isUncommonClose(connection)) traits |= Trait.CLOSING;
  return isUncommonCapture(connection) ? traits | Trait.CAPTURE : traits;
}

function traitsOfEnd(end: EndTrack): number {
  let traits = 0;
  if (end.finCopies.length > 1) traits |= Trait.FIN_REPEAT;
  if (end.synCopies.length > 1) traits |= Trait.SYN_REPEAT;
  if (end.establishedRefutations > 0) traits |= Trait.REFUTED;
  if (end.resend !== null || end.worstResend !== null) traits |= Trait.RESEND;
  if (end.closedWindow !== null || end.longestClosedWindow !== null) traits |= Trait.WINDOW;
  if (end.windowProbes !== null || end.keepAlives !== null) traits |= Trait.WINDOW;
  if (end.unseenRanges.length > 0) traits |= Trait.GAP;
  return end.segments === 0 ? traits | Trait.ONE_WAY : traits;
}

function isUncommonOpening(connection: Connection): boolean {
  return (
    connection.isSimultaneousOpen ||
    connection.isSelfConnect ||
    connection.isRecovery ||
    connection.synDataBytes > 0 ||
    connection.acceptedSynBytes > 0 ||
    connection.badSynAckFrames.length > 0 ||
    connection.synAckIsnFrames.length > 0
  );
}

function isUncommonClose(connection: Connection): boolean {
  return (
    connection.isCrossingClose ||
    connection.finBeforeData.length > 0 ||
    connection.dataAfterFin.length > 0 ||
    connection.finSeqChanges.length > 0
  );
}

function isUncommonCapture(connection: Connection): boolean {
  return (
    connection.isMidstream ||
    connection.invalidFlagSegments > 0 ||
    connection.captureDuplicates > 0 ||
    connection.reorderedSegments > 0 ||
    connection.truncatedHeaders > 0
  );
}
