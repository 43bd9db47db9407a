import type { Detector } from '../detector.ts';
import { count, duration, endName } from '../words.ts';

export const trafficAfterReset: Detector = {
  entry: {
    code: 'traffic-after-reset',
    category: 'reset',
    severity: 'note',
    title: 'An end went on after the reset',
    meaning:
      'The end that was reset still sent on the connection, later than a segment that merely crossed the reset: the reset had not reached it.',
    cause:
      'The reset was lost or filtered behind the capture point, or the end did not accept its number. It sends until its retransmissions are answered by another reset.',
    hint: 'If resets vanish as a rule, look for a firewall that drops them between the capture point and this end: connection tracking calls a reset outside the window invalid (conntrack -S, net.netfilter.nf_conntrack_tcp_be_liberal).',
    source: 'RFC 9293 §3.5.2; RFC 5961 §3.2',
  },
  detect(connection) {
    const reset = connection.closingReset;
    if (reset === null || reset.isWithdrawn || connection.afterResetSegments === 0) return null;
    const { segment } = reset;
    const name = endName(connection, segment.from === 0 ? 1 : 0);
    const last = connection.ends[1 - segment.from].lastSentNanos;
    const answers = connection.rstCopies.filter((copy) => copy.from === segment.from && copy.frame > segment.frame);
    const answered = answers.length === 0 ? '' : `; ${count(answers.length, 'further reset')} answered`;
    return {
      at: name,
      frames: [segment.frame, ...connection.afterResetFrames, ...answers.map((copy) => copy.frame)],
      message: `After the reset in frame ${segment.frame} the ${name} still sent ${count(connection.afterResetSegments, 'segment')}, up to ${duration(last - segment.timeNanos)} later${answered}.`,
    };
  },
};
