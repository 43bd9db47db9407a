import { LIBRARY } from '../../src/cli/library.ts';
import { renderFindingsPage } from './findings-page.ts';
import { renderMachinePage } from './machine-page.ts';
import { runLastack } from './run-lastack.ts';
import { drawTerminal } from './terminal-svg.ts';
import { retell } from './tour.ts';

/** A file of the repository that is written from the program itself, wholly or in part. */
export interface Page {
  /** From the root of the repository. */
  readonly path: string;
  /** What the file has to hold, from what it holds now (empty when there is none). */
  render(current: string): Promise<string>;
}

/** Every such file. */
export const PAGES: readonly Page[] = [
  { path: 'README.md', render: retell },
  { path: 'docs/cookbook.md', render: retell },
  { path: 'docs/findings.md', render: async () => renderFindingsPage(await LIBRARY.catalog()) },
  { path: 'docs/state-machine.md', render: async () => renderMachinePage(await LIBRARY.rules()) },
  { path: 'docs/images/overview.svg', render: () => drawCommand(['fixtures/four-connections.pcap']) },
  {
    path: 'docs/images/ladder.svg',
    render: async () => (await runLastack(['explain', 'fixtures/w4-lost-after-tap.pcap', '-f', 'svg'])).out,
  },
  { path: 'docs/images/explain.svg', render: () => drawCommand(['explain', 'fixtures/data-after-close.pcap']) },
];

const PICTURE_COLUMNS = 92;

async function drawCommand(args: readonly string[]): Promise<string> {
  const { out } = await runLastack(args, { width: PICTURE_COLUMNS, colour: true });
  return drawTerminal(`npx lastack ${args.join(' ')}`, out, PICTURE_COLUMNS);
}
