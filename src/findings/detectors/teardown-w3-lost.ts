import type { Detector } from '../detector.ts';
import { detectLostWave, LOST_FIN_CAUSE, LOST_WAVE_SOURCE } from '../lost-wave.ts';

export const teardownW3Lost: Detector = {
  entry: {
    code: 'teardown-w3-lost',
    category: 'teardown',
    severity: 'note',
    title: 'Wave 3 of the close was lost: the second FIN',
    meaning:
      'The second FIN was captured but did not reach the end that had closed first, which stayed in FIN_WAIT_2 until the FIN was repeated from LAST_ACK.',
    cause: LOST_FIN_CAUSE,
    hint: 'The close was late by one retransmission time-out (at least 200 ms on Linux), no more. If it happens often, look for loss between the capture point and the end that closed first: nstat on both hosts (TcpRetransSegs), queue drops on the switches.',
    source: LOST_WAVE_SOURCE,
  },
  detect: (connection) => detectLostWave(connection, 3),
};
