import { TcpFlag } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { count, endName } from '../words.ts';

export const invalidFlags: Detector = {
  entry: {
    code: 'invalid-flags',
    category: 'security',
    severity: 'warning',
    title: 'Flags that no TCP sends',
    meaning:
      'Segments carry a set of flags that no implementation sends: none at all, FIN with PSH and URG (Xmas), SYN with FIN or RST, or neither SYN nor RST and no ACK. They change no state and were left out of the analysis.',
    cause:
      'A port scan or an attempt to tell the operating system by its answers (nmap -sN, -sF, -sX, -O), or broken equipment.',
    hint: 'Find the source; drop such segments at the edge (nftables: ct state invalid drop). A firewall that lets them through can be scanned past its rules.',
    source: 'RFC 9293 §3.10.7; nmap reference, scan types',
  },
  detect(connection) {
    const { invalidFlagSegments, invalidFlagCopies } = connection;
    const [first] = invalidFlagCopies;
    if (first === undefined) return null;
    const kinds = (): string => [...new Set(invalidFlagCopies.map(({ flags }) => kindOf(flags)))].join(', ');
    const name = endName(connection, first.from);
    return {
      at: name,
      frames: invalidFlagCopies.map((segment) => segment.frame),
      message: () => `The ${name} sent ${count(invalidFlagSegments, 'segment')} with impossible flags: ${kinds()}.`,
    };
  },
};

const { FIN, SYN, RST, PSH, ACK, URG } = TcpFlag;

/** What scanners call it. */
function kindOf(flags: number): string {
  const set = flags & (FIN | SYN | RST | PSH | ACK | URG);
  if (set === 0) return 'none (null)';
  if ((set & SYN) !== 0 && (set & FIN) !== 0) return 'SYN+FIN';
  if ((set & SYN) !== 0 && (set & RST) !== 0) return 'SYN+RST';
  if (set === (FIN | PSH | URG)) return 'FIN+PSH+URG (Xmas)';
  if ((set & FIN) !== 0) return 'FIN without ACK';
  return 'no ACK';
}
