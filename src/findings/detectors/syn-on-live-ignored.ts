import { frameList } from '../close.ts';
import type { Detector } from '../detector.ts';
import { endName } from '../words.ts';

export const synOnLiveIgnored: Detector = {
  entry: {
    code: 'syn-on-live-ignored',
    category: 'reuse',
    severity: 'warning',
    title: 'A SYN on a live connection changed nothing',
    meaning:
      'A SYN with a number of its own came for a connection that was open; the old traffic went on, so its supposed sender had not sent it.',
    cause:
      'A forged SYN (an attempt to reset the connection blindly), or a second host behind the same NAT address and port. The receiver answers at most with a challenge ACK.',
    hint: 'Compare TTL and IP identification of the SYN with the other segments of that end. Nothing needs to be done on a current kernel: it challenges such a SYN (nstat TcpExtTCPSYNChallenge counts; net.ipv4.tcp_challenge_ack_limit).',
    source: 'RFC 5961 §4; RFC 9293 §3.10.7.4 (fourth step); Linux tcp_validate_incoming(), tcp_send_challenge_ack()',
  },
  detect(connection) {
    const [first] = connection.liveSyns;
    if (first === undefined) return null;
    const sender = first.from;
    const answers = connection.challengeAcks.filter(({ from, frame }) => from !== sender && frame > first.frame);
    const receiver = endName(connection, sender === 0 ? 1 : 0);
    const [challenge] = answers;
    const reaction =
      challenge === undefined ? 'the connection went on' : `the ${receiver} challenged it (frame ${challenge.frame})`;
    const isOne = connection.liveSyns.length === 1;
    return {
      at: receiver,
      frames: [...connection.liveSyns, ...answers.slice(0, 1)].map(({ frame }) => frame),
      message: `${isOne ? 'A SYN' : 'SYNs'} with another number came from the ${endName(connection, sender)}'s address in the middle of the open connection (${frameList(connection.liveSyns)}); ${reaction}, and the old traffic continued.`,
    };
  },
};
