import { stringifyConnection } from './connection-json.ts';
import type { ConnectionResult } from './result.ts';

/** One connection as one line of newline-delimited JSON, line end included. */
export function renderNdjsonLine(connection: ConnectionResult): string {
  return `${stringifyConnection(connection)}\n`;
}
