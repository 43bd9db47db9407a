import { SEVERITIES } from '../findings/finding.ts';
import { OUTCOMES } from '../flow/vocabulary.ts';
import type { AnalysisRequest, ConnectionFilter } from './engine.ts';
import { UsageError } from './exit.ts';
import type { CliIo } from './io.ts';
import { type Library, loadFindingCodes } from './library.ts';
import type { RawArguments } from './options.ts';
import {
  checkChoice,
  readAddress,
  readChoice,
  readList,
  readSeconds,
  readSwitch,
  readText,
  readWhole,
} from './values.ts';

/** Capture paths from the command line. */
export function readPaths(raw: RawArguments, io: CliIo): readonly string[] {
  if (raw.words.length === 0) throw new UsageError('no capture given');
  const inputs = raw.words.filter((word) => word === '-').length;
  if (inputs > 1) throw new UsageError('standard input (-) can be given only once');
  if (inputs === 1 && io.stdinIsTerminal) {
    throw new UsageError('standard input is a terminal; pipe a capture into lastack: tcpdump -w - | lastack -');
  }
  return raw.words;
}

/** The filter options; the known finding codes are loaded only when one was given. */
export async function readFilter(raw: RawArguments, library: Library): Promise<ConnectionFilter> {
  const { options } = raw;
  const host = readAddress(options, 'host');
  const port = readWhole(options, 'port', 0, 65_535);
  const connection = readWhole(options, 'connection', 1, Number.MAX_SAFE_INTEGER);
  const outcomes = readList(options, 'outcome').map((word) => checkChoice('--outcome', word, OUTCOMES));
  const minSeverity = readChoice(options, 'min-severity', SEVERITIES);
  const closer = readChoice(options, 'closed-first', ['client', 'server', 'both', 'none']);
  const findings = readList(options, 'finding');
  if (findings.length > 0) {
    const known = await loadFindingCodes(library);
    for (const code of findings) checkChoice('--finding', code, known);
  }
  return {
    ...(host === undefined ? {} : { host }),
    ...(port === undefined ? {} : { port }),
    ...(connection === undefined ? {} : { connection }),
    ...(outcomes.length === 0 ? {} : { outcomes }),
    ...(findings.length === 0 ? {} : { findings }),
    ...(minSeverity === undefined ? {} : { minSeverity }),
    ...(closer === undefined ? {} : { closedFirst: closer === 'none' ? null : closer }),
  };
}

const DEFAULT_TIME_WAIT_SECONDS = 60;

/** Seconds of TIME_WAIT; `configured` is what the configuration file says. */
export function readTimeWait(raw: RawArguments, configured: number = DEFAULT_TIME_WAIT_SECONDS): number {
  return readSeconds(raw.options, 'time-wait') ?? configured;
}

/** How packets are to be decoded. */
export function readDecoding(raw: RawArguments): NonNullable<AnalysisRequest['decoding']> {
  const { options } = raw;
  return { decapsulate: !readSwitch(options, 'no-decapsulate'), checksums: readSwitch(options, 'checksums') };
}

/** The filter options as they were typed, to build further commands from. */
export function filterWords(raw: RawArguments): string[] {
  const names = ['host', 'port', 'connection', 'closed-first', 'min-severity'];
  const words = names.flatMap((name) => {
    const value = readText(raw.options, name);
    return value === undefined ? [] : [`--${name}`, value];
  });
  for (const name of ['outcome', 'finding']) {
    const list = readList(raw.options, name);
    if (list.length > 0) words.push(`--${name}`, list.join(','));
  }
  return words;
}
