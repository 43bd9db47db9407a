import type { Detector } from '../detector.ts';
import { detectLostWave, LOST_FIN_CAUSE, LOST_WAVE_SOURCE } from '../lost-wave.ts';

export const teardownW1Lost: Detector = {
  entry: {
    code: 'teardown-w1-lost',
    category: 'teardown',
    severity: 'note',
    title: 'Wave 1 of the close was lost: the first FIN',
    meaning:
      'The first FIN was captured but did not reach the other end; until it was repeated, the sender stayed in FIN_WAIT_1 and the other end in ESTABLISHED.',
    cause: LOST_FIN_CAUSE,
    hint: 'The close was late by one retransmission time-out (at least 200 ms on Linux), no more. If it happens often, look for loss between the capture point and the receiver: nstat on both hosts (TcpRetransSegs), queue drops on the switches.',
    source: LOST_WAVE_SOURCE,
  },
  detect: (connection) => detectLostWave(connection, 1),
};
