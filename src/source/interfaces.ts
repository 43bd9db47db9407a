/** The network interfaces of this machine, as far as a capture is concerned. */
import { readdirSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface NetworkInterface {
  readonly name: string;
  readonly addresses: readonly string[];
  readonly state: 'up' | 'down' | 'unknown';
  /** The default route leaves by it. */
  readonly hasDefaultRoute: boolean;
  /** What it is, when that is not plain: `loopback`, `all interfaces`. */
  readonly remark: string;
}

/** The device that stands for all of them. */
export const ANY = 'any';

const FOLDER = '/sys/class/net';
const CAP_NET_RAW = 13n;

/** Interfaces in the order of the system, `any` last. */
export function listInterfaces(): NetworkInterface[] {
  const addresses = networkInterfaces();
  const routes = defaultRoutes();
  const names = new Set([...systemNames(), ...Object.keys(addresses)]);
  const list = [...names].map(
    (name): NetworkInterface => ({
      name,
      addresses: (addresses[name] ?? []).map(({ cidr, address }) => cidr ?? address),
      state: stateOf(name, addresses[name] !== undefined),
      hasDefaultRoute: routes.has(name),
      remark: (addresses[name] ?? []).some(({ internal }) => internal) || name === 'lo' ? 'loopback' : '',
    }),
  );
  if (process.platform !== 'linux') return list;
  return [...list, { name: ANY, addresses: [], state: 'up', hasDefaultRoute: false, remark: 'all interfaces' }];
}

/** Whether this process may capture itself: it is root, or was given CAP_NET_RAW. */
export function mayCapture(): boolean {
  if (process.getuid?.() === 0) return true;
  const line = /^CapEff:\s*([0-9a-f]+)$/m.exec(readText('/proc/self/status'));
  return line !== null && ((BigInt(`0x${line[1]}`) >> CAP_NET_RAW) & 1n) === 1n;
}

function systemNames(): string[] {
  try {
    return readdirSync(FOLDER).filter((name) => readText(`${FOLDER}/${name}/ifindex`) !== '');
  } catch {
    return [];
  }
}

function stateOf(name: string, hasAddress: boolean): NetworkInterface['state'] {
  const flags = Number(readText(`${FOLDER}/${name}/flags`));
  if (flags === 0) return hasAddress ? 'up' : 'unknown';
  const isUp = (flags & 1) !== 0;
  return isUp && readText(`${FOLDER}/${name}/operstate`).trim() !== 'down' ? 'up' : 'down';
}

/** Names of the interfaces by which a default route leaves, over IPv4 or IPv6. */
function defaultRoutes(): Set<string> {
  const found = new Set<string>();
  for (const line of readText('/proc/net/route').split('\n').slice(1)) {
    const [name, destination, , , , , , mask] = line.split('\t');
    if (destination === '00000000' && mask === '00000000') found.add(name);
  }
  for (const line of readText('/proc/net/ipv6_route').split('\n')) {
    const [destination, length, , , , , , , , name] = line.split(/\s+/);
    const isDefault = length === '00' && /^0+$/.test(destination ?? '');
    if (isDefault && name !== undefined && name !== 'lo') found.add(name);
  }
  return found;
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
