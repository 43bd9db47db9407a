import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { duration, endName, times } from '../words.ts';

export const windowProbe: Detector = {
  entry: {
    code: 'window-probe',
    category: 'data',
    severity: 'info',
    title: 'A closed window was probed',
    meaning:
      'The sender had data for an end whose window was closed, and asked whether it had opened again: the window update might have been lost.',
    cause: 'The persist timer of the sender ran out while the receiver offered no window.',
    hint: 'See zero-window-stall for how long it lasted; the cause is with the program at the receiving end. On the sender ss -tno shows timer:(persist,...), and nstat TcpExtTCPWinProbe counts.',
    source: 'RFC 9293 §3.8.6.1; Linux tcp_send_probe0()',
  },
  detect(connection) {
    const index = leadingEnd(connection, (each) => connection.ends[each].windowProbes?.count ?? 0);
    const probes = connection.ends[index].windowProbes;
    if (probes === null) return null;
    const name = endName(connection, index);
    const other = name === 'client' ? 'server' : 'client';
    const span = probes.count > 1 ? ` within ${duration(probes.lastNanos - probes.firstNanos)}` : '';
    return {
      at: name,
      frames: probes.frames,
      message: `The ${name} probed the closed window of the ${other} ${times(probes.count)}${span}.`,
    };
  },
};
