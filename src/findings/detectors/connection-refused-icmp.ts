import type { IcmpError } from '../../wire/batch.ts';
import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const connectionRefusedIcmp: Detector = {
  entry: {
    code: 'connection-refused-icmp',
    category: 'handshake',
    severity: 'error',
    title: 'Refused by an ICMP error',
    meaning:
      'An ICMP "destination unreachable" quotes the SYN, and no answer of the server followed: the attempt to connect had failed there.',
    cause:
      'A router has no route, the last router cannot resolve the address of the host (it is down or does not exist), or a firewall refuses with an ICMP error (REJECT). On Linux connect() fails at once with EHOSTUNREACH, ENETUNREACH or ECONNREFUSED; other systems keep trying until they time out.',
    hint: 'The sender of the ICMP message is the place to look: a router for routes and neighbour entries, the host itself for its firewall.',
    source: 'RFC 792; RFC 4443 §3.1; RFC 5461 §2; Linux tcp_v4_err()',
  },
  detect(connection) {
    const { icmpRefusal: error, client, verdict } = connection;
    if (verdict.outcome !== 'refused' || error === null || connection.closingReset !== null) return null;
    const asked = client.synCopies.findLast((copy) => copy.timeNanos <= error.timeNanos);
    if (asked === undefined) return null;
    const isHost = error.reporter.every((word, at) => word === error.destinationAddress[at]);
    const after = duration(error.timeNanos - asked.timeNanos);
    return {
      at: isHost ? 'server' : 'path',
      frames: [asked.frame, error.frame],
      message: `The SYN in frame ${asked.frame} was answered after ${after} by ICMP "${nameOf(error)}" in frame ${error.frame}, sent by ${isHost ? 'the host itself' : 'a router or firewall on the path'}.`,
    };
  },
};

const IPV4_NAMES: Readonly<Record<number, string>> = {
  0: 'network unreachable',
  1: 'host unreachable',
  2: 'protocol unreachable',
  3: 'port unreachable',
  6: 'network unknown',
  7: 'host unknown',
  9: 'network administratively prohibited',
  10: 'host administratively prohibited',
  13: 'communication administratively prohibited',
};

const IPV6_NAMES: Readonly<Record<number, string>> = {
  0: 'no route',
  1: 'administratively prohibited',
  3: 'address unreachable',
  4: 'port unreachable',
  5: 'source address failed policy',
  6: 'reject route',
};

function nameOf({ ipVersion, code }: IcmpError): string {
  return (ipVersion === 4 ? IPV4_NAMES : IPV6_NAMES)[code] ?? `destination unreachable, code ${code}`;
}
