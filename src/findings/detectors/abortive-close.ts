import { type Sentence, say } from '../../base/sentence.ts';
import type { Flawless } from '../../flow/flawless.ts';
import type { End } from '../../flow/vocabulary.ts';
import type { Detector, Evidence } from '../detector.ts';
import { closingReset, hasPayload, latestBefore } from '../resets.ts';
import { count, duration, endName } from '../words.ts';
import { isResetUnheard } from './listener-closed-unaccepted.ts';
import { isDoubted } from './rst-injection-suspected.ts';

const UNDECIDABLE = 'the packets cannot tell these apart for certain';

export const abortiveClose: Detector = {
  entry: {
    code: 'abortive-close',
    category: 'reset',
    severity: 'warning',
    title: 'Closed by a reset instead of a FIN',
    meaning:
      'An end that still had the connection dropped it by a reset of its own accord, without a FIN: what it had not sent yet, and what the other end had not read yet, is lost.',
    cause: `close() with unread data in the receive buffer, SO_LINGER with time-out 0, or a process that was killed with unread data; ${UNDECIDABLE}.`,
    hint: 'Read everything before close(), or shutdown(SHUT_WR) and read to the end; look for SO_LINGER in the code of that end. On Linux nstat tells the causes apart: TcpExtTCPAbortOnClose counts close() with unread data, TcpExtTCPAbortOnData SO_LINGER with time-out 0.',
    source: 'RFC 9293 §3.10.5; RFC 2525 §2.17; Linux tcp_close() and tcp_disconnect()',
  },
  detect(connection) {
    const closing = closingReset(connection);
    if (closing === null || closing.reset.shape !== 'active') return null;
    const { reset, me, peer } = closing;
    if (isResetUnheard(connection)) return null;
    if (me.fin !== -1 || isDoubted(connection, reset.segment)) return null;
    const isTimeout = reset.verdict === 'not-delivered';
    if (isTimeout && me.lastProbe !== null) return null;
    const { frame, from, timeNanos } = reset.segment;
    const name = endName(connection, from);
    const isPeerSilent = peer.payloadBytes === 0;
    const isSilent = me.payloadBytes === 0 && isPeerSilent;
    if (isSilent && name === 'server') return null;
    const theirs = latestBefore(peer, timeNanos, hasPayload);
    const mine = latestBefore(me, timeNanos, hasPayload);
    const isUnanswered = theirs !== undefined && (mine === undefined || mine.timeNanos < theirs.timeNanos);
    const abort: Abort = {
      name,
      frame,
      ageNanos: timeNanos - connection.firstNanos,
      payloadBytes: me.uniquePayloadBytes,
      peerPayloadBytes: peer.uniquePayloadBytes,
      isSilent,
      isPeerSilent,
      unansweredBytes: isUnanswered ? theirs.payloadBytes : 0,
      unansweredNanos: isUnanswered ? timeNanos - theirs.timeNanos : 0,
    };
    const causes = isTimeout ? causesOfTimeout(reset.unansweredProbes) : causesOf(abort, connection.isMidstream);
    return { at: name, frames: [frame], message: () => messageOf(abort), ...causes };
  },
};

/** What there is to say of an abort, and what its likely causes hang on. */
export interface Abort {
  /** Who reset it, and the frame. */
  readonly name: End;
  readonly frame: number;
  /** How long after the first segment, nanoseconds. */
  readonly ageNanos: number;
  /** Octets that each had sent, repeats not counted. */
  readonly payloadBytes: number;
  readonly peerPayloadBytes: number;
  /** Whether neither end had sent any data, and whether the other had not. */
  readonly isSilent: boolean;
  readonly isPeerSilent: boolean;
  /** The latest data of the other end, unless some of its own came behind it: octets (0 if none), and how long before. */
  readonly unansweredBytes: number;
  readonly unansweredNanos: number;
}

/** The same of a connection that is flawless. */
export function abortOf(flawless: Flawless): Abort {
  const { clientIndex, closer, closingEnd: me, otherEnd: peer, reset, syn, unansweredNanos } = flawless;
  return {
    name: closer === clientIndex ? 'client' : 'server',
    frame: reset.frame,
    ageNanos: reset.timeNanos - syn.timeNanos,
    payloadBytes: me.uniquePayloadBytes,
    peerPayloadBytes: peer.uniquePayloadBytes,
    isSilent: me.payloadBytes === 0 && peer.payloadBytes === 0,
    isPeerSilent: peer.payloadBytes === 0,
    unansweredBytes: Number.isNaN(unansweredNanos) ? 0 : peer.dataBytes,
    unansweredNanos,
  };
}

export function messageOf({ name, frame, ageNanos, payloadBytes, peerPayloadBytes }: Abort): Sentence {
  const other = name === 'client' ? 'server' : 'client';
  const sent = say`${count(payloadBytes, 'octet')} from the ${name}, ${peerPayloadBytes} from the ${other}`;
  return say`The ${name} reset the open connection in frame ${frame} without a FIN of its own, ${duration(ageNanos)} after it began (${sent}).`;
}

type Causes = { readonly cause: string | Sentence } & Pick<Evidence, 'hint' | 'severity'>;

function causesOfTimeout(unansweredProbes: number): Causes {
  return {
    cause: `Its ${count(unansweredProbes, 'latest segment')} went unanswered: most likely the kernel gave up (TCP_USER_TIMEOUT, or the retry limit of stacks that reset when they give up); the reset itself was probably lost, too.`,
    hint: 'Find out why the other end fell silent: host down, path broken, firewall state lost. The time limits are TCP_USER_TIMEOUT and net.ipv4.tcp_retries2.',
  };
}

/** The causes, the likelier first. */
export function causesOf(abort: Abort, isMidstream = false): Causes {
  if (abort.isSilent && !isMidstream) {
    return {
      severity: 'note',
      cause: say`No data in either direction: a health check, port test or scan that ends its connection with SO_LINGER and time-out 0.`,
      hint: 'If the client is no health check, look for SO_LINGER in its code.',
    };
  }
  if (abort.isPeerSilent && !isMidstream) {
    return {
      cause: say`Most likely SO_LINGER with time-out 0: the other end had sent nothing that could be unread. Otherwise the runtime aborts on purpose (a cancelled request, a killed process); ${UNDECIDABLE}.`,
    };
  }
  if (abort.unansweredBytes > 0) {
    const since = duration(abort.unansweredNanos);
    const data = count(abort.unansweredBytes, 'octet');
    if (abort.name === 'client') {
      return {
        cause: say`close(), or the end of the process, with some of the latest ${data} unread, which had come ${since} before; or SO_LINGER with time-out 0; ${UNDECIDABLE}.`,
      };
    }
    return {
      cause: say`Most likely close(), or the end of the process, with unread data: ${data} had come ${since} before and were not answered. Otherwise SO_LINGER with time-out 0; ${UNDECIDABLE}.`,
    };
  }
  return {
    cause: say`SO_LINGER with time-out 0, or close() with data that was unread although the last word was its own; ${UNDECIDABLE}.`,
  };
}
