import { synUnanswered } from '../detectors/syn-unanswered.ts';
import { type JoinedDetector, keepFrame, Spans, Tally } from '../joined.ts';
import { Times } from '../joined-times.ts';
import { count } from '../words.ts';

/** Unanswered attempts of one service of which the frame is kept, and the time to the nanosecond. */
const MAX_ATTEMPTS = 1024;

/** What was left unanswered: when, and of the first ones the frames and the times, nanoseconds. */
interface Attempts {
  readonly times: Times;
  readonly frames: number[];
  readonly nanos: number[];
}

/** A port that answers some SYNs and not others, by turns: no firewall and no dead host, but a candidate for overload. */
export const overloadedListener: JoinedDetector = {
  entry: synUnanswered.entry,
  codes: [synUnanswered.entry.code],
  create(policy, ordinary) {
    const unanswered = new Tally<Attempts>(() => ({ times: new Times(MAX_ATTEMPTS), frames: [], nanos: [] }));
    const answered = new Spans();
    return {
      take(seen) {
        const { connection, service, firstNanos } = seen;
        if (connection === null || seen.find(synUnanswered.entry.code) === undefined) {
          if (connection?.isAnswered !== false) answered.add(service, firstNanos);
          return;
        }
        const attempts = unanswered.at(service, seen);
        if (attempts === undefined) return;
        attempts.times.add(firstNanos);
        if (attempts.frames.length === MAX_ATTEMPTS) return;
        attempts.frames.push(connection.firstFrame);
        attempts.nanos.push(firstNanos);
      },
      minds: (seen) => seen.connection?.isAnswered !== false || seen.find(synUnanswered.entry.code) !== undefined,
      finish() {
        return unanswered
          .mostFirst(policy.overloadAttempts, ({ times }) => times.count)
          .flatMap(([key, { times, frames: first, nanos }]) => {
            const { services } = ordinary.counts;
            const firstNanos = Math.min(answered.firstOf(key), services.firstOf(key));
            const lastNanos = Math.max(answered.lastOf(key), services.lastOf(key));
            const between = firstNanos < lastNanos ? times.countBetween(firstNanos, lastNanos) : 0;
            if (between < policy.overloadAttempts) return [];
            const frames: number[] = [];
            first.forEach((frame, index) => {
              if (nanos[index] > firstNanos && nanos[index] < lastNanos) keepFrame(frames, frame);
            });
            const several = `${times.isExact ? '' : 'at least '}${count(between, 'attempt')}`;
            return [
              {
                at: 'server' as const,
                frames,
                message: `${ordinary.names.textOfService(key)} left ${several} to connect unanswered while it answered ${answered.countOf(key) + services.countOf(key)} before and after.`,
                cause:
                  'Probably overload: Linux drops SYNs without a word while the accept queue or the SYN queue of the listener is full. Otherwise a firewall that limits the rate, or some of the servers behind a load balancer are gone.',
                hint: 'On the server look at nstat -az TcpExtListenDrops TcpExtListenOverflows and ss -ltn (Recv-Q against Send-Q); raise the backlog of listen() and net.core.somaxconn, or accept faster.',
              },
            ];
          });
      },
    };
  },
};
