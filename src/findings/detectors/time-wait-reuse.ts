import { type Sentence, say } from '../../base/sentence.ts';
import type { EndTrack } from '../../flow/end.ts';
import type { End } from '../../flow/vocabulary.ts';
import { seqAdd, seqDiff } from '../../tcp/seq.ts';
import type { Detector } from '../detector.ts';
import { clientFirst } from '../leading-end.ts';
import { duration, endName } from '../words.ts';

/** Linux starts the new connection this far behind the old one (tcp_twsk_unique(), tcp_timewait_state_process()). */
const LINUX_RECYCLING_STEP = 65_537;

export const timeWaitReuse: Detector = {
  entry: {
    code: 'time-wait-reuse',
    category: 'reuse',
    severity: 'info',
    title: 'A new connection took over a tuple from TIME_WAIT',
    meaning:
      'The same addresses and ports were used again while an end still kept the old connection in TIME_WAIT; the new SYN ended that state early.',
    cause:
      'The connecting host ran out of other ports or chose the same one again (bind() to a fixed port, net.ipv4.tcp_tw_reuse); the SYN had a higher number or time stamp than the old connection, so it was safe to accept.',
    hint: 'Nothing is wrong. Many of them mean that one client opens connections to one address faster than TIME_WAIT passes: reuse connections, or use more source addresses or ports (net.ipv4.ip_local_port_range). nstat TcpExtTWRecycled counts those of the connecting host.',
    source: 'RFC 9293 §3.6.1, §3.10.7.4; RFC 6191; Linux tcp_timewait_state_process(), tcp_twsk_unique()',
  },
  detect(connection) {
    const old = connection.predecessor;
    if (old === null || connection.synFrame === 0) return null;
    for (const index of clientFirst(connection)) {
      const owner = old.ends[index];
      const since = timeWaitUntil(owner, connection.firstFrame);
      if (since === null) continue;
      for (const copy of old.ends[1 - index].finCopies) since.nanos = Math.max(since.nanos, copy.timeNanos);
      const me = connection.ends[index];
      const isAccepted = index === connection.clientIndex || me.sentSynAck;
      const ageNanos = connection.firstNanos - since.nanos;
      if (!isAccepted || ageNanos < 0 || ageNanos >= old.options.timeWaitNanos) continue;
      const isRecycled = me.isn !== -1 && isLinuxStep(owner.nxt, me.isn);
      const frames = [since.frame, connection.firstFrame];
      if (connection.synAckFrame !== 0) frames.push(connection.synAckFrame);
      const name = endName(connection, index);
      return {
        at: name,
        frames,
        message: () => reuseMessage(name, connection.firstFrame, ageNanos, since.frame, isRecycled),
      };
    }
    return null;
  },
};

/** Whether a connection begins with the number that Linux chooses behind the last one of the old connection. */
export function isLinuxStep(oldNext: number, isn: number): boolean {
  return seqDiff(isn, seqAdd(oldNext, LINUX_RECYCLING_STEP)) === 0;
}

/** Who had TIME_WAIT, the SYN and how long after that began it came, where it began, and whether Linux did it. */
export function reuseMessage(
  name: End,
  frame: number,
  ageNanos: number,
  sinceFrame: number,
  isLinux: boolean,
): Sentence {
  const linux = isLinux ? ' Its new number, the old one plus 65537, is the mark of Linux.' : '';
  return say`The SYN in frame ${frame} opened the tuple anew ${duration(ageNanos)} after the ${name} had entered TIME_WAIT with the connection before (frame ${sinceFrame}).${linux}`;
}

/** Where an end entered the TIME_WAIT that it was in when the SYN of frame `synFrame` came; null if it was not. */
function timeWaitUntil(end: EndTrack, synFrame: number): { frame: number; nanos: number } | null {
  const standing = end.history.entries.filter((entry) => entry.withdrawnFrame === 0);
  let last = standing.pop();
  if (last?.state === 'CLOSED' && last.frame === synFrame) last = standing.pop();
  return last?.state === 'TIME_WAIT' ? { frame: last.frame, nanos: last.timeNanos } : null;
}
