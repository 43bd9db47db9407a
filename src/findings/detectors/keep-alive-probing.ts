import type { Detector } from '../detector.ts';
import { leadingEnd } from '../leading-end.ts';
import { duration, endName, times } from '../words.ts';

export const keepAliveProbing: Detector = {
  entry: {
    code: 'keep-alive-probing',
    category: 'data',
    severity: 'note',
    title: 'An idle connection was probed for life',
    meaning:
      'An end sent keep-alives: segments with an old sequence number that carry nothing new and make the other end answer.',
    cause: 'SO_KEEPALIVE is set on the socket, and the connection was idle for TCP_KEEPIDLE seconds.',
    hint: 'Nothing is wrong as long as they are answered; ss -tno shows when the next is due, timer:(keepalive,...). Their timing is TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT, or net.ipv4.tcp_keepalive_time, _intvl and _probes; to keep a firewall entry alive the idle time must be shorter than its time-out.',
    source: 'RFC 9293 §3.8.4; RFC 1122 §4.2.3.6; Linux tcp_keepalive_timer()',
  },
  detect(connection) {
    const index = leadingEnd(connection, (each) => connection.ends[each].keepAlives?.count ?? 0);
    const probes = connection.ends[index].keepAlives;
    if (probes === null) return null;
    const name = endName(connection, index);
    const other = name === 'client' ? 'server' : 'client';
    const interval = (probes.lastNanos - probes.firstNanos) / (probes.count - 1);
    const rhythm = probes.count > 1 ? `, every ${duration(interval)} on average` : '';
    const isAnswered = connection.ends[1 - index].lastSentNanos >= probes.lastNanos;
    return {
      at: name,
      frames: probes.frames,
      message: `The ${name} sent a keep-alive ${times(probes.count)}${rhythm}; the last one was ${isAnswered ? 'answered' : `not answered by the ${other}`}.`,
    };
  },
};
