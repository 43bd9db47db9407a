import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const timeWaitAssassination: Detector = {
  entry: {
    code: 'time-wait-assassination',
    category: 'reuse',
    severity: 'warning',
    title: 'A reset cut TIME_WAIT short',
    meaning:
      'A reset reached an end in TIME_WAIT and ended that state before its time; old segments of this connection could now enter a new one on the same tuple.',
    cause:
      'An old duplicate arrived in TIME_WAIT and was acknowledged; the other host had no connection any more and answered that ACK with a reset. Or the other program closed with a reset after both FINs (SO_LINGER 0, unread data).',
    hint: 'On Linux net.ipv4.tcp_rfc1337=1 makes TIME_WAIT ignore resets. The close itself was complete: no data is lost.',
    source: 'RFC 1337; RFC 9293 §3.10.7.4; Linux tcp_timewait_state_process(), sysctl tcp_rfc1337',
  },
  detect(connection) {
    for (const { segment, receiverState, verdict, isWithdrawn, provoking } of connection.resets) {
      if (receiverState !== 'TIME_WAIT' || verdict !== 'accepted' || isWithdrawn) continue;
      const index = segment.from === 0 ? 1 : 0;
      const standing = connection.ends[index].history.entries.filter((entry) => entry.withdrawnFrame === 0);
      const at = standing.findIndex((entry) => entry.state === 'CLOSED' && entry.frame === segment.frame);
      const before = standing[at - 1];
      if (before?.state !== 'TIME_WAIT') continue;
      const ageNanos = segment.timeNanos - before.timeNanos;
      if (ageNanos >= connection.options.timeWaitNanos) continue;
      const name = endName(connection, index);
      const other = endName(connection, segment.from);
      const answer = provoking === null ? '' : `, the answer to frame ${provoking.frame},`;
      const frames = [before.frame, segment.frame];
      if (provoking !== null) frames.push(provoking.frame);
      return {
        at: name,
        frames,
        message: `The ${other}'s reset in frame ${segment.frame}${answer} met the ${name} after ${duration(ageNanos)} in TIME_WAIT, which would last ${duration(connection.options.timeWaitNanos)}.`,
      };
    }
    return null;
  },
};
