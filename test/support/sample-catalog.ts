import type { CatalogEntry } from '../../src/findings/catalog.ts';
import type { Severity } from '../../src/findings/finding.ts';

function entry(code: string, category: string, severity: Severity, title: string): CatalogEntry {
  return {
    code,
    category,
    severity,
    title,
    meaning: `What it means when the analysis says ${code}, in a sentence that is long enough to be wrapped at least once.`,
    cause: `What usually causes ${code}.`,
    hint: `What to do about ${code}.`,
    source: 'RFC 9293 §3.6',
  };
}

/** A few findings in the shape of the catalogue, for tests of renderers. */
export const SAMPLE_CATALOG: readonly CatalogEntry[] = [
  entry('syn-unanswered', 'handshake', 'error', 'nothing answered the SYN'),
  entry('connection-refused', 'handshake', 'error', 'the connection was refused'),
  entry('half-close', 'teardown', 'info', 'one end closed its sending side and went on reading'),
  entry('close-wait-lingering', 'teardown', 'warning', 'an application never closed its end'),
  entry('abortive-close', 'reset', 'warning', 'an end aborted instead of closing'),
];
