import type { Detector } from '../detector.ts';
import { duration } from '../words.ts';

export const synAckIsnChange: Detector = {
  entry: {
    code: 'syn-ack-isn-change',
    category: 'handshake',
    severity: 'warning',
    title: 'Two SYN-ACKs begin at different numbers',
    meaning:
      'The same SYN was answered by two SYN-ACKs with different initial sequence numbers: two answers, not one that was repeated. The client takes the first that arrives and refuses the other.',
    cause:
      'Two hosts behind one address (duplicate IP address, load balancer that sends copies of a SYN to two servers), a server that forgot the first SYN and began anew, SYN cookies that changed with time, or an answer forged by a middlebox.',
    hint: 'Compare TTL, MAC address and options of the two SYN-ACKs: they tell whether one host sent both.',
    source: 'RFC 9293 §3.4.1 and §3.10.7.3; RFC 4987 §3.6',
  },
  detect(connection) {
    const { synAckIsnFrames: frames, server } = connection;
    const index = server.synCopies.findIndex((copy) => copy.frame === frames[0]);
    if (index < 1) return null;
    const later = server.synCopies[index];
    const earlier = server.synCopies[index - 1];
    const ttl = earlier.ttl === later.ttl ? `both with TTL ${later.ttl}` : `TTL ${later.ttl} after ${earlier.ttl}`;
    return {
      at: 'server',
      frames: [earlier.frame, ...frames],
      message: `The SYN-ACK in frame ${later.frame} begins at another number than the one in frame ${earlier.frame}, ${duration(later.timeNanos - earlier.timeNanos)} before it (${ttl}).`,
    };
  },
};
