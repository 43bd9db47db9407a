import type { Segment } from '../../flow/segment.ts';
import { TcpFlag, TcpOption } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { list } from '../words.ts';

export const synOptionFallback: Detector = {
  entry: {
    code: 'syn-option-fallback',
    category: 'handshake',
    severity: 'note',
    title: 'The client asked for less when it repeated its SYN',
    meaning:
      'A repeated SYN leaves out options that the first one offered: the client suspects that something on the path drops SYNs because of them. The connection does without them for all its life.',
    cause:
      'The fallback is built into the client: ECN and Fast Open go first on Linux, window scale, SACK and timestamps on Windows. The SYNs before were lost, dropped by a full listener, or dropped by an old firewall because of the option.',
    hint: 'If it happens to most connections on a path, look for the device that drops SYNs with these options; without window scale a fast long path stays slow.',
    source: 'RFC 3168 §6.1.1.1; RFC 7323 §2; RFC 7413 §4.1.3.1',
  },
  detect(connection) {
    const [first, ...others] = connection.client.synCopies;
    if (first === undefined || !connection.client.sentBareSyn || connection.client.sentSynAck) return null;
    for (const copy of others) {
      const dropped = droppedOf(first, copy);
      if (dropped.length === 0) continue;
      return {
        at: 'client',
        frames: [first.frame, copy.frame],
        message: `The SYN in frame ${copy.frame} leaves out ${list(dropped)}, which the first one in frame ${first.frame} offered.`,
      };
    }
    return null;
  },
};

const OPTION_NAMES: readonly (readonly [bit: number, name: string])[] = [
  [TcpOption.MSS, 'the maximum segment size'],
  [TcpOption.WINDOW_SCALE, 'window scale'],
  [TcpOption.SACK_PERMITTED, 'SACK'],
  [TcpOption.TIMESTAMPS, 'timestamps'],
  [TcpOption.FAST_OPEN, 'Fast Open'],
];
const UNREADABLE = TcpOption.CUT | TcpOption.MALFORMED;
const ECN = TcpFlag.ECE | TcpFlag.CWR;

function droppedOf(first: Segment, copy: Segment): string[] {
  if (((first.options | copy.options) & UNREADABLE) !== 0) return [];
  const gone = first.options & ~copy.options;
  const hasEcn = (copy.flags & ECN) === ECN || (first.flags & ECN) !== ECN;
  if (gone === 0 && hasEcn) return [];
  const names = OPTION_NAMES.filter(([bit]) => (gone & bit) !== 0).map(([, name]) => name);
  if (!hasEcn) names.push('ECN');
  return names;
}
