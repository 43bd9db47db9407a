import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { LIBRARY } from '../../src/cli/library.ts';
import { runCli } from '../../src/cli/run.ts';
import { comparePoints, isSame } from '../../src/diff/compare.ts';
import { readPoint } from '../../src/diff/point.ts';
import { synthesizePcap } from '../../src/synth/capture.ts';
import { parseScenario } from '../../src/synth/scenario.ts';
import { createTestIo } from '../support/cli-io.ts';

const scratch = mkdtempSync(join(tmpdir(), 'lastack-rejoin-'));
afterAll(() => rmSync(scratch, { recursive: true }));

/** Data of the client between a handshake and a close, as one point sees it; `isn` is the client's there. */
function point(name: string, data: string, { options = 'linux', isn = 1000, late = 0, end = 10_001 } = {}): string {
  const stamps = (tsVal: number, tsEcr: number): string =>
    options === 'linux' ? `tsval ${tsVal}${tsEcr === 0 ? '' : ` tsecr ${tsEcr}`}` : '';
  const text = `# ${name}

\`\`\`settings
options ${options}
C 10.0.0.1:40000 isn ${isn}
\`\`\`

\`\`\`packets
${(0.1 + late).toFixed(3)} C > S S 0:0(0) ${stamps(700, 0)}
${(0.12 - late).toFixed(3)} S > C S. 0:0(0) ack 1 ${stamps(55, 700)}
${(0.121 + late).toFixed(3)} C > S . 1:1(0) ack 1 ${stamps(720, 55)}
${data}
${(0.4 + late).toFixed(3)} C > S F. ${end}:${end}(0) ack 1 id 900 ${stamps(900, 55)}
${(0.42 - late).toFixed(3)} S > C F. 1:1(0) ack ${end + 1} id 901 ${stamps(60, 900)}
${(0.421 + late).toFixed(3)} C > S . ${end + 1}:${end + 1}(0) ack 2 id 902 ${stamps(910, 60)}
\`\`\`
`;
  const path = join(scratch, `${name}.pcap`);
  writeFileSync(path, synthesizePcap(parseScenario(text, { path: name, labels: [], states: [] })));
  return path;
}

const line = (at: number, start: number, end: number, extra = ''): string =>
  `${at.toFixed(3)} C > S . ${start}:${end}(${end - start}) ack 1 ${extra}`;
/** Parts that one card cut from a whole have its time stamps. */
const STAMPS = 'tsval 777 tsecr 55';
const WHOLE = [line(0.2, 1, 6001, STAMPS), line(0.21, 6001, 10_001, STAMPS)];
const PARTS = [
  line(0.203, 1, 1449, STAMPS),
  line(0.204, 1449, 2897, STAMPS),
  line(0.205, 2897, 6001, STAMPS),
  line(0.213, 6001, 8001, STAMPS),
  line(0.214, 8001, 10_001, STAMPS),
];

async function compare(a: string, b: string) {
  const comparison = comparePoints(await readPoint(a, {}), await readPoint(b, {}), true);
  expect(comparison.connections).toHaveLength(1);
  const [toServer] = comparison.connections[0].directions;
  return { toServer, alike: isSame(comparison) };
}

describe('segments that offload cut or joined', () => {
  test('are the same octets at both points', async () => {
    const a = point('whole', WHOLE.join('\n'));
    const b = point('parts', PARTS.join('\n'), { late: 0.003 });
    const rejoined = [
      { A: [4], B: [4, 5, 6] },
      { A: [5], B: [7, 8] },
    ];
    expect(await compare(a, b)).toMatchObject({
      alike: true,
      toServer: { passed: 4, lost: [], appeared: [], rejoined },
    });
    expect((await compare(b, a)).toServer.rejoined).toEqual(rejoined.map(({ A, B }) => ({ A: B, B: A })));
    const io = createTestIo();
    expect(await runCli(['diff', a, b, '--same-clock'], io, LIBRARY)).toBe(0);
    expect(io.out()).toContain('2 segments at A, 5 segments at B with the same bytes: cut or');
  });

  test('also where both points have other parts, without time stamps, or with numbers that were rewritten', async () => {
    const other = [line(0.2, 1, 2001), line(0.201, 2001, 7001), line(0.202, 7001, 10_001)];
    const parts = PARTS.map((each) => each.replace(STAMPS, ''));
    const a = point('other', other.join('\n'), { options: 'plain' });
    const b = point('plain', parts.join('\n'), { options: 'plain', isn: 4_294_966_000, late: 0.003 });
    const { toServer, alike } = await compare(a, b);
    expect(toServer).toMatchObject({ lost: [], appeared: [], rejoined: [{ A: [4, 5, 6], B: [4, 5, 6, 7, 8] }] });
    expect(alike).toBe(true);
  });

  test.each([
    ['a part is missing', PARTS.filter((_, index) => index !== 1), 1],
    ['the last part is missing', PARTS.slice(0, -1), 1],
    ['a part came twice', [...PARTS, line(0.3, 1449, 2897, `${STAMPS} id 77`)], 1],
    [
      'a part has another time stamp: it was sent again',
      PARTS.map((each, index) => (index === 1 ? each.replace('777', '800') : each)),
      1,
    ],
  ])('are not put together when %s', async (_, parts, left) => {
    const { toServer, alike } = await compare(
      point('a', WHOLE.join('\n')),
      point('b', parts.join('\n'), { late: 0.003 }),
    );
    expect(alike).toBe(false);
    expect(toServer.lost).toHaveLength(left);
    expect(toServer.rejoined).toHaveLength(WHOLE.length - left);
  });
});
