/** Findings of flawless connections (src/flow/flawless.ts), told from their rows: what the detectors say once the machine has seen them. */
import { assert } from '../base/error.ts';
import type { Sentence } from '../base/sentence.ts';
import type { Flawless } from '../flow/flawless.ts';
import type { FlawlessFin } from '../flow/flawless-fins.ts';
import { abortiveClose, abortOf, causesOf, messageOf } from './detectors/abortive-close.ts';
import { abandonmentMessage, clientAbandonedConnect } from './detectors/client-abandoned-connect.ts';
import { closeWaitLingering, lingeringMessage } from './detectors/close-wait-lingering.ts';
import { connectionRefused, refusalMessage } from './detectors/connection-refused.ts';
import { dataAfterCloseReset, lateResetMessage } from './detectors/data-after-close-reset.ts';
import { finRetransmission, finsAgainMessage } from './detectors/fin-retransmission.ts';
import { finUnacknowledged, heardMessage, unacknowledgedMessage } from './detectors/fin-unacknowledged.ts';
import { finalAckMissing, uncoveredMessage } from './detectors/final-ack-missing.ts';
import { halfClose, halfCloseMessage } from './detectors/half-close.ts';
import { lastAckGiveUp, lastGivenUpMessage } from './detectors/last-ack-give-up.ts';
import { aloneMessage, oneWay } from './detectors/one-way.ts';
import { crossingMessage, simultaneousClose } from './detectors/simultaneous-close.ts';
import { givenUpMessage, synAckGiveUp } from './detectors/syn-ack-give-up.ts';
import { synAckRetransmission, unheardMessage } from './detectors/syn-ack-retransmission.ts';
import { lostSynMessage, synLostDownstream } from './detectors/syn-lost-downstream.ts';
import { synAgainMessage, synRetransmission } from './detectors/syn-retransmission.ts';
import { synUnanswered, unansweredMessage } from './detectors/syn-unanswered.ts';
import { teardownW1Lost } from './detectors/teardown-w1-lost.ts';
import { teardownW2Lost } from './detectors/teardown-w2-lost.ts';
import { teardownW3Lost } from './detectors/teardown-w3-lost.ts';
import { teardownW4Lost } from './detectors/teardown-w4-lost.ts';
import { cutShortMessage, stayInFull, staysMessage, timeWaitOwner } from './detectors/time-wait-owner.ts';
import { isLinuxStep, reuseMessage, timeWaitReuse } from './detectors/time-wait-reuse.ts';
import type { Finding } from './finding.ts';
import { lossMessage } from './lost-wave.ts';

/** What findings of one code differ in; the cause only if it is not that of all others of the same kind. */
export interface Told {
  /** Ascending. */
  readonly frames: readonly number[];
  readonly message: () => string | Sentence;
  readonly cause?: () => string | Sentence;
}

const TELLERS: Readonly<Record<string, (flawless: Flawless) => Told>> = {
  [synUnanswered.entry.code](flawless) {
    const copies = flawless.synCopies();
    const attempt = { count: copies.length, first: copies[0], lastNanos: flawless.last.timeNanos };
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => unansweredMessage(attempt, flawless.nowNanos),
    };
  },
  [synRetransmission.entry.code](flawless) {
    const copies = flawless.synCopies();
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => synAgainMessage('client', copies, copies.length - 1),
    };
  },
  [synLostDownstream.entry.code]({ syn, asked, synAck }) {
    return { frames: [syn.frame, asked.frame, synAck.frame], message: () => lostSynMessage(syn, asked, synAck) };
  },
  [synAckRetransmission.entry.code](flawless) {
    const copies = flawless.synAckCopies();
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => unheardMessage(copies, copies.length - 1),
    };
  },
  [synAckGiveUp.entry.code](flawless) {
    const copies = flawless.synAckCopies();
    const [before, last] = copies.slice(-2);
    return {
      frames: copies.map(({ frame }) => frame),
      message: () =>
        givenUpMessage(copies.length - 1, last.timeNanos - before.timeNanos, flawless.nowNanos - last.timeNanos),
    };
  },
  [connectionRefused.entry.code]({ syn, reset, resetTtl }) {
    return { frames: [syn.frame, reset.frame], message: () => refusalMessage(syn, reset, resetTtl) };
  },
  [clientAbandonedConnect.entry.code]({ syn, synAck, reset }) {
    return { frames: [syn.frame, synAck.frame, reset.frame], message: () => abandonmentMessage(syn, synAck, reset) };
  },
  [teardownW1Lost.entry.code]: (flawless) => tellLoss(flawless, 0, flawless.fins[0].lossOfFin),
  [teardownW2Lost.entry.code]: (flawless) => tellLoss(flawless, 0, flawless.fins[0].lossOfCover),
  [teardownW3Lost.entry.code]: (flawless) => tellLoss(flawless, 1, flawless.fins[1].lossOfFin),
  [teardownW4Lost.entry.code]: (flawless) => tellLoss(flawless, 1, flawless.fins[1].lossOfCover),
  [finRetransmission.entry.code](flawless) {
    const [first, second] = flawless.fins;
    const isByCloser =
      first.repeats === second.repeats ? flawless.closer === flawless.clientIndex : first.repeats > second.repeats;
    const [most, others] = isByCloser ? [first, second] : [second, first];
    const names = namesOf(flawless, isByCloser ? 0 : 1);
    const frames = [...most.copies, ...others.copies.slice(1)].map(({ frame }) => frame);
    const afterNanos = most.copies[1].timeNanos - most.fin.timeNanos;
    return {
      frames: frames.sort((a, b) => a - b),
      message: () => finsAgainMessage(names, most.repeats, afterNanos, others.repeats),
    };
  },
  [finalAckMissing.entry.code](flawless) {
    const { copies, repeats } = flawless.fins[1];
    const [name] = namesOf(flawless, 1);
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => uncoveredMessage(name, repeats, copies, flawless.nowNanos),
    };
  },
  [lastAckGiveUp.entry.code](flawless) {
    const { copies, repeats } = flawless.fins[1];
    const [name] = namesOf(flawless, 1);
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => lastGivenUpMessage(name, copies, repeats, flawless.nowNanos),
    };
  },
  [finUnacknowledged.entry.code](flawless) {
    const { copies } = flawless.fins[0];
    const [name, other] = namesOf(flawless);
    const rest = heardMessage(other, false, flawless.heard.frame);
    return {
      frames: copies.map(({ frame }) => frame),
      message: () => unacknowledgedMessage(name, copies, copies.length, flawless.unheardBytes, rest),
    };
  },
  [closeWaitLingering.entry.code](flawless) {
    const { fin1, cover1, nowNanos } = flawless;
    const [name, other] = namesOf(flawless);
    return {
      frames: [fin1.frame, cover1.frame],
      message: () => lingeringMessage(other, name, cover1.frame, nowNanos - cover1.timeNanos),
    };
  },
  [halfClose.entry.code](flawless) {
    const [name, other] = namesOf(flawless);
    const segments = flawless.lateSegments();
    return {
      frames: [flawless.fin1.frame, ...segments.map(({ frame }) => frame)],
      message: () => halfCloseMessage(name, other, flawless.lateBytes, segments),
    };
  },
  [dataAfterCloseReset.entry.code](flawless) {
    const [name, talker] = namesOf(flawless);
    const { fin1, reset, unacknowledgedBytes: lostBytes } = flawless;
    const data = flawless.lateSegments()[flawless.lateCount - 1];
    const waitedNanos = data.timeNanos - fin1.timeNanos;
    return {
      frames: [fin1.frame, data.frame, reset.frame],
      message: () =>
        lateResetMessage({ name, talker, dataFrame: data.frame, resetFrame: reset.frame, waitedNanos, lostBytes }),
    };
  },
  [simultaneousClose.entry.code](flawless) {
    const { fin1, fin2 } = flawless;
    return {
      frames: [fin1.frame, fin2.frame],
      message: () => crossingMessage(fin1, fin2, flawless.isBeyondRtt(fin1.timeNanos, fin2.timeNanos)),
    };
  },
  [timeWaitOwner.entry.code](flawless) {
    const { ending, timeWaitFrame, timeWaitNanos, cover1, cover2 } = flawless;
    if (ending === 'crossing') {
      const frames = [cover1.frame, cover2.frame].sort((a, b) => a - b);
      return { frames, message: () => staysMessage(timeWaitNanos) };
    }
    const [name] = namesOf(flawless);
    const { cutTimeWaitNanos, successor } = flawless;
    if (!Number.isNaN(cutTimeWaitNanos)) {
      const message = (): string => cutShortMessage(name, cutTimeWaitNanos, timeWaitFrame, successor.frame);
      return { frames: [timeWaitFrame], message };
    }
    return { frames: [timeWaitFrame], message: () => stayInFull(name, timeWaitNanos).join(`${timeWaitFrame}`) };
  },
  [timeWaitReuse.entry.code](flawless) {
    const { ended, syn, synAck } = flawless;
    assert(ended !== null, 'only a connection that has ended a TIME_WAIT is of this kind');
    const { index, frame, timeNanos, nextSeq } = ended;
    const isLinux = isLinuxStep(nextSeq, flawless.isnOf(index));
    return {
      frames: synAck.frame === 0 ? [frame, syn.frame] : [frame, syn.frame, synAck.frame],
      message: () => reuseMessage(flawless.nameOf(index), syn.frame, syn.timeNanos - timeNanos, frame, isLinux),
    };
  },
  [abortiveClose.entry.code](flawless) {
    const abort = abortOf(flawless);
    return { frames: [abort.frame], message: () => messageOf(abort), cause: () => causesOf(abort).cause };
  },
  [oneWay.entry.code]({ client, syn, last }) {
    return { frames: [syn.frame, last.frame], message: () => aloneMessage('client', client.segments) };
  },
};

/** Who closed first, or reset it, and the other; or, of the second FIN, who sent that. */
function namesOf({ closer, clientIndex }: Flawless, fin: 0 | 1 = 0): ['client', 'server'] | ['server', 'client'] {
  return (closer === clientIndex) === (fin === 0) ? ['client', 'server'] : ['server', 'client'];
}

/** A wave of the first or the second FIN that was lost. */
function tellLoss(flawless: Flawless, fin: 0 | 1, loss: FlawlessFin['lossOfFin']): Told {
  const [sender, receiver] = namesOf(flawless, fin);
  return { frames: loss.frames, message: () => lossMessage(sender, receiver, loss) };
}

/** Whether findings of that code can be told of a flawless connection. */
export function isTellable({ code }: Finding): boolean {
  return Object.hasOwn(TELLERS, code);
}

/** A finding as another connection of the same kind has it, told of this one. */
export function tellFinding({ code }: Finding, flawless: Flawless): Told {
  return TELLERS[code](flawless);
}
