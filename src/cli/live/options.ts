/** What `lastack live` was asked for. */

import { DEFAULT_MAX_CONNECTIONS } from '../../live/live-analysis.ts';
import { listInterfaces } from '../../source/interfaces.ts';
import { CAPTURE_PROGRAMS, type CaptureProgram, LiveError } from '../../source/live-error.ts';
import type { Rotation } from '../../source/pcapng-file.ts';
import { UsageError } from '../exit.ts';
import type { OptionSpecs, RawArguments } from '../options.ts';
import { readChoice, readSeconds, readText, readWhole } from '../values.ts';

const CAPTURE = 'Capture:';
const STOP = 'When it ends:';
const KEEP = 'Keep and tell:';

export const LIVE_OPTIONS = {
  interface: {
    type: 'string',
    alias: 'i',
    describe: 'Interface, or any; without it the one with the default route',
    group: CAPTURE,
  },
  via: {
    type: 'string',
    describe: 'Who captures: the package cap, or a program whose kernel time stamps and drop counters are used',
    choices: CAPTURE_PROGRAMS,
    default: 'cap',
    group: CAPTURE,
  },
  'snap-length': { type: 'string', describe: 'Bytes kept of a packet (512; all with --write)', group: CAPTURE },
  buffer: { type: 'string', describe: 'Buffer of the kernel in MB (128)', group: CAPTURE },
  'max-connections': {
    type: 'string',
    describe: 'Connections at a time (50000); then the oldest go, closed ones first',
    group: CAPTURE,
  },
  duration: { type: 'string', describe: 'Seconds after which it ends', group: STOP },
  count: { type: 'string', describe: 'Packets after which it ends', group: STOP },
  write: { type: 'string', alias: 'w', describe: 'Write the packets to this pcapng file', group: KEEP },
  rotate: {
    type: 'string',
    describe: 'Begin a new file at this size or after this time: 100MB, 10min',
    group: KEEP,
  },
  metrics: {
    type: 'string',
    describe: 'Serve Prometheus metrics on this port of 127.0.0.1, or on ADDRESS:PORT',
    group: KEEP,
  },
  'no-screen': { type: 'boolean', describe: 'Print a line an event, also on a terminal', group: 'Output:' },
} as const satisfies OptionSpecs;

export interface LiveRequest {
  readonly interfaceName: string;
  readonly filter: string;
  readonly via: CaptureProgram;
  readonly snapLength: number;
  readonly bufferBytes: number;
  readonly maxConnections: number;
  readonly durationSeconds: number;
  readonly packetLimit: number;
  readonly write: { readonly path: string; readonly rotation: Rotation } | null;
  readonly metrics: { readonly host: string; readonly port: number } | null;
  /** Names of the interfaces there are. */
  readonly known: readonly string[];
}

const HEADERS_BYTES = 512;
const WHOLE_PACKET_BYTES = 65_535;
const DEFAULT_BUFFER_MEGABYTES = 128;

export function readLiveRequest(raw: RawArguments): LiveRequest {
  const { options, words } = raw;
  const interfaces = listInterfaces();
  const known = interfaces.map(({ name }) => name);
  const named = readText(options, 'interface') ?? interfaces.find(({ hasDefaultRoute }) => hasDefaultRoute)?.name;
  if (named === undefined) throw new UsageError('there is no default route; name an interface: lastack live -i NAME');
  if (!known.includes(named)) {
    throw new LiveError(`there is no interface ${named}`, `There are: ${known.join(', ')} (lastack interfaces).`);
  }
  const path = readText(options, 'write');
  const rotate = readText(options, 'rotate');
  if (rotate !== undefined && path === undefined) throw new UsageError('--rotate goes with --write FILE');
  return {
    interfaceName: named,
    filter: words.join(' '),
    via: readChoice(options, 'via', CAPTURE_PROGRAMS) ?? 'cap',
    snapLength:
      readWhole(options, 'snap-length', 64, WHOLE_PACKET_BYTES) ??
      (path === undefined ? HEADERS_BYTES : WHOLE_PACKET_BYTES),
    bufferBytes: (readWhole(options, 'buffer', 1, 2047) ?? DEFAULT_BUFFER_MEGABYTES) << 20,
    maxConnections: readWhole(options, 'max-connections', 1, 10_000_000) ?? DEFAULT_MAX_CONNECTIONS,
    durationSeconds: readSeconds(options, 'duration') ?? Number.POSITIVE_INFINITY,
    packetLimit: readWhole(options, 'count', 1, Number.MAX_SAFE_INTEGER) ?? Number.POSITIVE_INFINITY,
    write: path === undefined ? null : { path, rotation: rotate === undefined ? {} : readRotation(rotate) },
    metrics: readMetrics(readText(options, 'metrics')),
    known,
  };
}

const SIZES: Readonly<Record<string, number>> = { kB: 1e3, MB: 1e6, GB: 1e9 };
const TIMES: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };

/**
 * @throws UsageError when it is neither a size nor a time
 */
export function readRotation(text: string): Rotation {
  const match = /^(\d+(?:\.\d+)?)\s*(kB|MB|GB|s|min|h)$/i.exec(text);
  const unit =
    match === null
      ? undefined
      : [...Object.keys(SIZES), ...Object.keys(TIMES)].find((each) => each.toLowerCase() === match[2].toLowerCase());
  const number = Number(match?.[1]);
  if (unit === undefined || number <= 0) {
    throw new UsageError(`--rotate: "${text}" is neither a size (100MB) nor a time (10min)`);
  }
  return unit in SIZES ? { bytes: number * SIZES[unit] } : { seconds: number * TIMES[unit] };
}

function readMetrics(text: string | undefined): LiveRequest['metrics'] {
  if (text === undefined) return null;
  const match = /^(?:(.+):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) throw new UsageError(`--metrics: "${text}" is not a port or ADDRESS:PORT`);
  return { host: (match[1] ?? '127.0.0.1').replace(/^\[(.*)\]$/, '$1'), port };
}
