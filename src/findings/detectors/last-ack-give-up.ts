import { goesOnFor } from '../../flow/settle.ts';
import { findUncoveredFin, frameList } from '../close.ts';
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
      'The socket was closed, so it is an orphan whose repeats are limited; the other host or the path did not answer any of them.',
    hint: 'Find out why the other end fell silent (see final-ack-missing). On Linux net.ipv4.tcp_orphan_retries sets the number of repeats (0 means 8), and TCP_USER_TIMEOUT limits their time.',
    source: 'Linux tcp_write_timeout(), tcp_orphan_retries(); RFC 9293 §3.8.3; RFC 5482',
  },
  detect(connection) {
    const fin = findUncoveredFin(connection);
    if (fin === null || fin.copies.length < 3 || connection.closingReset !== null) return null;
    const me = connection.ends[fin.index];
    if (me.state !== 'LAST_ACK' || me.lastSentNanos > fin.last.timeNanos) return null;
    const intervalNanos = fin.last.timeNanos - fin.copies[fin.copies.length - 2].timeNanos;
    if (!goesOnFor(connection, fin.last.timeNanos, 2 * intervalNanos + connection.rtoNanos)) return null;
    const name = endName(connection, fin.index);
    const silence = duration(connection.observedUntilNanos - fin.last.timeNanos);
    return {
      at: name,
      frames: fin.copies.map((copy) => copy.frame),
      message: `The ${name} sent its FIN in ${frameList(fin.copies)}, the last ${duration(intervalNanos)} after the one before, and then nothing for ${silence}: it gave up in LAST_ACK after ${count(connection.finRetransmissions[fin.index], 'repeat')}.`,
    };
  },
};
