import type { Detector } from '../detector.ts';
import { endName } from '../words.ts';

export const rstChallenged: Detector = {
  entry: {
    code: 'rst-challenged',
    category: 'reset',
    severity: 'info',
    title: 'A reset inside the window was not believed',
    meaning:
      'The number of the reset was in the receive window, but not the next one expected: the receiver keeps the connection and answers with a challenge ACK, which a genuine sender would answer with an exact reset.',
    cause:
      'A forged reset that guesses the number, or a genuine one whose sender had more data under way that was lost.',
    hint: 'Nothing, if the connection goes on: the protection worked (nstat TcpExtTCPChallengeACK counts the answers). Linux limits the answers by net.ipv4.tcp_challenge_ack_limit and tcp_invalid_ratelimit.',
    source: 'RFC 5961 §3.2; Linux tcp_validate_incoming()',
  },
  detect(connection) {
    const challenged = connection.resets.filter((reset) => reset.verdict === 'challenged');
    const [first] = challenged;
    if (first === undefined) return null;
    const answers = connection.challengeAcks.filter((ack) => ack.from !== first.segment.from);
    const receiver = endName(connection, first.segment.from === 0 ? 1 : 0);
    const sender = endName(connection, first.segment.from);
    const answered =
      answers.length > 0
        ? `answered with a challenge ACK in frame ${answers[0].frame}`
        : 'is expected to answer with a challenge ACK, which was not captured';
    return {
      at: receiver,
      frames: [...challenged.map((reset) => reset.segment.frame), ...answers.map((ack) => ack.frame)],
      message: `${challenged.length === 1 ? 'A reset' : `${challenged.length} resets`} in the ${sender}'s name (frame ${first.segment.frame}) hit the window but not the expected number; the ${receiver} kept the connection and ${answered}.`,
    };
  },
};
