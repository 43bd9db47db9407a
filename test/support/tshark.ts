import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Version line of the tshark that is installed; null without one. */
export function tsharkVersion(): string | null {
  const { status, stdout } = spawnSync('tshark', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.split('\n')[0] : null;
}

/** What tshark says of one TCP segment. */
export interface TsharkSegment {
  readonly frame: number;
  readonly stream: number;
  readonly flags: number;
  readonly seq: number;
  readonly ack: number;
  readonly length: number;
  /** `tcp.completeness` of the stream up to here. */
  readonly completeness: number;
  /** Names of the `tcp.analysis` fields that are set, of those asked for. */
  readonly analysis: readonly string[];
}

export const ANALYSIS = [
  'retransmission',
  'fast_retransmission',
  'spurious_retransmission',
  'out_of_order',
  'duplicate_ack',
  'window_update',
  'zero_window',
  'zero_window_probe',
  'zero_window_probe_ack',
  'keep_alive',
  'keep_alive_ack',
] as const;

const COLUMNS = [
  'frame.number',
  'tcp.stream',
  'tcp.flags',
  'tcp.seq_raw',
  'tcp.ack_raw',
  'tcp.len',
  'tcp.completeness',
];
/** Reads a capture with tshark, twice over as it does for its final verdicts. */
export async function readWithTshark(path: string): Promise<TsharkSegment[]> {
  const fields = [...COLUMNS, ...ANALYSIS.map((name) => `tcp.analysis.${name}`)];
  const args = ['-2', '-n', '-r', path, '-Y', 'tcp && !icmp && !icmpv6', '-T', 'fields', '-E', 'occurrence=l'];
  const { stdout } = await run('tshark', [...args, ...fields.flatMap((field) => ['-e', field])], {
    maxBuffer: 1 << 26,
  });
  return stdout.trim().split('\n').filter(Boolean).map(parseLine);
}

function parseLine(line: string): TsharkSegment {
  const columns = line.split('\t');
  const [frame, stream, flags, seq, ack, length, completeness] = columns.map(Number);
  const analysis = ANALYSIS.filter((_, index) => (columns[COLUMNS.length + index] ?? '') !== '');
  return { frame, stream, flags, seq, ack, length, completeness, analysis };
}
