/** The program of a report page: unpacks what the page carries, and answers to the table, the filters and the ladders. */
import { Rows } from './rows.ts';
import { Sheet } from './sheet.ts';
import { TableView } from './table.ts';
import { Ladders, readData, readTable } from './unpack.ts';

const data = readData();
const rows = new Rows(await readTable(), data.vocabulary);
const sheet = new Sheet(new Ladders(data), data);
const open = (row: number): void => {
  const parcel = rows.table.parcel[row];
  const name = `#${rows.table.id[row]} ${rows.endpoint(row, 'client')} → ${rows.endpoint(row, 'server')}`;
  if (parcel >= 0) void sheet.open(rows.table.id[row], parcel, name);
};
const table = new TableView(rows, open);

document.addEventListener('click', (event) => {
  const button = (event.target as Element).closest<HTMLElement>(
    'button[data-connection],button[data-outcome],button[data-finding]',
  );
  if (button === null) return;
  const { connection, outcome, finding } = button.dataset;
  if (outcome !== undefined) table.filterBy('outcome', outcome);
  else if (finding !== undefined) table.filterBy('finding', finding);
  else {
    const row = rows.rowOf(Number(connection));
    if (row < 0)
      table.tell(
        `#${connection} is not in the table; see it with: lastack explain ${data.paths[0]} --connection ${connection}`,
      );
    else if (rows.table.parcel[row] >= 0) open(row);
    else table.filterBy('search', `#${connection}`);
  }
});
document.documentElement.dataset.ready = 'true';
