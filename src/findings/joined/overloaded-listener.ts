import { synUnanswered } from '../detectors/syn-unanswered.ts';
import { type JoinedDetector, keepFrames, Tally } from '../joined.ts';
import { count } from '../words.ts';

/** Unanswered attempts that are kept for one service. */
const MAX_ATTEMPTS = 1024;

interface Listener {
  readonly unanswered: { readonly frame: number; readonly nanos: number }[];
  answered: number;
  firstAnsweredNanos: number;
  lastAnsweredNanos: number;
}

/** A port that answers some SYNs and not others, by turns: no firewall and no dead host, but a candidate for overload. */
export const overloadedListener: JoinedDetector = {
  entry: synUnanswered.entry,
  codes: [synUnanswered.entry.code],
  create(policy, ordinary) {
    const listeners = new Tally<Listener>(() => ({
      unanswered: [],
      answered: 0,
      firstAnsweredNanos: Number.POSITIVE_INFINITY,
      lastAnsweredNanos: Number.NEGATIVE_INFINITY,
    }));
    return {
      take(seen) {
        const { connection } = seen;
        const isUnanswered = seen.find(synUnanswered.entry.code) !== undefined;
        if (!isUnanswered && connection?.isAnswered === false) return;
        const listener = listeners.at(seen.service, seen);
        if (listener === undefined) return;
        const nanos = seen.firstNanos;
        if (!isUnanswered || connection === null) {
          listener.answered++;
          listener.firstAnsweredNanos = Math.min(listener.firstAnsweredNanos, nanos);
          listener.lastAnsweredNanos = Math.max(listener.lastAnsweredNanos, nanos);
        } else if (listener.unanswered.length < MAX_ATTEMPTS) {
          listener.unanswered.push({ frame: connection.firstFrame, nanos });
        }
      },
      finish() {
        return listeners
          .mostFirst(({ unanswered }) => unanswered.length)
          .flatMap(([key, { unanswered, answered, firstAnsweredNanos, lastAnsweredNanos }]) => {
            const { services } = ordinary;
            const firstNanos = Math.min(firstAnsweredNanos, services.firstOf(key));
            const lastNanos = Math.max(lastAnsweredNanos, services.lastOf(key));
            const between = unanswered.filter(({ nanos }) => nanos > firstNanos && nanos < lastNanos);
            if (between.length < policy.overloadAttempts) return [];
            const frames: number[] = [];
            for (const { frame } of between) keepFrames(frames, [frame]);
            return [
              {
                at: 'server' as const,
                frames,
                message: `${ordinary.names.textOfService(key)} left ${count(between.length, 'attempt')} to connect unanswered while it answered ${answered + services.countOf(key)} before and after.`,
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
