import type { Detector } from '../detector.ts';
import { detectLostWave, LOST_ACK_CAUSE, LOST_WAVE_SOURCE } from '../lost-wave.ts';

export const teardownW4Lost: Detector = {
  entry: {
    code: 'teardown-w4-lost',
    category: 'teardown',
    severity: 'note',
    title: 'Wave 4 of the close was lost: the final ACK',
    meaning:
      'The second FIN arrived and was acknowledged, but the final ACK did not reach its sender, which stayed in LAST_ACK and repeated its FIN; TIME_WAIT on the other side exists to answer that repeat.',
    cause: LOST_ACK_CAUSE,
    hint: 'Nothing is wrong as long as TIME_WAIT answers. Shortening or skipping TIME_WAIT on the end that closed first would turn such a repeat into a reset.',
    source: LOST_WAVE_SOURCE,
  },
  detect: (connection) => detectLostWave(connection, 4),
};
