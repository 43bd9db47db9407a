import type { Detector, Evidence } from '../detector.ts';
import { type ClosingReset, closingReset, hasPayload, latestBefore } from '../resets.ts';
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
    const isSilent = me.payloadBytes === 0 && peer.payloadBytes === 0;
    if (isSilent && name === 'server') return null;
    const other = name === 'client' ? 'server' : 'client';
    const age = timeNanos - connection.firstNanos;
    return {
      at: name,
      frames: [frame],
      message: `The ${name} reset the open connection in frame ${frame} without a FIN of its own, ${duration(age)} after it began (${count(me.uniquePayloadBytes, 'octet')} from the ${name}, ${peer.uniquePayloadBytes} from the ${other}).`,
      ...rankCauses(closing, isSilent, isTimeout, connection.isMidstream, name === 'client'),
    };
  },
};

/** The causes, the likelier first. */
function rankCauses(
  { reset, me, peer }: ClosingReset,
  isSilent: boolean,
  isTimeout: boolean,
  isMidstream: boolean,
  isClient: boolean,
): Pick<Evidence, 'cause' | 'hint' | 'severity'> {
  if (isTimeout) {
    return {
      cause: `Its ${count(reset.unansweredProbes, 'latest segment')} went unanswered: most likely the kernel gave up (TCP_USER_TIMEOUT, or the retry limit of stacks that reset when they give up); the reset itself was probably lost, too.`,
      hint: 'Find out why the other end fell silent: host down, path broken, firewall state lost. The time limits are TCP_USER_TIMEOUT and net.ipv4.tcp_retries2.',
    };
  }
  if (isSilent && !isMidstream) {
    return {
      severity: 'note',
      cause:
        'No data in either direction: a health check, port test or scan that ends its connection with SO_LINGER and time-out 0.',
      hint: 'If the client is no health check, look for SO_LINGER in its code.',
    };
  }
  const { timeNanos } = reset.segment;
  const theirs = latestBefore(peer, timeNanos, hasPayload);
  const mine = latestBefore(me, timeNanos, hasPayload);
  if (peer.payloadBytes === 0 && !isMidstream) {
    return {
      cause: `Most likely SO_LINGER with time-out 0: the other end had sent nothing that could be unread. Otherwise the runtime aborts on purpose (a cancelled request, a killed process); ${UNDECIDABLE}.`,
    };
  }
  if (theirs !== undefined && (mine === undefined || mine.timeNanos < theirs.timeNanos)) {
    const since = duration(timeNanos - theirs.timeNanos);
    if (isClient) {
      return {
        cause: `close(), or the end of the process, with some of the latest ${count(theirs.payloadBytes, 'octet')} unread, which had come ${since} before; or SO_LINGER with time-out 0; ${UNDECIDABLE}.`,
      };
    }
    return {
      cause: `Most likely close(), or the end of the process, with unread data: ${count(theirs.payloadBytes, 'octet')} had come ${since} before and were not answered. Otherwise SO_LINGER with time-out 0; ${UNDECIDABLE}.`,
    };
  }
  return {
    cause: `SO_LINGER with time-out 0, or close() with data that was unread although the last word was its own; ${UNDECIDABLE}.`,
  };
}
