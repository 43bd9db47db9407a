import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const truncatedHeader: Detector = {
  entry: {
    code: 'truncated-header',
    category: 'capture',
    severity: 'note',
    title: 'The capture cut TCP headers',
    meaning:
      'The snap length was so small that part of the TCP header is missing: options such as window scale, SACK and time stamps are unknown, so evidence that rests on them is, too.',
    cause:
      'The capture was made with a small snap length (tcpdump -s), often 64 or 68 octets, or by a device that exports only the first octets.',
    hint: 'Capture at least 128 octets of each packet (tcpdump -s 128), more when there are tunnels or IPv6.',
    source: 'RFC 9293 §3.1 and §3.2: 20 octets of header and up to 40 of options',
  },
  detect(connection) {
    const { truncatedHeaders, truncatedFrames, segmentCount } = connection;
    if (truncatedHeaders === 0) return null;
    return {
      at: 'capture',
      frames: truncatedFrames,
      message: `${count(truncatedHeaders, 'TCP header')} of ${segmentCount} ${truncatedHeaders === 1 ? 'was' : 'were'} cut by the snap length.`,
    };
  },
};
