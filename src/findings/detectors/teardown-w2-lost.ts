import type { Detector } from '../detector.ts';
import { detectLostWave, LOST_ACK_CAUSE, LOST_WAVE_SOURCE } from '../lost-wave.ts';

export const teardownW2Lost: Detector = {
  entry: {
    code: 'teardown-w2-lost',
    category: 'teardown',
    severity: 'note',
    title: 'Wave 2 of the close was lost: the ACK of the first FIN',
    meaning:
      'The first FIN arrived and was acknowledged, but the ACK did not reach the sender, which stayed in FIN_WAIT_1 and repeated its FIN while the other end was already in CLOSE_WAIT.',
    cause: LOST_ACK_CAUSE,
    hint: 'No data is at stake. If it happens often, look for loss on the way back to the end that closed first, on the side of the capture point that the message names. Until the repeat is answered ss -tno state fin-wait-1 shows the socket with its timer.',
    source: LOST_WAVE_SOURCE,
  },
  detect: (connection) => detectLostWave(connection, 2),
};
