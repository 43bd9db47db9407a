/** Addresses and ports as scenario files have them. */
import { parseAddress } from '../base/address.ts';

/** The shortest text of 16 address bytes, after RFC 5952. */
export function formatIpv6(bytes: Uint8Array): string {
  const words = Array.from({ length: 8 }, (_, index) => ((bytes[2 * index] << 8) | bytes[2 * index + 1]).toString(16));
  const runs = [...`-${words.join('-')}-`.matchAll(/(?<=-)(0-){2,}/g)];
  const longest = runs.reduce((best, run) => (run[0].length > best.length ? run[0] : best), '');
  if (longest === '') return words.join(':');
  const text = `-${words.join('-')}-`.replace(`-${longest}`, '::');
  return text.replace(/^-|-$/g, '').replaceAll('-', ':');
}

/** An address and port as text; port 0 for an end that only sends ICMP. */
export interface Endpoint {
  address: string;
  port: number;
}

/** Reads `10.0.0.1:80`, `[2001:db8::1]:80` or a bare address (port 0); null when it is neither. */
export function parseEndpoint(text: string): Endpoint | null {
  const match = /^\[([0-9a-f:.]+)\](?::(\d+))?$/i.exec(text) ?? /^(\d+\.\d+\.\d+\.\d+)(?::(\d+))?$/.exec(text);
  const address = match ? match[1] : text;
  const port = Number(match?.[2] ?? 0);
  if (parseAddress(address) === null || port > 0xffff) return null;
  return { address, port };
}

/** The text that `parseEndpoint` reads. */
export function formatEndpoint(end: Endpoint): string {
  const address = end.address.includes(':') ? `[${end.address}]` : end.address;
  return end.port === 0 ? address : `${address}:${end.port}`;
}
