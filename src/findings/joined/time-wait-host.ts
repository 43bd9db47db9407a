import type { HostSpans, Key } from '../../flow/host-counts.ts';
import { timeWaitOwner } from '../detectors/time-wait-owner.ts';
import { type JoinedDetector, type Ordinary, type Seen, Spans } from '../joined.ts';
import { duration } from '../words.ts';

/** A host that pays TIME_WAIT for many connections. */
export const timeWaitHost: JoinedDetector = {
  entry: timeWaitOwner.entry,
  codes: [timeWaitOwner.entry.code],
  create(policy, ordinary) {
    const clients = newOwners('client', ordinary);
    const servers = newOwners('server', ordinary);
    return {
      take(seen) {
        const finding = seen.find(timeWaitOwner.entry.code);
        if (finding === undefined) return;
        const { at, own, keyOf } = finding.at === 'client' ? clients : servers;
        const key = keyOf(seen);
        own.add(key, seen.lastNanos);
        // Of connections that are alike, but one has a finding with a frame of its own.
        if (seen.connection !== null && finding.frames.length > 0)
          ordinary.timeWaitFrames[at].note(key, finding.frames[0]);
      },
      minds: (seen) => seen.find(timeWaitOwner.entry.code) !== undefined,
      finish() {
        return [clients, servers].flatMap(({ at, own, alike }) => {
          const countOf = (key: Key): number => own.countOf(key) + alike.countOf(key);
          const least = policy.timeWaitConnections;
          const keys = new Set([...own.keys.filter((key) => countOf(key) >= least), ...alike.keysOf(least)]);
          return [...keys]
            .sort((a, b) => countOf(b) - countOf(a) || a - b)
            .map((key) => {
              const lastNanos = Math.max(own.lastOf(key), alike.lastOf(key));
              const span = duration(lastNanos - Math.min(own.firstOf(key), alike.firstOf(key)));
              return {
                at,
                frames: ordinary.timeWaitFrames[at].of(key),
                message: `${ordinary.names.textOf(key)} owns TIME_WAIT for ${countOf(key)} connections that ended within ${span}, as their ${at}.`,
                hint: 'A server pays little for it. A client runs out of ports (net.ipv4.ip_local_port_range, 28,232 by default) towards one service when it opens more than some 470 connections a second: keep connections alive and use them again, or set net.ipv4.tcp_tw_reuse.',
              };
            });
        });
      },
    };
  },
};

interface Owners {
  readonly at: 'client' | 'server';
  /** Connections that were seen one by one, and those that were not. */
  readonly own: Spans;
  readonly alike: HostSpans;
  readonly keyOf: (seen: Seen) => Key;
}

function newOwners(at: 'client' | 'server', ordinary: Ordinary): Owners {
  const isClient = at === 'client';
  return {
    at,
    own: new Spans(),
    alike: isClient ? ordinary.counts.timeWaitClients : ordinary.counts.timeWaitServers,
    keyOf: (seen) => (isClient ? seen.client : seen.server),
  };
}
