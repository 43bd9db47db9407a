/**
 * Traits that most connections lack, told from a few fields, and the detectors that have nothing to say without them:
 * of the seventy detectors, a common connection is shown to half a dozen.
 */
import type { Connection } from '../flow/connection.ts';
import type { EndTrack } from '../flow/end.ts';

const Trait = {
  ANY: 0x001,
  /** Any reset, also one that changed nothing. */
  RESET: 0x002,
  FIN: 0x004,
  /** A FIN was sent again. */
  FIN_REPEAT: 0x008,
  /** A FIN that no captured segment covers. */
  UNCOVERED: 0x010,
  /** One end sent a FIN, the other did not. */
  HALF: 0x020,
  /** SYNs of both ends were captured. */
  BOTH_SYNS: 0x040,
  /** SYNs or SYN-ACKs were sent again. */
  SYN_REPEAT: 0x080,
  /** Nobody answered, or the attempt was refused or given up. */
  UNOPENED: 0x100,
  /** It was opened, and nothing was sent. */
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
  REUSE: 0x1_0000,
  /** Something is wrong with what was captured, or with the segments themselves. */
  CAPTURE: 0x2_0000,
  /** Nothing was captured of one end. */
  ONE_WAY: 0x4_0000,
  ICMP: 0x8_0000,
  /** SYN-ACKs were sent again. */
  SYN_ACK_REPEAT: 0x10_0000,
  /** An end was taken to be open and was not. */
  REFUTED: 0x20_0000,
  MIDSTREAM: 0x40_0000,
  /** The reset that closed it was sent of its own accord, or answers a segment. */
  ACTIVE_RESET: 0x80_0000,
  REACTIVE_RESET: 0x100_0000,
  /** A reset that was not accepted, met a TIME_WAIT, or after which its receiver went on. */
  ODD_RESET: 0x200_0000,
  /** The first wave of the close was lost; the bits of the others follow. */
  LOST_WAVE: 0x400_0000,
  /** A FIN and a reset. */
  RESET_AND_FIN: 0x4000_0000,
} as const;

/** What a detector needs at least one of; those that are not listed look at every connection. */
const NEEDS: Readonly<Record<string, number>> = {
  'syn-unanswered': Trait.UNOPENED,
  'syn-retransmission': Trait.SYN_REPEAT,
  'syn-lost-downstream': Trait.SYN_REPEAT,
  'syn-ack-lost': Trait.REFUTED,
  'syn-ack-retransmission': Trait.SYN_ACK_REPEAT,
  'handshake-ack-lost': Trait.SYN_ACK_REPEAT,
  'accept-queue-overflow': Trait.SYN_ACK_REPEAT,
  'accept-overflow-reset': Trait.REACTIVE_RESET,
  'listener-closed-unaccepted': Trait.ACTIVE_RESET,
  'server-silent-after-handshake': Trait.RESEND,
  'syn-ack-give-up': Trait.SYN_ACK_REPEAT,
  'connection-refused': Trait.UNOPENED,
  'connection-refused-icmp': Trait.ICMP,
  'client-abandoned-connect': Trait.UNOPENED,
  'simultaneous-open': Trait.OPENING,
  'self-connect': Trait.OPENING,
  'syn-ack-bad-ack': Trait.OPENING,
  'syn-ack-isn-change': Trait.OPENING,
  'half-open-recovery': Trait.OPENING,
  'tfo-accepted': Trait.OPENING,
  'tfo-ignored': Trait.OPENING,
  'syn-option-fallback': Trait.SYN_REPEAT,
  'slow-handshake': Trait.BOTH_SYNS,
  'zero-window-stall': Trait.WINDOW,
  'window-probe': Trait.WINDOW,
  'keep-alive-probing': Trait.WINDOW,
  'excessive-retransmission': Trait.RESEND,
  'silent-abort': Trait.RESEND,
  'established-no-data': Trait.NO_DATA,
  'teardown-w1-lost': Trait.LOST_WAVE,
  'teardown-w2-lost': Trait.LOST_WAVE << 1,
  'teardown-w3-lost': Trait.LOST_WAVE << 2,
  'teardown-w4-lost': Trait.LOST_WAVE << 3,
  'fin-retransmission': Trait.FIN_REPEAT,
  'final-ack-missing': Trait.UNCOVERED,
  'final-ack-not-captured': Trait.UNCOVERED,
  'last-ack-give-up': Trait.FIN_REPEAT,
  'fin-unacknowledged': Trait.UNCOVERED,
  'close-wait-lingering': Trait.HALF,
  'fin-wait-2-timeout': Trait.RESET_AND_FIN,
  'half-close': Trait.HALF_CLOSE,
  'data-after-close-reset': Trait.RESET_AND_FIN,
  'simultaneous-close': Trait.CLOSING,
  'fin-before-data': Trait.CLOSING,
  'data-after-own-fin': Trait.CLOSING,
  'fin-seq-changed': Trait.CLOSING,
  'slow-teardown': Trait.FIN,
  'time-wait-owner': Trait.FIN,
  'abortive-close': Trait.ACTIVE_RESET,
  'rst-after-own-fin': Trait.ACTIVE_RESET,
  'peer-lost-state': Trait.REACTIVE_RESET,
  'keep-alive-timeout-reset': Trait.ODD_RESET,
  'rst-challenged': Trait.ODD_RESET,
  'rst-ignored': Trait.ODD_RESET,
  'traffic-after-reset': Trait.ODD_RESET,
  'time-wait-reuse': Trait.REUSE,
  'time-wait-assassination': Trait.ODD_RESET,
  'port-reuse-unclosed': Trait.REUSE,
  'syn-on-live-ignored': Trait.REUSE,
  'rst-injection-suspected': Trait.RESET,
  'invalid-flags': Trait.CAPTURE,
  'capture-duplicates': Trait.CAPTURE,
  'capture-reordering': Trait.CAPTURE,
  'acked-unseen': Trait.GAP,
  'one-way': Trait.ONE_WAY,
  'midstream-start': Trait.MIDSTREAM,
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
  if (connection.rstCopies.length > 0 || connection.resets.length > 0) traits |= traitsOfResets(connection);
  if (connection.firstFinIndex !== -1 || connection.secondFinIndex !== -1) {
    traits |= Trait.FIN;
    if ((a.fin === -1) !== (b.fin === -1)) traits |= Trait.HALF;
  }
  for (const { wave } of connection.lostWaves) traits |= Trait.LOST_WAVE << (wave - 1);
  if (a.synCopies.length > 0 && b.synCopies.length > 0) traits |= Trait.BOTH_SYNS;
  if (connection.isMidstream) traits |= Trait.MIDSTREAM;
  const { outcome } = connection.verdict;
  if (outcome === 'final-ack-missing' || outcome === 'fin-unacknowledged') traits |= Trait.UNCOVERED;
  if (outcome === 'unanswered' || outcome === 'refused' || outcome === 'abandoned') traits |= Trait.UNOPENED;
  if (a.payloadBytes === 0 && b.payloadBytes === 0 && connection.handshakeAck !== null) traits |= Trait.NO_DATA;
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

function traitsOfResets({ ends, closingReset, resets, afterResetSegments }: Connection): number {
  let traits: number = Trait.RESET;
  if (afterResetSegments > 0) traits |= Trait.ODD_RESET;
  if (ends[0].finCopies.length + ends[1].finCopies.length > 0) traits |= Trait.RESET_AND_FIN;
  for (const { verdict, receiverState } of resets) {
    if (verdict !== 'accepted' || receiverState === 'TIME_WAIT') traits |= Trait.ODD_RESET;
  }
  if (closingReset?.shape === 'active') traits |= Trait.ACTIVE_RESET;
  return closingReset?.shape === 'reactive' ? traits | Trait.REACTIVE_RESET : traits;
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
    connection.invalidFlagSegments > 0 ||
    connection.captureDuplicates > 0 ||
    connection.reorderedSegments > 0 ||
    connection.truncatedHeaders > 0
  );
}
