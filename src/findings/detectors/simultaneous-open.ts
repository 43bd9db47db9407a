import type { Detector } from '../detector.ts';

export const simultaneousOpen: Detector = {
  entry: {
    code: 'simultaneous-open',
    category: 'handshake',
    severity: 'info',
    title: 'Both ends opened at once',
    meaning:
      'Each end sent a SYN before the SYN of the other arrived: both went from SYN_SENT through SYN_RECEIVED to ESTABLISHED, and neither was ever in LISTEN.',
    cause:
      'Both programs called connect() to each other from fixed ports: peer-to-peer hole punching, or two daemons that each insist on dialling.',
    hint: 'Nothing is wrong; only note that no accept() returns for this connection and that "client" and "server" are mere names here.',
    source: 'RFC 9293 §3.5, figure 7',
  },
  detect(connection) {
    if (!connection.isSimultaneousOpen || connection.isSelfConnect) return null;
    const frames = connection.ends.map((end) => end.synCopies[0].frame);
    return {
      at: 'path',
      frames,
      message: `The SYNs of frames ${Math.min(...frames)} and ${Math.max(...frames)} crossed: each was sent before the other arrived.`,
    };
  },
};
