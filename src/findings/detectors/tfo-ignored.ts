import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const tfoIgnored: Detector = {
  entry: {
    code: 'tfo-ignored',
    category: 'handshake',
    severity: 'note',
    title: 'Data in the SYN was not accepted',
    meaning:
      'The SYN carried data, and the SYN-ACK acknowledges the SYN alone: the data has to be sent again after the handshake, and the round trip that Fast Open saves is lost.',
    cause:
      'The server has Fast Open switched off or did not accept the cookie (new key, other address of the client, too many pending requests), or a middlebox took the data or the option out of the SYN.',
    hint: 'On the server see net.ipv4.tcp_fastopen, the TCP_FASTOPEN option of the listener and nstat TcpExtTCPFastOpenPassiveFail.',
    source: 'RFC 7413 §4.2.1 and §4.2.2',
  },
  detect(connection) {
    const { acceptedSynBytes, synDataBytes, client, server, synFrame } = connection;
    if (synDataBytes === 0 || acceptedSynBytes > 0 || !client.isSynCovered) return null;
    const answer = server.synCopies.find((copy) => !connection.badSynAckFrames.includes(copy.frame));
    if (answer === undefined) return null;
    const plain = client.synCopies.find((copy) => copy.payloadBytes === 0 && copy.timeNanos <= answer.timeNanos);
    const bytes = count(synDataBytes, 'octet');
    if (plain === undefined) {
      return {
        at: 'server',
        frames: [synFrame, answer.frame],
        message: `The SYN in frame ${synFrame} carried ${bytes}; the SYN-ACK in frame ${answer.frame} acknowledges none of it.`,
      };
    }
    return {
      at: 'path',
      frames: [synFrame, plain.frame, answer.frame],
      message: `The SYN in frame ${synFrame}, with ${bytes} of data, got no answer; the client fell back to a SYN without data in frame ${plain.frame}.`,
      cause:
        'The SYN with data was lost, or a middlebox drops SYNs that carry data or the Fast Open option; clients give up Fast Open on such a path for a while.',
    };
  },
};
