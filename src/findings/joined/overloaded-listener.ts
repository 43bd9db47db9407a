import { synUnanswered } from '../detectors/syn-unanswered.ts';
import { type JoinedDetector, keepFrame, Spans, Tally } from '../joined.ts';
import { count } from '../words.ts';

/** Unanswered attempts that are kept for one service. */
const MAX_ATTEMPTS = 65_536;

/** What was left unanswered: how many, the frames, and the times in nanoseconds. */
interface Attempts {
  count: number;
  readonly frames: number[];
  readonly nanos: number[];
}

/** A port that answers some SYNs and not others, by turns: no firewall and no dead host, but a candidate for overload. */
export const overloadedListener: JoinedDetector = {
  entry: synUnanswered.entry,
  codes: [synUnanswered.entry.code],
  create(policy, ordinary) {
    const unanswered = new Tally<Attempts>(() => ({ count: 0, frames: [], nanos: [] }));
    const answered = new Spans();
    return {
      take(seen) {
        const { connection, service, firstNanos } = seen;
        if (connection === null || seen.find(synUnanswered.entry.code) === undefined) {
          if (connection?.isAnswered !== false) answered.add(service, firstNanos);
          return;
        }
        const attempts = unanswered.at(service, seen);
        if (attempts === undefined || ++attempts.count > MAX_ATTEMPTS) return;
        attempts.frames.push(connection.firstFrame);
        attempts.nanos.push(firstNanos);
      },
      minds: (seen) => seen.connection?.isAnswered !== false || seen.find(synUnanswered.entry.code) !== undefined,
      finish() {
        return unanswered
          .mostFirst(policy.overloadAttempts, (attempts) => attempts.count)
          .flatMap(([key, { count: total, frames: all, nanos }]) => {
            const { services } = ordinary.counts;
            const firstNanos = Math.min(answered.firstOf(key), services.firstOf(key));
            const lastNanos = Math.max(answered.lastOf(key), services.lastOf(key));
            const between = all.filter((_, index) => nanos[index] > firstNanos && nanos[index] < lastNanos);
            if (between.length < policy.overloadAttempts) return [];
            const frames: number[] = [];
            for (const frame of between) keepFrame(frames, frame);
            const several = count(between.length, 'attempt');
            return [
              {
                at: 'server' as const,
                frames,
                message: `${ordinary.names.textOfService(key)} left ${total > MAX_ATTEMPTS ? `more than ${several}` : several} to connect unanswered while it answered ${answered.countOf(key) + services.countOf(key)} before and after.`,
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
