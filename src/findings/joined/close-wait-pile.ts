import { closeWaitLingering } from '../detectors/close-wait-lingering.ts';
import { type JoinedDetector, keepFrame, keepFrames, Tally } from '../joined.ts';

interface Pile {
  readonly at: 'client' | 'server';
  readonly frames: number[];
  connections: number;
  longestNanos: number;
}

/** CLOSE_WAITs that pile up at one service, or at one client of it. */
export const closeWaitPile: JoinedDetector = {
  entry: closeWaitLingering.entry,
  codes: [closeWaitLingering.entry.code],
  create(policy, { names }) {
    const atServers = new Tally<Pile>(() => newPile('server'));
    const atClients = new Tally<Pile>(() => newPile('client'));
    return {
      take(seen) {
        const finding = seen.find(closeWaitLingering.entry.code);
        if (finding === undefined) return;
        const pile = finding.at === 'client' ? atClients.at(seen.client, seen) : atServers.at(seen.service, seen);
        if (pile === undefined) return;
        const { connection } = seen;
        if (connection === null) return;
        pile.connections++;
        pile.longestNanos = Math.max(pile.longestNanos, connection.closeWaitNanos);
        // The frames of the finding may be those of another connection of its kind.
        if (connection.finFrame !== 0) keepFrame(pile.frames, connection.finFrame);
        else keepFrames(pile.frames, finding.frames.slice(0, 1));
      },
      minds: (seen) => seen.find(closeWaitLingering.entry.code) !== undefined,
      finish() {
        return [atServers, atClients]
          .flatMap((piles) => piles.mostFirst(policy.closeWaitConnections, ({ connections }) => connections))
          .flatMap(([key, pile]) => {
            const where = pile.at === 'server' ? names.textOfService(key) : `${names.textOf(key)}, as a client,`;
            return [
              {
                at: pile.at,
                frames: pile.frames,
                severity: 'error' as const,
                message: `${where} leaves ${pile.connections} connections in CLOSE_WAIT, the longest for at least ${Math.round(pile.longestNanos / 1e9)} s: they pile up because the program does not close what the other end has closed.`,
                cause:
                  'A leak of sockets: the program does not see recv() return 0, or a path through it (an error, a pool, a blocked thread) never reaches close(). Each keeps a file descriptor until the limit is reached (EMFILE).',
                hint: 'Count with ss -tn state close-wait and look at what those connections have in common; the kernel never ends CLOSE_WAIT by itself.',
              },
            ];
          });
      },
    };
  },
};

function newPile(at: 'client' | 'server'): Pile {
  return { at, frames: [], connections: 0, longestNanos: 0 };
}
