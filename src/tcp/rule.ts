import type { ReceivedEvent, SentEvent } from './events.ts';
import type { Phase, TcpState } from './states.ts';

/** One transition of the machine, as data; the table, the docs page, `lastack rules` and `explain` read the same array. */
export interface Rule {
  /** Kebab-case, never renamed: `fin-acked`. */
  readonly id: string;
  /** Whether the end moves because it sends the segment or because it (presumably) receives it. */
  readonly role: 'sends' | 'receives';
  readonly from: readonly TcpState[];
  /** Name of the event, see `events.ts`. */
  readonly on: SentEvent | ReceivedEvent;
  /** The state after; `same` leaves the end where it is, `withdraw` takes back what was assumed of it. */
  readonly to: TcpState | 'same' | 'withdraw';
  readonly phase: Phase;
  /** Source: `RFC 9293 §3.10.7.4`. */
  readonly rfc: string;
  /** One sentence for a reader: why the end moves (or does not). */
  readonly why: string;
  /** What it means in socket calls at that end, when it means something: `recv() returns 0`. */
  readonly socket?: string;
}
