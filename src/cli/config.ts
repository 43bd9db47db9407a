/**
 * The configuration file: policy that a team shares.
 *
 *     {
 *       "$schema": "./node_modules/lastack/config.schema.json",
 *       "timeWaitSeconds": 60,
 *       "thresholds": { "closeWaitSeconds": 30, "scanTargets": 20 },
 *       "severity": { "abortive-close": "note", "midstream-start": "off" }
 *     }
 *
 * `config.schema.json` is made of the same definition.
 */
import * as v from 'valibot';
import { SEVERITIES } from '../findings/finding.ts';
import { type PolicyOptions, THRESHOLD_NAMES, THRESHOLDS, type Thresholds } from '../findings/policy.ts';
import { UsageError } from './exit.ts';
import { suggest } from './values.ts';

/** What a configuration file sets. */
export interface Config {
  readonly timeWaitSeconds?: number;
  readonly policy: PolicyOptions;
}

const SEVERITY_WORDS = [...SEVERITIES, 'off'] as const;

const seconds = (): v.GenericSchema<number> =>
  v.pipe(v.number('is not a number of seconds'), v.minValue(0, 'is less than 0'));
const count = (): v.GenericSchema<number> =>
  v.pipe(v.number('is not a number'), v.integer('is not a whole number'), v.minValue(1, 'is less than 1'));

/** The definition of a configuration, for the finding codes there are. */
export function configSchema(codes: readonly string[]) {
  const thresholds = THRESHOLD_NAMES.map((name) => {
    const { unit, about, default: usual } = THRESHOLDS[name];
    const schema = unit === 'seconds' ? seconds() : count();
    return [name, v.optional(v.pipe(schema, v.description(`${about} (default ${usual}).`)))] as const;
  });
  const word = v.picklist(SEVERITY_WORDS, `is not one of ${SEVERITY_WORDS.join(', ')}`);
  const severities = codes.map((code) => [code, v.optional(word)] as const);
  return v.strictObject({
    $schema: v.optional(v.string('is not a string')),
    timeWaitSeconds: v.optional(
      v.pipe(seconds(), v.description('Seconds that TIME_WAIT lasts (default 60 as on Linux; RFC 9293 says 240).')),
    ),
    thresholds: v.optional(
      v.pipe(
        v.strictObject(Object.fromEntries(thresholds), 'is not an object'),
        v.description('From where on something is reported.'),
      ),
    ),
    severity: v.optional(
      v.pipe(
        v.strictObject(Object.fromEntries(severities), 'is not an object'),
        v.description('Severities of finding codes other than those of the catalogue; "off" reports nothing.'),
      ),
    ),
  });
}

/**
 * Reads the text of a configuration file.
 *
 * @throws UsageError naming the file and the key that is wrong
 */
export function parseConfig(text: string, path: string, codes: readonly string[]): Config {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`${path}: is not JSON: ${(error as Error).message}`);
  }
  if (Array.isArray(json)) throw new UsageError(`${path}: is not a JSON object`);
  const result = v.safeParse(configSchema(codes), json);
  if (!result.success) throw new UsageError(`${path}: ${describeIssue(result.issues[0], codes)}`);
  const { timeWaitSeconds, thresholds = {}, severity = {} } = result.output;
  return {
    ...(timeWaitSeconds === undefined ? {} : { timeWaitSeconds }),
    policy: { ...(thresholds as Partial<Thresholds>), severities: severity as PolicyOptions['severities'] & object },
  };
}

function describeIssue(issue: v.BaseIssue<unknown>, codes: readonly string[]): string {
  const keys = issue.path?.map((item) => String(item.key)) ?? [];
  if (keys.length === 0) return 'is not a JSON object';
  const where = keys.join('.');
  if (issue.expected !== 'never') return `${where}: ${JSON.stringify(issue.input)} ${issue.message}`;
  const last = keys[keys.length - 1];
  const known = keys[0] === 'thresholds' ? THRESHOLD_NAMES : keys[0] === 'severity' ? codes : TOP_KEYS;
  const near = suggest(last, known);
  return `${where}: there is no such key${near === undefined ? '' : `; did you mean ${near}?`}`;
}

const TOP_KEYS = ['$schema', 'timeWaitSeconds', 'thresholds', 'severity'];
