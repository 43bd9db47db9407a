import { acceptQueueOverflow } from '../detectors/accept-queue-overflow.ts';
import { Counter, type JoinedDetector, keepFrames, Tally } from '../joined.ts';
import { count, duration } from '../words.ts';

const CODES = ['accept-queue-overflow', 'accept-overflow-reset'];

interface Listener {
  readonly frames: number[];
  connections: number;
  firstNanos: number;
  lastNanos: number;
}

/** One listener whose accept queue is full for several connections. */
export const acceptQueueOfListener: JoinedDetector = {
  entry: acceptQueueOverflow.entry,
  codes: CODES,
  create(policy, ordinary) {
    const listeners = new Tally<Listener>(({ lastNanos }) => ({
      frames: [],
      connections: 0,
      firstNanos: lastNanos,
      lastNanos,
    }));
    const attempts = new Counter();
    return {
      take(seen) {
        attempts.add(seen.service);
        const finding = seen.findAny(CODES);
        const listener = finding && listeners.at(seen.service, seen);
        if (finding === undefined || listener === undefined) return;
        listener.connections++;
        listener.lastNanos = Math.max(listener.lastNanos, seen.lastNanos);
        keepFrames(listener.frames, finding.frames.slice(0, 1));
      },
      finish() {
        return listeners
          .mostFirst(policy.acceptQueueConnections, ({ connections }) => connections)
          .flatMap(([key, { frames, connections, firstNanos, lastNanos }]) => {
            const span = lastNanos > firstNanos ? ` within ${duration(lastNanos - firstNanos)}` : '';
            return [
              {
                at: 'server' as const,
                frames,
                message: `${connections} of ${count(attempts.of(key) + ordinary.counts.services.countOf(key), 'connection')} to ${ordinary.names.textOfService(key)} found its accept queue full${span}: the program does not call accept() fast enough for its backlog.`,
              },
            ];
          });
      },
    };
  },
};
