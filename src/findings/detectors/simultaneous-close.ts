import type { Detector } from '../detector.ts';

export const simultaneousClose: Detector = {
  entry: {
    code: 'simultaneous-close',
    category: 'teardown',
    severity: 'info',
    title: 'Both ends closed at once',
    meaning: 'Each end sent its FIN before the FIN of the other arrived: both go through CLOSING to TIME_WAIT.',
    cause:
      'Both applications called close() or shutdown(SHUT_WR) within one path delay, often on the same protocol message.',
    hint: 'Nothing is wrong; note that both hosts keep the tuple in TIME_WAIT.',
    source: 'RFC 9293 §3.6, figure 13',
  },
  detect(connection) {
    if (!connection.isCrossingClose) return null;
    const [a, b] = connection.ends;
    if (a.history.passedThrough('FIN_WAIT_2') || b.history.passedThrough('FIN_WAIT_2')) return null;
    const frames = [a.finCopies[0].frame, b.finCopies[0].frame];
    return {
      at: 'path',
      frames,
      message: `The FINs of frames ${Math.min(...frames)} and ${Math.max(...frames)} crossed: each was sent before the other arrived.`,
    };
  },
};
