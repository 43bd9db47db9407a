import type { Detector } from '../detector.ts';
import { closingReset } from '../resets.ts';
import { count, duration, endName } from '../words.ts';

const MAX_FRAMES = 8;
const LEAST_PROBES = 2;

export const keepAliveTimeoutReset: Detector = {
  entry: {
    code: 'keep-alive-timeout-reset',
    category: 'reset',
    severity: 'warning',
    title: 'Gave up a silent peer',
    meaning:
      'An end probed the other one, got no answer and dropped the connection with a reset, which most likely did not arrive either: the other end may still hold the connection open.',
    cause:
      'The other host is down or unreachable, or a device between dropped its state and swallows the packets. recv() and send() of this end return ETIMEDOUT.',
    hint: 'Look for the time at which the other host was last heard. The interval is TCP_KEEPIDLE, TCP_KEEPINTVL and TCP_KEEPCNT (net.ipv4.tcp_keepalive_time, _intvl, _probes), or TCP_USER_TIMEOUT; nstat TcpExtTCPAbortOnTimeout counts the connections that ended so.',
    source: 'RFC 9293 §3.8.4; Linux tcp_keepalive_timer(), tcp_probe_timer()',
  },
  detect(connection) {
    const closing = closingReset(connection);
    if (closing === null) return null;
    const { reset, me, peer } = closing;
    if (reset.verdict !== 'not-delivered' || reset.unansweredProbes < LEAST_PROBES || me.lastProbe === null)
      return null;
    const { frame, from, timeNanos } = reset.segment;
    const name = endName(connection, from);
    const other = name === 'client' ? 'server' : 'client';
    const { kind } = me.lastProbe;
    const heard =
      peer.lastSentNanos < timeNanos ? `, ${duration(timeNanos - peer.lastSentNanos)} after it was last heard` : '';
    const probes = connection.probeFrames[kind].slice(-MAX_FRAMES).filter((each) => each < frame);
    return {
      at: name,
      frames: [...probes, frame],
      message: `The ${other} left ${count(reset.unansweredProbes, kind === 'keep-alive' ? 'keep-alive' : 'window probe')} unanswered, and the ${name} reset the connection in frame ${frame}${heard}.`,
    };
  },
};
