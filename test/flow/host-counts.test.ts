import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Core } from '../../src/core/core.ts';
import { MAX_NAMES } from '../../src/core/layout.ts';
import { Ordinary } from '../../src/findings/joined.ts';
import { HostCounts, Names, TimeWaitAt, UNNAMED } from '../../src/flow/host-counts.ts';

const host4 = (n: number): Int32Array => Int32Array.of(0x0a000000 + n, 0, 0, 0);
const host6 = (n: number): Int32Array => Int32Array.of(0x20010db8, 0, n >> 16, n);

describe('names of hosts and services', () => {
  it('are numbers in the order in which they were asked for, IPv4 and IPv6 by turns', () => {
    const names = new Names(new Core());
    expect([5, 3, 5, 9].map((n) => names.host(4, host4(n)))).toEqual([0, 2, 0, 4]);
    expect([7, 8, 7].map((n) => names.host(6, host6(n)))).toEqual([1, 3, 1]);
    expect([names.service(0, 80), names.service(3, 80), names.service(0, 443), names.service(3, 80)]).toEqual([
      0, 1, 2, 1,
    ]);
    expect([names.textOf(2), names.textOf(3)]).toEqual(['10.0.0.3', '2001:db8::8']);
    expect([names.textOfService(2), names.textOfService(1)]).toEqual(['10.0.0.5:443', '[2001:db8::8]:80']);
    expect(names.hostsEnd).toBe(6);
  });

  it('are given to so many and no more', () => {
    const names = new Names(new Core());
    for (let n = 0; n < MAX_NAMES; n++) expect(names.host(4, host4(n * 7919))).toBe(n * 2);
    expect(names.host(4, host4(1))).toBe(UNNAMED);
    expect(names.host(4, host4(4321 * 7919))).toBe(4321 * 2);
    expect(names.host(6, host6(1))).toBe(1);
    expect(names.service(UNNAMED, 80)).toBe(UNNAMED);
    expect(names.textOf(4321 * 2)).toBe('12.10.32.15');
  });

  it('are the same for whatever is asked, as a map would have them', () => {
    const asked = fc.array(fc.tuple(fc.constantFrom(4, 6), fc.nat(3000), fc.nat(2)), { maxLength: 2000 });
    fc.assert(
      fc.property(asked, (hosts) => {
        const names = new Names(new Core());
        const known = [new Map<number, number>(), new Map<number, number>()];
        const services = new Map<string, number>();
        for (const [version, n, port] of hosts) {
          const of = known[version === 4 ? 0 : 1];
          if (!of.has(n)) of.set(n, of.size * 2 + (version === 4 ? 0 : 1));
          const key = names.host(version === 4 ? 4 : 6, version === 4 ? host4(n) : host6(n));
          expect(key).toBe(of.get(n));
          const service = `${key}:${port}`;
          if (!services.has(service)) services.set(service, services.size);
          expect(names.service(key, port)).toBe(services.get(service));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('ordinary connections', () => {
  it('are counted by service, client, and who pays TIME_WAIT, with the first and the last time', () => {
    const counts = new HostCounts(new Core());
    const ordinary = new Ordinary(counts);
    const take = (client: number, timeWaitAt: TimeWaitAt, firstNanos: number, clientIndex: 0 | 1 = 0): void => {
      const [words0, words1] = clientIndex === 0 ? [host4(client), host4(99)] : [host4(99), host4(client)];
      const ports: [number, number] = clientIndex === 0 ? [5000, 80] : [80, 5000];
      const addresses = { ipVersion: 4 as const, words0, words1, ports };
      ordinary.take({ clientIndex, firstNanos, lastNanos: firstNanos + 10, addresses }, timeWaitAt);
    };
    take(1, TimeWaitAt.CLIENT, 500);
    take(2, TimeWaitAt.SERVER, 300, 1);
    take(1, TimeWaitAt.NEITHER, 700);
    take(1, TimeWaitAt.CLIENT, -100);
    const { services, clients, timeWaitClients, timeWaitServers, names } = counts;
    const [one, server, two] = [1, 99, 2].map((n) => names.host(4, host4(n)));
    const web = names.service(server, 80);
    expect(counts.total).toBe(4);
    expect([services.countOf(web), services.firstOf(web), services.lastOf(web)]).toEqual([4, -100, 700]);
    expect([clients.countOf(one), clients.firstOf(one), clients.lastOf(one)]).toEqual([3, -90, 710]);
    expect([clients.countOf(two), clients.countOf(server), clients.firstOf(server)]).toEqual([
      1,
      0,
      Number.POSITIVE_INFINITY,
    ]);
    expect([timeWaitClients.keysOf(1), timeWaitServers.keysOf(1)]).toEqual([[one], [server]]);
    expect([timeWaitClients.keysOf(0), timeWaitClients.keysOf(2), timeWaitClients.keysOf(3)]).toEqual([
      [one],
      [one],
      [],
    ]);
    expect([timeWaitClients.countOf(one), timeWaitServers.lastOf(server)]).toEqual([2, 310]);
  });
});
