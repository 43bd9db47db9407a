/** One connection explained as a page of its own: story, ladder, findings; it loads nothing and runs no script. */

import type { Ladder } from './ladder-model.ts';
import { renderLadderSvg } from './ladder-svg.ts';
import { escapeMarkup } from './markup.ts';
import { formatEndpoint, formatFrames } from './measure.ts';
import type { ConnectionResult } from './result.ts';
import { sortBySeverity } from './severity.ts';
import { summarizeConnection } from './summary.ts';

const STYLE = `:root{color-scheme:light dark;--paper:#fff;--ink:#1c2126;--muted:#59636e;--line:#d5dbe1}
@media screen and (prefers-color-scheme:dark){:root{--paper:#14181d;--ink:#e8ecf0;--muted:#a2acb6;--line:#3a434c}}
body{margin:0 auto;max-width:62rem;padding:1.5rem;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,sans-serif}
h1{font-size:1.3rem;margin:0 0 .25rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:1.5rem 0 .25rem}
.verdict{margin:0 0 1rem;font-weight:600}dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0 0 1rem}
dt{color:var(--muted)}dd{margin:0}figure{margin:1rem 0;overflow-x:auto;border:1px solid var(--line);border-radius:8px}
svg{display:block;max-width:100%;height:auto;min-width:44rem}p{margin:.25rem 0}.muted{color:var(--muted)}
@media print{body{max-width:none;padding:0}figure{border:0}svg{min-width:0}}`;

/** Renders a connection and its ladder. */
export function renderExplanationHtml(connection: ConnectionResult, ladder: Ladder): string {
  const { id, client, server } = connection;
  const { verdict, facts, endings } = summarizeConnection(connection);
  const title = `#${id} ${formatEndpoint(client)} → ${formatEndpoint(server)}`;
  const svg = renderLadderSvg(ladder, { id: `c${id}`, caption: `#${id} ${verdict}`, standalone: true });
  const findings = sortBySeverity(connection.findings).map(({ code, severity, message, frames, cause, hint }) => {
    const evidence = frames.length > 0 ? ` <span class="muted">(${formatFrames(frames)})</span>` : '';
    const more = [
      ['Cause', cause],
      ['Hint', hint],
    ].filter(([, text]) => text !== '');
    const lines = more.map(([name, text]) => `<p><strong>${name}:</strong> ${escapeMarkup(text)}</p>`);
    return `<h2>${code} <span class="muted">${severity}</span></h2><p>${escapeMarkup(message)}${evidence}</p>${lines.join('')}`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeMarkup(`${title}: ${verdict}`)}</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>${escapeMarkup(title)}</h1>
<p class="verdict">${escapeMarkup(verdict)}</p>
<dl>${facts.map(([name, text]) => `<dt>${name}</dt><dd>${escapeMarkup(text)}</dd>`).join('')}</dl>
<figure tabindex="0" aria-label="Ladder of the connection">
${svg}</figure>
${endings.map((text) => `<p>${escapeMarkup(text)}</p>`).join('\n')}
${findings.join('\n')}
</main>
</body>
</html>
`;
}
