/** Times, nanoseconds, that the machine and the core go by: numbers only, as in layout.ts. */

/** A round trip takes at least so long, and a timer at least so much longer. */
export const MINIMUM_RTT_NANOS = 1_000_000;
export const MINIMUM_RTO_NANOS = 200_000_000;
/** What a round trip is taken for as long as none was measured. */
export const DEFAULT_RTT_NANOS = 100_000_000;
/** Copies of one segment in the capture are not further apart; later, the network or the sender made them. */
export const DUPLICATE_NANOS = 5_000_000;
/** No stack repeats a SYN or SYN-ACK of its own accord sooner than this. */
export const SHORTEST_SYN_TIMER_NANOS = 200_000_000;
/** Retransmission timers run at least this much longer than the round trip (Linux 200 ms, the BSDs 30 ms and more). */
export const SHORTEST_TIMER_NANOS = 20_000_000;
/** How much longer than measured a round trip may be before it is called a loss; a timer runs 200 ms longer. */
export const CROSSING_VARIATION = 1.5;
/** In less time than this nothing worth mentioning crosses. */
export const NO_CROSSING_NANOS = 1_000_000;
/** Longest delay of an acknowledgment, and some more. */
export const REPLY_SLACK_NANOS = 250_000_000;
/** The ACK of a first copy may wait so long; a second copy that comes sooner is answered by the same ACK. */
export const LONGEST_DELAYED_ACK_NANOS = 200_000_000;
/** A probe sooner after the last segment is no keep-alive but a single octet sent again. */
export const KEEP_ALIVE_IDLE_NANOS = 500_000_000;
/** Silence after which an answer to a SYN, a SYN-ACK or a FIN does not come any more. */
export const SILENCE_NANOS = 3e9;
/** Ticks of a time stamp clock from which its rate is known well enough, and how far that may be from a usual one. */
export const ENOUGH_TICKS = 50;
export const TICK_TOLERANCE = 1.3;
/** After this a SYN is repeated (RFC 6298 §2.1): a later answer may be to a copy that was not captured. */
export const FIRST_SYN_TIMER_NANOS = 1e9;
/** A leg may take less time than was measured, but hardly less than this part of it. */
export const CERTAIN_PART = 0.5;
