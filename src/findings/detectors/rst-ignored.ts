import type { Detector } from '../detector.ts';
import { endName } from '../words.ts';

export const rstIgnored: Detector = {
  entry: {
    code: 'rst-ignored',
    category: 'reset',
    severity: 'info',
    title: 'A reset outside the window was ignored',
    meaning:
      'The number of the reset was not in the receive window, or it did not acknowledge the SYN that it answers: the receiver drops it and keeps the connection.',
    cause: 'A blind forgery, or a late reset that belongs to an earlier connection of the same addresses and ports.',
    hint: 'Nothing, if the connection goes on. See where it came from by its TTL and IP identification if there are many.',
    source: 'RFC 9293 §3.5.2 and §3.10.7.4; RFC 5961 §3.2',
  },
  detect(connection) {
    const ignored = connection.resets.filter(
      ({ verdict, receiverState }) =>
        verdict === 'ignored' && receiverState !== 'CLOSED' && receiverState !== 'TIME_WAIT',
    );
    const [first] = ignored;
    if (first === undefined) return null;
    const receiver = endName(connection, first.segment.from === 0 ? 1 : 0);
    const why =
      first.receiverState === 'SYN_SENT'
        ? 'did not acknowledge the SYN that was under way'
        : 'lay outside what the receiver would accept';
    return {
      at: receiver,
      frames: ignored.map((reset) => reset.segment.frame),
      message: `${ignored.length === 1 ? 'A reset' : `${ignored.length} resets`} to the ${receiver} (frame ${first.segment.frame}, sequence number ${first.segment.seq}) ${why}: the connection was kept.`,
    };
  },
};
