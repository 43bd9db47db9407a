/** Where connections are, for whoever is told of them. */

/** Addresses of a flow, as the batch has them. */
export interface FlowAddresses {
  readonly ipVersion: 4 | 6;
  /** Four words each, of ends 0 and 1. */
  readonly words0: Int32Array;
  readonly words1: Int32Array;
  /** Ports of ends 0 and 1. */
  readonly ports: readonly [number, number];
}

/** Where and when a connection was that went by the book; written over for the next one. */
export interface PlainPlace {
  readonly clientIndex: 0 | 1;
  /** Times of the first and the latest segment, nanoseconds. */
  readonly firstNanos: number;
  readonly lastNanos: number;
  /** Whether there is more to tell of it than that it opened; only then the rest is known. */
  readonly isTelling: boolean;
  /** `TcpOption` bits of the SYN. */
  readonly synOptions: number;
  /** Whether a SYN-ACK that answers the SYN was captured, and the third segment. */
  readonly isAnswered: boolean;
  readonly isCompleted: boolean;
  /** Whether it was open before the first segment that was captured. */
  readonly isMidstream: boolean;
  readonly firstFrame: number;
  readonly lastFrame: number;
  /** Frame of the first FIN; 0 if there is none. */
  readonly finFrame: number;
  /** How long the end that has not closed was seen to stay in CLOSE_WAIT, nanoseconds; 0 if it did not. */
  readonly closeWaitNanos: number;
  readonly addresses: FlowAddresses;
}
