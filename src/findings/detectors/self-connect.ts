import type { Detector } from '../detector.ts';

export const selfConnect: Detector = {
  entry: {
    code: 'self-connect',
    category: 'handshake',
    severity: 'warning',
    title: 'A socket connected to itself',
    meaning:
      'Source and destination are the same address and port: one socket is both ends, and reads back what it writes. The program believes that it reached a server.',
    cause:
      'connect() to a local port in the ephemeral range on which nobody listens, tried again and again until the kernel happens to choose that very port as the source: a simultaneous open with itself.',
    hint: 'Compare getsockname() with getpeername() after connect() and close if they are equal; keep service ports out of net.ipv4.ip_local_port_range (net.ipv4.ip_local_reserved_ports).',
    source: 'RFC 9293 §3.5, figure 7; Linux __inet_hash_connect()',
  },
  detect(connection) {
    if (!connection.isSelfConnect || !connection.client.sentBeyondSyn) return null;
    return {
      at: 'client',
      frames: [connection.firstFrame],
      message: `Port ${connection.ports[0]} is source and destination of every segment from frame ${connection.firstFrame} on: the socket is connected to itself.`,
    };
  },
};
