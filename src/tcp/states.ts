/** The states of RFC 9293 §3.3.2, and UNKNOWN for an end of which the capture shows too little. */
export const STATES = [
  'UNKNOWN',
  'CLOSED',
  'LISTEN',
  'SYN_SENT',
  'SYN_RECEIVED',
  'ESTABLISHED',
  'FIN_WAIT_1',
  'FIN_WAIT_2',
  'CLOSE_WAIT',
  'CLOSING',
  'LAST_ACK',
  'TIME_WAIT',
] as const;

export type TcpState = (typeof STATES)[number];

/** How sure a state is: shown by the end's own segment, presumed from delivery, or due by a timer. */
export type Basis = 'proven' | 'assumed' | 'timer';

/** Which part of a connection's life a segment belongs to. */
export type Phase = 'handshake' | 'data' | 'teardown' | 'reset' | 'closed';
