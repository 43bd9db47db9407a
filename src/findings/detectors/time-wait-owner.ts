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
    hint: 'It costs a tuple and a little memory for 60 s on Linux (fixed; not tcp_fin_timeout). If ports run out on a host that opens many connections, keep connections open longer, let the other end close first, or widen net.ipv4.ip_local_port_range; net.ipv4.tcp_tw_reuse helps the end that connects only.',
    source: 'RFC 9293 §3.6.1; RFC 6191; Linux tcp_time_wait(), TCP_TIMEWAIT_LEN',
  },
  detect(connection) {
    const [a, b] = connection.ends;
    const isA = a.history.passedThrough('TIME_WAIT');
    const isB = b !== a && b.history.passedThrough('TIME_WAIT');
    if (!isA && !isB) return null;
    const keptFor = duration(connection.options.timeWaitNanos);
    if (isA && isB) {
      const frames = [...entryFrames(a.history.entries), ...entryFrames(b.history.entries)];
      return { at: 'path', frames, message: `Both ends closed and keep the tuple in TIME_WAIT for ${keptFor}.` };
    }
    const index = isA ? 0 : 1;
    const name = endName(connection, index);
    const frames = entryFrames(connection.ends[index].history.entries);
    return {
      at: name,
      frames,
      message: `The ${name} closed first and keeps the tuple in TIME_WAIT for ${keptFor} from frame ${frames[0]} on.`,
    };
  },
};

function entryFrames(entries: readonly { state: string; frame: number; withdrawnFrame: number }[]): number[] {
  const entry = entries.find(({ state, withdrawnFrame }) => state === 'TIME_WAIT' && withdrawnFrame === 0);
  return entry === undefined ? [] : [entry.frame];
}
