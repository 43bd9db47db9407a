import { describe, expect, it } from 'vitest';
import type { End } from '../src/flow/vocabulary.ts';
import { analyzeFile } from '../src/index.ts';
import type { ConnectionResult } from '../src/report/result.ts';
import { type Fixture, formatAddress, listFixtures, readTruth, statePath } from './support/fixtures.ts';
import { UNSEEN } from './support/unseen.ts';

/** What the kernels of both ends went through, against what lastack concludes from the tap in the middle. */
describe('truth', () => {
  for (const fixture of listFixtures()) {
    it(`${fixture.name}: both ends went through the states their kernels were in`, async () => {
      const { connections } = await analyzeFile(fixture.capture);
      expect(concluded(fixture, connections)).toEqual(happened(fixture));
    });
  }

  it('explains only differences that there are', async () => {
    for (const name of Object.keys(UNSEEN)) {
      const fixture = listFixtures().find((each) => each.name === name);
      if (!fixture) throw new Error(`no fixture ${name}`);
      const { connections } = await analyzeFile(fixture.capture);
      const explained = UNSEEN[name];
      for (const key of Object.keys(explained?.paths ?? {})) {
        expect(truePaths(fixture)[key], `${name} ${key}`).not.toEqual(concluded(fixture, connections)[key]);
      }
    }
  });
});

/** `local remote` to the states of all connections of that tuple, as analysed. */
function concluded(fixture: Fixture, connections: ConnectionResult[]): Record<string, string[]> {
  const paths: Record<string, string[]> = {};
  for (const key of Object.keys(truePaths(fixture))) paths[key] = [];
  for (const connection of connections) {
    for (const end of ['client', 'server'] as const) {
      const path = statePath(connection.endpoints[end]);
      const key = keyOf(end, connection);
      const isSelf = keyOf('client', connection) === keyOf('server', connection);
      if (isSelf && end === 'server') continue;
      if (path.length > 0) paths[key] = [...(paths[key] ?? []), ...path];
    }
  }
  return paths;
}

function keyOf(end: End, { client, server }: ConnectionResult): string {
  const [local, remote] = end === 'client' ? [client, server] : [server, client];
  return `${formatAddress(local)} ${formatAddress(remote)}`;
}

function truePaths(fixture: Fixture): Record<string, string[]> {
  return Object.fromEntries(
    readTruth(fixture).ends.map(({ local, remote, states }) => [
      `${local} ${remote}`,
      states.map((entry) => entry.state),
    ]),
  );
}

/** The truth, but for what no packet of this capture can show. */
function happened(fixture: Fixture): Record<string, string[]> {
  return { ...truePaths(fixture), ...UNSEEN[fixture.name]?.paths };
}
