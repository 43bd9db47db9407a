import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { toJsonSchema } from '@valibot/to-json-schema';
import { afterAll, describe, expect, it } from 'vitest';
import { configSchema, parseConfig } from '../../src/cli/config.ts';
import { LIBRARY } from '../../src/cli/library.ts';
import { optionOf, POLICY_OPTIONS, readPolicy } from '../../src/cli/policy.ts';
import { resolvePolicy, THRESHOLD_NAMES } from '../../src/findings/policy.ts';
import { CATALOG } from '../../src/findings/registry.ts';

const codes = CATALOG.map((entry) => entry.code);
const parse = (value: unknown) => parseConfig(JSON.stringify(value), 'x.json', codes);

describe('a configuration', () => {
  it('sets thresholds, severities and the time of TIME_WAIT', () => {
    const config = parse({
      $schema: './node_modules/lastack/config.schema.json',
      timeWaitSeconds: 240,
      thresholds: { closeWaitSeconds: 5.5, scanTargets: 3 },
      severity: { 'abortive-close': 'note', 'midstream-start': 'off' },
    });
    expect(config).toEqual({
      timeWaitSeconds: 240,
      policy: {
        closeWaitSeconds: 5.5,
        scanTargets: 3,
        severities: { 'abortive-close': 'note', 'midstream-start': 'off' },
      },
    });
    expect(resolvePolicy(config.policy)).toMatchObject({ closeWaitSeconds: 5.5, scanTargets: 3, floodConnections: 50 });
  });

  it('may be empty', () => {
    expect(parse({})).toEqual({ policy: { severities: {} } });
  });

  it.each<[unknown, string]>([
    [[], 'x.json: is not a JSON object'],
    [7, 'x.json: is not a JSON object'],
    [{ thresholds: 3 }, 'x.json: thresholds: 3 is not an object'],
    [{ treshold: {} }, 'x.json: treshold: there is no such key; did you mean thresholds?'],
    [
      { thresholds: { closeWaitSecond: 3 } },
      'x.json: thresholds.closeWaitSecond: there is no such key; did you mean closeWaitSeconds?',
    ],
    [{ thresholds: { closeWaitSeconds: '3' } }, 'x.json: thresholds.closeWaitSeconds: "3" is not a number of seconds'],
    [{ thresholds: { closeWaitSeconds: -1 } }, 'x.json: thresholds.closeWaitSeconds: -1 is less than 0'],
    [{ thresholds: { scanTargets: 1.5 } }, 'x.json: thresholds.scanTargets: 1.5 is not a whole number'],
    [{ thresholds: { scanTargets: 0 } }, 'x.json: thresholds.scanTargets: 0 is less than 1'],
    [
      { severity: { 'abortive-close': 'bad' } },
      'x.json: severity.abortive-close: "bad" is not one of info, note, warning, error, off',
    ],
    [
      { severity: { 'abortive-closed': 'off' } },
      'x.json: severity.abortive-closed: there is no such key; did you mean abortive-close?',
    ],
    [{ timeWaitSeconds: null }, 'x.json: timeWaitSeconds: null is not a number of seconds'],
  ])('%j is refused by name', (value, message) => {
    expect(() => parse(value)).toThrow(message);
  });

  it('that is not JSON is said to be none', () => {
    expect(() => parseConfig('{ a', 'x.json', codes)).toThrow(/^x\.json: is not JSON: /);
  });

  it('is described by the schema in the package', async () => {
    const schema = toJsonSchema(configSchema(codes), { errorMode: 'ignore' });
    const described = { title: 'lastack.config.json', ...schema };
    await expect(`${JSON.stringify(described, null, 2)}\n`).toMatchFileSnapshot('../../config.schema.json');
  });
});

describe('the policy', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'lastack-config-'));
  const file = path.join(folder, 'c.json');
  writeFileSync(file, '{"thresholds":{"scanTargets":3,"idleSeconds":9},"severity":{"abortive-close":"off"}}');
  afterAll(() => rmSync(folder, { recursive: true }));
  const read = (options: Record<string, string | boolean | string[]>) => readPolicy({ words: [], options }, LIBRARY);

  it('takes options before the file', async () => {
    const { policy } = await read({
      config: file,
      'scan-targets': '4',
      severity: ['one-way=off,abortive-close=error'],
    });
    expect(policy).toEqual({
      scanTargets: 4,
      idleSeconds: 9,
      severities: { 'abortive-close': 'error', 'one-way': 'off' },
    });
  });

  it('has an option for every threshold', () => {
    for (const name of THRESHOLD_NAMES) expect(POLICY_OPTIONS).toHaveProperty(optionOf(name));
  });

  it.each<[Record<string, string | string[]>, RegExp]>([
    [{ config: path.join(folder, 'none.json') }, /none\.json: there is no such file/],
    [{ 'scan-targets': '0' }, /--scan-targets: "0" is not a whole number from 1 on/],
    [{ 'idle-seconds': 'x' }, /--idle-seconds: "x" is not a number of seconds/],
    [{ severity: ['one-way'] }, /--severity: "one-way" is not CODE=SEVERITY/],
    [{ severity: ['one-wai=off'] }, /--severity: there is no "one-wai"; did you mean one-way\?/],
    [{ severity: ['one-way=bad'] }, /--severity: there is no "bad"/],
  ])('refuses %j', async (options, message) => {
    await expect(read(options)).rejects.toThrow(message);
  });
});
