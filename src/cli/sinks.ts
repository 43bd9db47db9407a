/** One sink a format: takes connections as they become final and writes them where they belong. */
import { renderCsvHeader, renderCsvRow, renderSegmentCsvRows } from '../report/csv.ts';
import { renderJsonTexts } from '../report/json.ts';
import { renderNdjsonLine } from '../report/ndjson.ts';
import { OVERVIEW_LIMITS, Overview } from '../report/overview.ts';
import { type ConnectionResult, SCHEMA_VERSION } from '../report/result.ts';
import type { TextOptions } from '../report/terminal.ts';
import { renderTextReport, type TextReport } from '../report/text.ts';
import type { AnalysisEnd, ConnectionObserver } from './engine.ts';
import type { Output } from './output.ts';

export interface Sink extends ConnectionObserver {
  end(end: AnalysisEnd): Promise<void>;
}

/** Lines are joined up to about this many characters before they are written... */
const BATCH_CHARS = 64 * 1024;
/** ...or until the oldest of them has waited this long, so that a slow stream is not held back. */
const BATCH_MILLIS = 100;

class LineSink implements Sink {
  readonly #output: Output;
  readonly #render: (connection: ConnectionResult) => string;
  #batch: string;
  #timer: NodeJS.Timeout | null = null;

  constructor(output: Output, header: string, render: (connection: ConnectionResult) => string) {
    this.#output = output;
    this.#render = render;
    this.#batch = header;
  }

  observe(): boolean {
    return true;
  }

  take(connection: ConnectionResult): void {
    this.#batch += this.#render(connection);
    if (this.#batch.length >= BATCH_CHARS) this.#flush();
    else this.#timer ??= setTimeout(() => this.#flushLate(), BATCH_MILLIS);
  }

  ready(): Promise<void> {
    return this.#output.drained();
  }

  #flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    const text = this.#batch;
    this.#batch = '';
    this.#output.write(text);
  }

  /** Outside the analysis nobody would catch what goes wrong; the output throws it again at the next write. */
  #flushLate(): void {
    try {
      this.#flush();
    } catch {
      this.#timer = null;
    }
  }

  async end(): Promise<void> {
    this.#flush();
  }
}

export function createNdjsonSink(output: Output): Sink {
  return new LineSink(output, '', renderNdjsonLine);
}

export function createCsvSink(output: Output, segments: boolean): Sink {
  return new LineSink(output, renderCsvHeader(segments), segments ? renderSegmentCsvRows : renderCsvRow);
}

/** Keeps the connections, because the document begins with what is known last; as text they take the least memory. */
export function createJsonSink(output: Output, version: string): Sink {
  const connections: { id: number; text: string }[] = [];
  return {
    observe: () => true,
    take(connection) {
      connections.push({ id: connection.id, text: JSON.stringify(connection) });
    },
    async end({ captures, summary, findings }) {
      connections.sort((a, b) => a.id - b.id);
      const tool = { name: 'lastack', version } as const;
      const head = { schemaVersion: SCHEMA_VERSION, tool, captures, summary, findings } as const;
      for (const piece of renderJsonTexts(head, texts(connections))) {
        output.write(piece);
        await output.drained();
      }
    },
  };
}

function* texts(connections: readonly { text: string }[]): Generator<string> {
  for (const { text } of connections) yield text;
}

/** What the text report says besides what the analysis found. */
export type TextContext = Pick<TextReport, 'paths' | 'filterWords' | 'titleOf'>;

/** With a filter the user asked for these connections, so more of them are listed. */
const FILTERED_LIMITS = { ...OVERVIEW_LIMITS, listed: 50 };

export function createTextSink(output: Output, context: TextContext, options: TextOptions): Sink {
  const overview = new Overview(context.filterWords.length > 0 ? FILTERED_LIMITS : OVERVIEW_LIMITS);
  return {
    observe: (brief) => overview.observe(brief),
    take: (connection) => overview.keep(connection),
    async end({ captures, summary, findings, totalConnections }) {
      for (const finding of findings) overview.addCaptureFinding(finding);
      output.write(renderTextReport({ captures, summary, totalConnections, overview, ...context }, options));
    },
  };
}
