/** The policy a command works by: options first, then the configuration file, then defaults. */
import { readFileSync } from 'node:fs';
import { SEVERITIES, type Severity } from '../findings/finding.ts';
import { type PolicyOptions, THRESHOLD_NAMES, THRESHOLDS, type ThresholdName } from '../findings/policy.ts';
import type { Config } from './config.ts';
import { UsageError } from './exit.ts';
import { type Library, loadFindingCodes } from './library.ts';
import type { OptionSpec, OptionSpecs, RawArguments } from './options.ts';
import { checkChoice, readList, readSeconds, readSwitch, readText, readWhole } from './values.ts';

/** Looked for in the current directory. */
export const CONFIG_FILE = 'lastack.config.json';

const GROUP = 'What is reported:';

/** `closeWaitSeconds` as an option: `close-wait-seconds`. */
export const optionOf = (name: ThresholdName): string => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

const thresholdOptions = Object.fromEntries(
  THRESHOLD_NAMES.map((name): [string, OptionSpec] => [
    optionOf(name),
    { type: 'string', describe: `${THRESHOLDS[name].about} (${THRESHOLDS[name].default})`, group: GROUP },
  ]),
);

export const POLICY_OPTIONS: OptionSpecs = {
  config: { type: 'string', describe: `Configuration file, if not ./${CONFIG_FILE}`, group: GROUP },
  'no-config': { type: 'boolean', describe: `Leave ./${CONFIG_FILE} alone`, group: GROUP },
  severity: {
    type: 'string',
    list: true,
    describe: 'CODE=info, note, warning, error or off: how serious a finding is',
    group: GROUP,
  },
  ...thresholdOptions,
};

/** What the command line and the configuration file say. */
export async function readPolicy(raw: RawArguments, library: Library): Promise<Config> {
  const config = await readConfigFile(raw, library);
  const thresholds: { [Name in ThresholdName]?: number } = {};
  for (const name of THRESHOLD_NAMES) {
    const option = optionOf(name);
    const value =
      THRESHOLDS[name].unit === 'seconds'
        ? readSeconds(raw.options, option)
        : readWhole(raw.options, option, 1, Number.MAX_SAFE_INTEGER);
    if (value !== undefined) thresholds[name] = value;
  }
  const severities = { ...config.policy.severities, ...(await readSeverities(raw, library)) };
  return { ...config, policy: { ...config.policy, ...thresholds, severities } };
}

async function readSeverities(raw: RawArguments, library: Library): Promise<NonNullable<PolicyOptions['severities']>> {
  const pairs = readList(raw.options, 'severity');
  if (pairs.length === 0) return {};
  const codes = await loadFindingCodes(library);
  const severities: Record<string, Severity | 'off'> = {};
  for (const pair of pairs) {
    const [code, word, ...rest] = pair.split('=');
    if (word === undefined || rest.length > 0) throw new UsageError(`--severity: "${pair}" is not CODE=SEVERITY`);
    severities[checkChoice('--severity', code, codes)] = checkChoice('--severity', word, [...SEVERITIES, 'off']);
  }
  return severities;
}

async function readConfigFile(raw: RawArguments, library: Library): Promise<Config> {
  const named = readText(raw.options, 'config');
  if (named === undefined && readSwitch(raw.options, 'no-config')) return { policy: {} };
  const path = named ?? CONFIG_FILE;
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (named === undefined && code === 'ENOENT') return { policy: {} };
    throw new UsageError(`${path}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
  const { parseConfig } = await import('./config.ts');
  return parseConfig(text, path, await loadFindingCodes(library));
}
