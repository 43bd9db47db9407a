import { timeWaitOwner } from '../detectors/time-wait-owner.ts';
import { type JoinedDetector, keepFrames, Tally } from '../joined.ts';
import { duration } from '../words.ts';

interface Owner {
  readonly text: string;
  connections: number;
  firstNanos: number;
  lastNanos: number;
  readonly frames: number[];
}

/** A host that pays TIME_WAIT for many connections. */
export const timeWaitHost: JoinedDetector = {
  entry: timeWaitOwner.entry,
  create(policy) {
    const atClients = new Tally<Owner>((seen) => newOwner(seen.clientText, seen.lastNanos));
    const atServers = new Tally<Owner>((seen) => newOwner(seen.serverText, seen.lastNanos));
    return {
      take(seen) {
        const finding = seen.find(timeWaitOwner.entry.code);
        if (finding === undefined) return;
        const owner = finding.at === 'client' ? atClients.at(seen.client, seen) : atServers.at(seen.server, seen);
        if (owner === undefined) return;
        owner.connections++;
        owner.firstNanos = Math.min(owner.firstNanos, seen.lastNanos);
        owner.lastNanos = Math.max(owner.lastNanos, seen.lastNanos);
        if (seen.connection !== null) keepFrames(owner.frames, finding.frames.slice(0, 1));
      },
      finish() {
        const clients = [...atClients.values()].map((owner) => ({ ...owner, at: 'client' as const }));
        const servers = [...atServers.values()].map((owner) => ({ ...owner, at: 'server' as const }));
        return [...clients, ...servers].flatMap(({ at, text, connections, firstNanos, lastNanos, frames }) => {
          if (connections < policy.timeWaitConnections) return [];
          return [
            {
              at,
              frames,
              message: `${text} owns TIME_WAIT for ${connections} connections that ended within ${duration(lastNanos - firstNanos)}, as their ${at}.`,
              hint: 'A server pays little for it. A client runs out of ports (net.ipv4.ip_local_port_range, 28,232 by default) towards one service when it opens more than some 470 connections a second: keep connections alive and use them again, or set net.ipv4.tcp_tw_reuse.',
            },
          ];
        });
      },
    };
  },
};

function newOwner(text: string, nanos: number): Owner {
  return { text, connections: 0, firstNanos: nanos, lastNanos: nanos, frames: [] };
}
