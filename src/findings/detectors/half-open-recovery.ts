import type { Detector } from '../detector.ts';
import { duration, endName } from '../words.ts';

export const halfOpenRecovery: Detector = {
  entry: {
    code: 'half-open-recovery',
    category: 'handshake',
    severity: 'warning',
    title: 'Came back after losing the old connection',
    meaning:
      'A SYN hit a connection that the other end still held open. The other end answered with its old numbers, the opener reset what it no longer knew, and could then connect anew.',
    cause:
      'The host of the opener crashed or rebooted, or its connection was dropped without a FIN, and the same port was chosen again; the other end had not noticed.',
    hint: 'Look for a restart of the opener (uptime, journalctl --list-boots) or a socket that its program closed with no way to the other end. On the other end keep-alives (SO_KEEPALIVE) or TCP_USER_TIMEOUT find dead peers before they come back.',
    source: 'RFC 9293 §3.5.1, figure 9; RFC 5961 §4.2',
  },
  detect(connection) {
    if (!connection.isRecovery) return null;
    const old = connection.predecessor;
    const { client } = connection;
    const [syn] = client.synCopies;
    if (syn === undefined) return null;
    const reset = connection.foreignReset ?? old?.closingReset?.segment ?? null;
    const challenge = connection.foreignAck ?? old?.challengeAcks.at(-1) ?? null;
    const silence = old ? syn.timeNanos - lastOf(old.ends[syn.from].recent, syn.timeNanos) : 0;
    const name = endName(connection, syn.from);
    const other = name === 'client' ? 'server' : 'client';
    return {
      at: name,
      frames: [syn.frame, ...(challenge ? [challenge.frame] : []), ...(reset ? [reset.frame] : [])],
      message: `The ${name}'s SYN in frame ${syn.frame} met a connection that the ${other} still held${silence > 0 ? `, ${duration(silence)} after the ${name} had last used it` : ''}; the ${name} reset the old one${reset ? ` in frame ${reset.frame}` : ''}.`,
    };
  },
};

function lastOf(recent: readonly { readonly timeNanos: number }[], beforeNanos: number): number {
  return recent.findLast((segment) => segment.timeNanos < beforeNanos)?.timeNanos ?? beforeNanos;
}
