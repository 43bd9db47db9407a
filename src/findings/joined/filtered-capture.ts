import { type JoinedDetector, keepFrame } from '../joined.ts';
import { count } from '../words.ts';

export const filteredCapture: JoinedDetector = {
  entry: {
    code: 'filtered-capture',
    category: 'capture',
    severity: 'note',
    title: 'Only SYN, FIN and RST were captured',
    meaning:
      'Not one segment without SYN, FIN or RST is in the capture, though sequence and acknowledgment numbers show that there were data and acknowledgments. Nothing is concluded from their absence: findings of loss and silence are left out.',
    cause: 'A capture filter on flags, such as tcpdump "tcp[tcpflags] & (tcp-syn|tcp-fin|tcp-rst) != 0".',
    hint: 'To learn about losses capture without the filter; a short snap length (tcpdump -s 96) keeps the file small as well.',
    source: 'RFC 9293 §3.4: an acknowledgment covers what was sent before it',
  },
  codes: [],
  create(_policy, ordinary) {
    const frames: number[] = [];
    let plain = 0;
    let filtered = 0;
    return {
      take({ connection }) {
        if (plain > 0) return;
        if (connection === null) {
          plain++;
          return;
        }
        if (connection.hasPlainSegments) plain++;
        if (!connection.isFiltered) return;
        filtered++;
        keepFrame(frames, connection.lastFrame);
      },
      minds: ({ connection }) => connection === null || connection.hasPlainSegments || connection.isFiltered,
      finish() {
        if (plain > 0 || ordinary.counts.total > 0 || filtered === 0) return [];
        return [
          {
            at: 'capture',
            frames,
            message: `All segments carry SYN, FIN or RST, though the numbers of ${count(filtered, 'connection')} show that data or acknowledgments passed that are not in the capture.`,
          },
        ];
      },
    };
  },
};
