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
import { stringifyConnection } from './connection-json.ts';
import type { ConnectionResult, ResultDocument } from './result.ts';

/** Everything of a result document except the connections, which may come from elsewhere one by one. */
export type DocumentHead = Omit<ResultDocument, 'connections'>;

/** Pieces are joined up to about this many characters, so that the sink is called thousands of times less often. */
const PIECE_CHARS = 64 * 1024;

/** Yields the text of a result document; `connections` is read once, one at a time, and nothing of it is kept. */
export function* renderJson(head: DocumentHead, connections: Iterable<ConnectionResult>): Generator<string> {
  yield* renderJsonTexts(head, stringifyEach(connections));
}

function* stringifyEach(connections: Iterable<ConnectionResult>): Generator<string> {
  for (const connection of connections) yield stringifyConnection(connection);
}

function* renderJsonTexts(head: DocumentHead, connections: Iterable<string>): Generator<string> {
  yield renderJsonOpening(head);
  let piece = '';
  let separator = '\n';
  for (const connection of connections) {
    piece += separator + connection;
    separator = ',\n';
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  yield piece + JSON_CLOSING;
}

/** Like {@link renderJson}, for connections that arrive over time. */
export async function* streamJson(
  head: DocumentHead,
  connections: AsyncIterable<ConnectionResult>,
): AsyncGenerator<string> {
  yield renderJsonOpening(head);
  let piece = '';
  let separator = '\n';
  for await (const connection of connections) {
    piece += separator + stringifyConnection(connection);
    separator = ',\n';
    if (piece.length >= PIECE_CHARS) {
      yield piece;
      piece = '';
    }
  }
  if (piece !== '') yield piece;
  yield JSON_CLOSING;
}

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
