/** Every format in which one connection is explained; all but the text of a terminal draw the same laid out ladder. */
import type { ExplainOptions } from './explain.ts';
import { renderExplanation } from './explain.ts';
import { renderExplanationHtml } from './explain-html.ts';
import { renderExplanationMarkdown } from './explain-markdown.ts';
import type { ExplainFormat } from './explain-vocabulary.ts';
import { layOutLadder } from './ladder.ts';
import { renderLadderMermaid } from './ladder-mermaid.ts';
import { renderLadderSvg } from './ladder-svg.ts';
import { type ConnectionResult, SCHEMA_VERSION } from './result.ts';
import { summarizeConnection } from './summary.ts';
import type { TextOptions } from './terminal.ts';

/** Explains a connection that was analysed with `segments`; only `text` looks at the text options. */
export function renderConnection(
  connection: ConnectionResult,
  format: ExplainFormat,
  explain: ExplainOptions,
  text: TextOptions,
): string {
  if (format === 'text') return renderExplanation(connection, explain, text);
  const ladder = layOutLadder(connection, explain);
  switch (format) {
    case 'svg': {
      const caption = `#${connection.id} ${summarizeConnection(connection).verdict}`;
      return renderLadderSvg(ladder, { id: `c${connection.id}`, caption, standalone: true });
    }
    case 'html':
      return renderExplanationHtml(connection, ladder);
    case 'mermaid':
      return renderLadderMermaid(ladder);
    case 'markdown':
      return renderExplanationMarkdown(connection, ladder);
    case 'json':
      return `${JSON.stringify({ schemaVersion: SCHEMA_VERSION, connection, ladder }, null, 2)}\n`;
  }
}
