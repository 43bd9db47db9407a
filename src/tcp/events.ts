/**
 * What a segment says of its sender, and what it does to the end that (presumably) receives it.
 *
 * A segment gives rise to several events, in this order: what it proves of the sender, its ACK covering the peer's FIN,
 * its own FIN, then the effect on the receiver. Every guard is computed before, so the table needs none.
 */
export const SENT = [
  'syn',
  'syn-repeat',
  'syn-repeat-refuting',
  'syn-ack',
  'syn-ack-repeat',
  'syn-ack-repeat-refuting',
  'segment',
  'cover-of-fin',
  'fin',
  'fin-repeat',
  'fin-repeat-refuting',
  'sign-of-life',
  'disowned-fin',
  'rst-active',
  'rst-reactive',
  'rst-of-foreign-ack',
  'rst-refuse',
] as const;
export type SentEvent = (typeof SENT)[number];

export const RECEIVED = [
  'syn',
  'syn-crossing',
  'syn-ack',
  'syn-ack-crossing',
  'syn-covered',
  'fin-covered',
  'fin-crossing',
  'fin-with-cover',
  'crossed-fin-repeat',
  'rst-accepted',
  'rst-not-accepted',
  'icmp-refusal',
  'time-wait-over',
] as const;
export type ReceivedEvent = (typeof RECEIVED)[number];
