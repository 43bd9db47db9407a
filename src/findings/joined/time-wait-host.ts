import { timeWaitOwner } from '../detectors/time-wait-owner.ts';
import { type JoinedDetector, type Key, keepFrames, type Seen, Spans, Tally, UNNAMED } from '../joined.ts';
import { duration } from '../words.ts';

interface Owner {
  readonly text: string;
  readonly frames: number[];
}

/** A host that pays TIME_WAIT for many connections. */
export const timeWaitHost: JoinedDetector = {
  entry: timeWaitOwner.entry,
  create(policy) {
    const clients = newOwners('client');
    const servers = newOwners('server');
    return {
      take(seen) {
        const finding = seen.find(timeWaitOwner.entry.code);
        if (finding === undefined) return;
        const { owners, spans, keyOf } = finding.at === 'client' ? clients : servers;
        const key = keyOf(seen);
        spans.add(key, seen.lastNanos);
        // Who it is must be known of those that are many, and a frame only of those that have one of their own.
        const count = key === UNNAMED ? 0 : spans.countOf(key);
        if (seen.connection === null && count !== 1) return;
        const owner = owners.at(key, seen);
        if (owner !== undefined && seen.connection !== null) keepFrames(owner.frames, finding.frames.slice(0, 1));
      },
      finish() {
        return [clients, servers].flatMap(({ at, owners, spans }) =>
          owners.entries().flatMap(([key, { text, frames }]) => {
            const connections = spans.countOf(key);
            if (connections < policy.timeWaitConnections) return [];
            const span = duration(spans.nanosOf(key));
            return [
              {
                at,
                frames,
                message: `${text} owns TIME_WAIT for ${connections} connections that ended within ${span}, as their ${at}.`,
                hint: 'A server pays little for it. A client runs out of ports (net.ipv4.ip_local_port_range, 28,232 by default) towards one service when it opens more than some 470 connections a second: keep connections alive and use them again, or set net.ipv4.tcp_tw_reuse.',
              },
            ];
          }),
        );
      },
    };
  },
};

interface Owners {
  readonly at: 'client' | 'server';
  readonly owners: Tally<Owner>;
  readonly spans: Spans;
  readonly keyOf: (seen: Seen) => Key;
}

function newOwners(at: 'client' | 'server'): Owners {
  const isClient = at === 'client';
  return {
    at,
    owners: new Tally<Owner>((seen) => ({ text: isClient ? seen.clientText : seen.serverText, frames: [] })),
    spans: new Spans(),
    keyOf: (seen) => (isClient ? seen.client : seen.server),
  };
}
