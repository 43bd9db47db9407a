/** What threads make of connections, so that the one that writes has only to put them in order and number them. */
import { renderCsvRow, renderSegmentCsvRows } from '../../report/csv.ts';
import { renderNdjsonLine } from '../../report/ndjson.ts';
import type { ConnectionResult } from '../../report/result.ts';

/** `overview`: the few that may be shown, as objects; otherwise all of them, as lines of text. */
export type Form = 'overview' | LineForm;
export type LineForm = 'json' | 'csv' | 'csv-segments';

/** The text of a connection, without its number at the beginning of each line: a thread does not know it yet. */
export function renderUnnumbered(form: LineForm, connection: ConnectionResult): string {
  const start = numberOf(form, connection.id).length;
  switch (form) {
    case 'json':
      return renderNdjsonLine(connection).slice(start);
    case 'csv':
      return renderCsvRow(connection).slice(start);
    case 'csv-segments':
      return renderSegmentCsvRows(connection).replaceAll(/^\d+/gm, '');
  }
}

function numberOf(form: LineForm, id: number): string {
  return form === 'json' ? `{"id":${id}` : String(id);
}

const LINE_FEED = 10;

/** The text of a connection from a thread, in parts, with its number where it belongs. */
export function numberLines(form: LineForm, id: number, text: Uint8Array): Uint8Array[] {
  const number = Buffer.from(numberOf(form, id), 'latin1');
  if (form !== 'csv-segments') return [number, text];
  const parts: Uint8Array[] = [];
  for (let start = 0; start < text.length; ) {
    const end = text.indexOf(LINE_FEED, start) + 1;
    parts.push(number, text.subarray(start, end));
    start = end;
  }
  return parts;
}
