import type { CatalogEntry } from '../../src/findings/catalog.ts';

const SEVERITY_MEANS = {
  error: 'something failed that somebody will have noticed',
  warning: 'something went wrong, or soon will',
  note: 'worth knowing when you look into a connection; nothing failed',
  info: 'how it went',
} as const;

/** docs/findings.md: the catalogue, by category in the order in which findings are listed. */
export function renderFindingsPage(catalog: readonly CatalogEntry[]): string {
  const categories = [...new Set(catalog.map((entry) => entry.category))];
  return [
    '# Findings',
    '',
    '<!-- Written by `npm run docs` from the catalogue of src/findings. -->',
    '',
    `${catalog.length} codes. \`lastack findings CODE\` prints an entry in the terminal, \`lastack CAPTURE --finding CODE\` lists the connections that have it.`,
    'A finding names its frames and gives the numbers of the case; a severity below is the usual one, a case can differ.',
    'What rests on something *not* having been seen is only claimed when the capture went on long enough to show it.',
    '',
    '| severity | means |',
    '|---|---|',
    ...Object.entries(SEVERITY_MEANS).map(([severity, means]) => `| ${severity} | ${means} |`),
    '',
    ...categories.flatMap((category) => {
      const entries = catalog.filter((entry) => entry.category === category);
      return [`## ${capitalize(category)}`, '', ...renderTable(entries), ...entries.flatMap(renderEntry)];
    }),
  ].join('\n');
}

function renderTable(entries: readonly CatalogEntry[]): string[] {
  return [
    '| code | severity | |',
    '|---|---|---|',
    ...entries.map(({ code, severity, title }) => `| [${code}](#${code}) | ${severity} | ${escapeCell(title)} |`),
    '',
  ];
}

function renderEntry({ code, severity, title, meaning, cause, hint, source }: CatalogEntry): string[] {
  return [
    `### ${code}`,
    '',
    `**${escapeText(title)}** (${severity})`,
    '',
    escapeText(meaning),
    '',
    ...(cause === '' ? [] : [`- Likely cause: ${escapeText(cause)}`]),
    ...(hint === '' ? [] : [`- What to do: ${escapeText(hint)}`]),
    `- Source: ${escapeText(source)}`,
    '',
  ];
}

function capitalize(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

function escapeText(text: string): string {
  return text.replace(/([*_<>])/g, '\\$1');
}

function escapeCell(text: string): string {
  return escapeText(text).replaceAll('|', '\\|');
}
