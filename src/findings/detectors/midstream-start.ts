import { isOneWay } from '../../flow/settle.ts';
import type { Detector } from '../detector.ts';

export const midstreamStart: Detector = {
  entry: {
    code: 'midstream-start',
    category: 'capture',
    severity: 'note',
    title: 'The beginning was not captured',
    meaning:
      'The first packet of the connection in the capture is not a SYN: it was open before. Who opened it is a guess, window scale and options are unknown, and what happened before cannot be told.',
    cause:
      'The capture was started, or its file rotated, after the connection was opened; or the SYN was dropped by the capture.',
    hint: 'Start the capture before the program under test, or make it reconnect.',
    source: 'RFC 9293 §3.5',
  },
  detect(connection) {
    if (!connection.isMidstream) return null;
    const { roleBasis, firstFrame, clientIndex, ports } = connection;
    const beginsWithSynAck = roleBasis === 'syn-ack';
    if (beginsWithSynAck && isOneWay(connection)) return null;
    const message = (): string => {
      const guess = {
        port: `the end with port ${ports[1 - clientIndex]} is taken for the server`,
        'first-seen': 'the end that was seen first is taken for the client',
        'syn-ack': 'its sender is the server',
        syn: 'the sender of the SYN is the client',
      }[roleBasis];
      return beginsWithSynAck
        ? `The connection begins in frame ${firstFrame} with a SYN-ACK, without the SYN that it answers; ${guess}.`
        : `The connection begins in frame ${firstFrame} without a handshake; ${guess}.`;
    };
    return { at: 'capture', frames: [firstFrame], message };
  },
};
