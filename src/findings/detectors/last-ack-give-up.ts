import { type Sentence, say } from '../../base/sentence.ts';
import type { Moment } from '../../flow/history.ts';
import { goesOnFor, isOneWay } from '../../flow/settle.ts';
import type { End } from '../../flow/vocabulary.ts';
import { frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { count, duration, endName } from '../words.ts';

export const lastAckGiveUp: Detector = {
  entry: {
    code: 'last-ack-give-up',
    category: 'teardown',
    severity: 'warning',
    title: 'An end gave up waiting for the final ACK',
    meaning:
      'The repeats of the second FIN stopped although it was never acknowledged: the kernel dropped the connection from LAST_ACK.',
    cause:
      'The socket was closed, so it is an orphan whose repeats are limited; the other host did not answer them, or its answers were lost.',
    hint: 'Find out why the other end fell silent (see final-ack-missing). On Linux net.ipv4.tcp_orphan_retries sets the number of repeats (0 means 8), and TCP_USER_TIMEOUT limits their time.',
    source: 'Linux tcp_write_timeout(), tcp_orphan_retries(); RFC 9293 §3.8.3; RFC 5482',
  },
  detect(connection) {
    const { secondFinIndex: index } = connection;
    if (index === -1 || connection.isSelfConnect || connection.closingReset !== null || isOneWay(connection))
      return null;
    const me = connection.ends[index];
    const copies = me.finCopies;
    if (copies.length < 3 || me.state !== 'LAST_ACK') return null;
    const last = copies[copies.length - 1];
    if (me.lastSentNanos > last.timeNanos) return null;
    const intervalNanos = last.timeNanos - copies[copies.length - 2].timeNanos;
    if (!goesOnFor(connection, last.timeNanos, 2 * intervalNanos + connection.rtoNanos)) return null;
    const name = endName(connection, index);
    const message = (doubt?: string): Sentence =>
      lastGivenUpMessage(name, copies, connection.finRetransmissions[index], connection.observedUntilNanos, doubt);
    const frames = copies.map((copy) => copy.frame);
    if (me.awaitsRepeatAck || me.lastCover === null) return { at: name, frames, message };
    const doubt = `, unless the last ACK (frame ${me.lastCover.frame}) arrived, unlike those before it`;
    return { at: name, frames: [...frames, me.lastCover.frame], message: () => message(doubt), severity: 'note' };
  },
};

/** Who gave up, the copies of its FIN, of which there are at least two, how often it was repeated, and until when nothing followed. */
export function lastGivenUpMessage(
  name: End,
  copies: readonly Moment[],
  repeats: number,
  untilNanos: number,
  doubt = '',
): Sentence {
  const [before, last] = copies.slice(-2);
  const interval = duration(last.timeNanos - before.timeNanos);
  return say`The ${name} sent its FIN in ${frameList(copies)}, the last ${interval} after the one before, and then nothing for ${duration(untilNanos - last.timeNanos)}: it gave up in LAST_ACK after ${count(repeats, 'repeat')}${doubt}.`;
}
