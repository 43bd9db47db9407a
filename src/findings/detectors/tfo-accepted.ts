import type { Detector } from '../detector.ts';
import { count } from '../words.ts';

export const tfoAccepted: Detector = {
  entry: {
    code: 'tfo-accepted',
    category: 'handshake',
    severity: 'info',
    title: 'Data in the SYN was accepted',
    meaning:
      'TCP Fast Open: the SYN carried data, and the SYN-ACK acknowledges it. The server program can read it before the handshake is over, which saves a round trip.',
    cause: 'Both hosts have Fast Open switched on, and the client had a valid cookie from an earlier connection.',
    hint: 'Nothing is wrong. Data in a SYN may be delivered twice: only requests that can be repeated belong there. The switch is net.ipv4.tcp_fastopen; nstat TcpExtTCPFastOpenPassive counts them on the server.',
    source: 'RFC 7413 §4.2',
  },
  detect(connection) {
    const { acceptedSynBytes, synDataBytes, synFrame, synAckFrame } = connection;
    if (acceptedSynBytes === 0) return null;
    const share = acceptedSynBytes === synDataBytes ? 'all of it' : `${acceptedSynBytes} of them`;
    return {
      at: 'server',
      frames: [synFrame, synAckFrame],
      message: `The SYN in frame ${synFrame} carried ${count(synDataBytes, 'octet')} of data; the SYN-ACK in frame ${synAckFrame} acknowledges ${share}.`,
    };
  },
};
