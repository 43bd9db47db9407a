/**
 * The result document as JSON text, in pieces: a document of 200,000 connections never exists as one string.
 *
 *     { "schemaVersion", "tool", "captures", "summary", "findings",
 *       "connections": [
 *         one connection a line,
 *         ... ] }
 *
 * A connection a line keeps the document readable with `less`, `grep` and `diff`, and costs nothing.
 */
import type { ResultDocument } from './result.ts';

/** Everything of a result document except the connections, which come one by one. */
export type DocumentHead = Omit<ResultDocument, 'connections'>;

/** What the text of a document ends with. */
export const JSON_CLOSING = '\n]}\n';

/** What the text of a document begins with, up to the first connection. */
export function renderJsonOpening(head: DocumentHead): string {
  const text = JSON.stringify({
    schemaVersion: head.schemaVersion,
    tool: head.tool,
    captures: head.captures,
    summary: head.summary,
    findings: head.findings,
  });
  return `${text.slice(0, -1)},\n"connections":[`;
}
