import { type Sentence, say } from '../../base/sentence.ts';
import type { HistoryEntry } from '../../flow/history.ts';
import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const timeWaitOwner: Detector = {
  entry: {
    code: 'time-wait-owner',
    category: 'teardown',
    severity: 'info',
    title: 'Which end pays TIME_WAIT',
    meaning:
      'The end that closed first keeps the tuple in TIME_WAIT, so that it can answer a repeated FIN and no old segment reaches a new connection.',
    cause: 'That end called close() or shutdown() first; with a simultaneous close both ends pay.',
    hint: 'It costs a tuple and a little memory for 60 s on Linux (fixed; not tcp_fin_timeout); ss -tan state time-wait lists them. If ports run out on a host that opens many connections, keep connections open longer, let the other end close first, or widen net.ipv4.ip_local_port_range; net.ipv4.tcp_tw_reuse helps the end that connects only.',
    source: 'RFC 9293 §3.6.1; RFC 6191; Linux tcp_time_wait(), TCP_TIMEWAIT_LEN',
  },
  detect(connection) {
    const [a, b] = connection.ends;
    const stayA = findStay(a.history.entries);
    const stayB = b === a ? null : findStay(b.history.entries);
    const stay = stayA ?? stayB;
    if (stay === null) return null;
    if (stayA !== null && stayB !== null) {
      const message = (): Sentence => staysMessage(connection.options.timeWaitNanos);
      return { at: 'path', frames: [stayA.frame, stayB.frame], message };
    }
    const index = stayA === null ? 1 : 0;
    const name = endName(connection, index);
    const message = (): string => {
      const isFirst = connection.verdict.closedFirst === name;
      if (stay.cutNanos === null)
        return stayInFull(name, connection.options.timeWaitNanos, isFirst).join(`${stay.frame}`);
      return cutShortMessage(name, stay.cutNanos, stay.frame, stay.cutFrame, isFirst);
    };
    return { at: name, frames: [stay.frame], message };
  },
};

/** What is said if both ends are in TIME_WAIT. */
export function staysMessage(timeWaitNanos: number): Sentence {
  return say`Both ends closed of their own accord and keep the tuple in TIME_WAIT, each for ${duration(timeWaitNanos)}.`;
}

/** What is said of a TIME_WAIT that nothing cuts short: before and behind the number of the frame that it begins with. */
export function stayInFull(name: string, timeWaitNanos: number, isFirst = true): [before: string, behind: string] {
  const closes = isFirst ? 'closed first and ' : '';
  return [`The ${name} ${closes}keeps the tuple in TIME_WAIT for ${duration(timeWaitNanos)} from frame `, ' on.'];
}

/** What is said of a TIME_WAIT that something ended before its time: how long it lasted, and from which frame to which. */
export function cutShortMessage(name: string, nanos: number, frame: number, cutFrame: number, isFirst = true): string {
  const span = `from frame ${frame} to frame ${cutFrame}`;
  return `The ${name} ${isFirst ? 'closed first and ' : ''}kept the tuple in TIME_WAIT for ${duration(nanos)} only (${span}).`;
}

/** The standing TIME_WAIT of a history; `cutNanos` is how long it lasted if something ended it before its time. */
function findStay(
  entries: readonly HistoryEntry[],
): { frame: number; cutNanos: number | null; cutFrame: number } | null {
  let stay: HistoryEntry | null = null;
  for (const entry of entries) {
    if (entry.withdrawnFrame !== 0) continue;
    if (stay !== null && entry.basis !== 'timer') {
      return { frame: stay.frame, cutNanos: entry.timeNanos - stay.timeNanos, cutFrame: entry.frame };
    }
    if (entry.state === 'TIME_WAIT') stay = entry;
  }
  return stay === null ? null : { frame: stay.frame, cutNanos: null, cutFrame: 0 };
}
