/** One sink a format: takes connections as they become final and writes them where they belong. */
import type { CatalogEntry } from '../findings/catalog.ts';
import { renderCsvHeader, renderCsvRow, renderSegmentCsvRows } from '../report/csv.ts';
import { JSON_CLOSING, renderJsonOpening } from '../report/json.ts';
import { OVERVIEW_LIMITS, Overview } from '../report/overview.ts';
import { SCHEMA_VERSION } from '../report/result.ts';
import { isMild } from '../report/severity.ts';
import type { TextOptions } from '../report/terminal.ts';
import { renderTextReport, type TextReport } from '../report/text.ts';
import type { AnalysisEnd, ConnectionObserver, ThreadedSide, WholeConnection } from './engine.ts';
import type { Output } from './output.ts';
import { TextBuffer } from './text-buffer.ts';
import { TextStore } from './text-store.ts';
import { type LineForm, numberLines } from './threads/form.ts';

export interface Sink extends ConnectionObserver {
  end(end: AnalysisEnd): Promise<void>;
}

function writeBatch(output: Output, batch: TextBuffer): void {
  const bytes = batch.takeView();
  if (bytes !== null) output.write(bytes);
}

/** Lines are written together, but the first of them does not wait longer than this, so that a slow stream is not held back. */
const BATCH_MILLIS = 100;

/** Appends a connection as one line, or as some. */
type AppendLine = (connection: WholeConnection, batch: TextBuffer) => void;

class LineSink implements Sink {
  readonly threaded: ThreadedSide;
  readonly #output: Output;
  readonly #append: AppendLine;
  readonly #batch = new TextBuffer();
  #timer: NodeJS.Timeout | null = null;

  constructor(output: Output, header: string, form: LineForm, append: AppendLine) {
    this.#output = output;
    this.#append = append;
    if (header !== '') this.#batch.append(header);
    const takeText = (id: number, text: Uint8Array): void => {
      for (const part of numberLines(form, id, text)) this.#batch.appendBytes(part);
      this.#pass();
    };
    this.threaded = { form, takeText };
  }

  observe(): boolean {
    return true;
  }

  take(connection: WholeConnection): void {
    this.#append(connection, this.#batch);
    this.#pass();
  }

  ready(): Promise<void> {
    return this.#output.drained();
  }

  #pass(): void {
    if (this.#batch.isFull) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flushLate(), BATCH_MILLIS);
  }

  /** The timer goes on, and may come a little early for the next batch: one for each batch would take longer. */
  #flush(): void {
    writeBatch(this.#output, this.#batch);
  }

  /** Outside the analysis nobody would catch what goes wrong; the output throws it again at the next write. */
  #flushLate(): void {
    this.#timer = null;
    try {
      this.#flush();
    } catch {}
  }

  async end(): Promise<void> {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#flush();
  }
}

export function createNdjsonSink(output: Output): Sink {
  return new LineSink(output, '', 'json', (connection, batch) => {
    batch.appendLine(connection.json());
  });
}

export function createCsvSink(output: Output, segments: boolean): Sink {
  const form = segments ? 'csv-segments' : 'csv';
  const render = segments ? renderSegmentCsvRows : renderCsvRow;
  return new LineSink(output, renderCsvHeader(segments), form, (connection, batch) => {
    batch.append(render(connection.build()));
  });
}

/** Keeps the connections, as text and most of it not in memory, because the document begins with what is known last. */
export function createJsonSink(output: Output, version: string): Sink {
  const store = new TextStore();
  return {
    observe: () => true,
    take: (connection) => store.add(connection.id, connection.json()),
    threaded: {
      form: 'json',
      takeText: (id, text) => store.add(id, Buffer.concat(numberLines('json', id, text)).subarray(0, -1)),
    },
    async end({ captures, summary, findings }) {
      const tool = { name: 'lastack', version } as const;
      const head = { schemaVersion: SCHEMA_VERSION, tool, captures, summary, findings } as const;
      const batch = new TextBuffer();
      const pass = async (): Promise<void> => {
        writeBatch(output, batch);
        await output.drained();
      };
      batch.append(renderJsonOpening(head));
      let separator = '\n';
      for (const text of store.inOrder()) {
        batch.append(separator);
        batch.appendBytes(text);
        separator = ',\n';
        if (batch.isFull) await pass();
      }
      batch.append(JSON_CLOSING);
      await pass();
      store.close();
    },
  };
}

/** What the text report says besides what the analysis found, and what is known of finding codes. */
export interface TextContext extends Pick<TextReport, 'paths' | 'filterWords'> {
  readonly catalog: readonly CatalogEntry[];
}

/** With a filter the user asked for these connections, so more of them are listed. */
const FILTERED_LIMITS = { ...OVERVIEW_LIMITS, listed: 50, isFiltered: true };

export function createTextSink(
  output: Output,
  { paths, filterWords, catalog }: TextContext,
  options: TextOptions,
): Sink {
  const limits = filterWords.length > 0 ? FILTERED_LIMITS : OVERVIEW_LIMITS;
  const titles = new Map(catalog.map(({ code, title }) => [code, title]));
  const mildCodes = new Set(catalog.filter(({ severity }) => isMild(severity)).map(({ code }) => code));
  const overview = new Overview({ ...limits, mildCodes });
  return {
    observe: (brief, ends) => overview.observe(brief, ends),
    observeMore: (brief, count) => overview.observeMore(brief, count),
    take: (connection) => overview.keep(connection.build()),
    async end({ captures, summary, findings, totalConnections }) {
      for (const finding of findings) overview.addCaptureFinding(finding);
      const titleOf = (code: string): string | undefined => titles.get(code);
      const report = { captures, summary, totalConnections, overview, paths, filterWords, titleOf };
      output.write(renderTextReport(report, options));
    },
  };
}
