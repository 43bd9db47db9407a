/** A terminal window as SVG, from text with ANSI colours. Only the colours that lastack uses are known. */

const FONT_SIZE = 14;
const COLUMN_WIDTH = 8.4;
const LINE_HEIGHT = 18;
const MARGIN = 16;
const TITLE_BAR_HEIGHT = 30;

const FOREGROUND = '#d5d9e0';
const BACKGROUND = '#171b24';
const TITLE_BAR = '#262c38';
const PROMPT = '#7f8896';
const COLOURS: Readonly<Record<number, string>> = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#f2cc60',
  34: '#79b8ff',
  35: '#d2a8ff',
  36: '#56d4dd',
};

interface Look {
  fill: string;
  bold: boolean;
  dim: boolean;
}

interface Run extends Look {
  readonly column: number;
  readonly text: string;
}

/** Draws a command and what it printed; `columns` is the width of the terminal. */
export function drawTerminal(command: string, output: string, columns: number): string {
  const lines = output.replace(/\n+$/, '').split('\n');
  const width = Math.ceil(columns * COLUMN_WIDTH + 2 * MARGIN);
  const height = TITLE_BAR_HEIGHT + 2 * MARGIN + (lines.length + 1) * LINE_HEIGHT;
  const look: Look = { fill: FOREGROUND, bold: false, dim: false };
  const prompt: Run[] = [
    { column: 0, text: '$', fill: PROMPT, bold: false, dim: false },
    { column: 2, text: command, fill: FOREGROUND, bold: true, dim: false },
  ];
  const rows = [prompt, ...lines.map((line) => splitRuns(line, look))];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img">`,
    `<title>${escapeText(command)}</title>`,
    `<style>text { font: ${FONT_SIZE}px ui-monospace, "DejaVu Sans Mono", Menlo, Consolas, monospace; white-space: pre }</style>`,
    `<rect width="${width}" height="${height}" rx="8" fill="${BACKGROUND}"/>`,
    `<path d="M0 ${TITLE_BAR_HEIGHT}V8a8 8 0 0 1 8-8H${width - 8}a8 8 0 0 1 8 8V${TITLE_BAR_HEIGHT}z" fill="${TITLE_BAR}"/>`,
    ...['#ff5f57', '#febc2e', '#28c840'].map(
      (fill, index) => `<circle cx="${MARGIN + 4 + index * 20}" cy="${TITLE_BAR_HEIGHT / 2}" r="6" fill="${fill}"/>`,
    ),
    ...rows.flatMap((runs, row) => runs.map((run) => drawRun(run, row))),
    '</svg>',
    '',
  ].join('\n');
}

function drawRun({ column, text, fill, bold, dim }: Run, row: number): string {
  const x = round(MARGIN + column * COLUMN_WIDTH);
  const y = round(TITLE_BAR_HEIGHT + MARGIN + row * LINE_HEIGHT + FONT_SIZE);
  const weight = bold ? ' font-weight="bold"' : '';
  const opacity = dim ? ' opacity="0.6"' : '';
  const length = round([...text].length * COLUMN_WIDTH);
  const fit = `textLength="${length}" lengthAdjust="spacingAndGlyphs"`;
  return `<text x="${x}" y="${y}" ${fit} xml:space="preserve" fill="${fill}"${weight}${opacity}>${escapeText(text)}</text>`;
}

/** Pieces of one look, without the blanks around them; `look` is carried from line to line. */
function splitRuns(line: string, look: Look): Run[] {
  const runs: Run[] = [];
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colours begin with.
  for (const piece of line.split(/(\x1b\[[0-9;]*m)/)) {
    if (piece.startsWith('\x1b[')) {
      for (const code of piece.slice(2, -1).split(';')) applyCode(Number(code), look);
      continue;
    }
    const text = piece.trim();
    if (text !== '') runs.push({ ...look, text, column: column + [...piece].length - [...piece.trimStart()].length });
    column += [...piece].length;
  }
  return runs;
}

function applyCode(code: number, look: Look): void {
  if (code === 0) Object.assign(look, { fill: FOREGROUND, bold: false, dim: false });
  else if (code === 1) look.bold = true;
  else if (code === 2) look.dim = true;
  else if (code === 22) Object.assign(look, { bold: false, dim: false });
  else if (code === 39) look.fill = FOREGROUND;
  else if (code in COLOURS) look.fill = COLOURS[code];
  else throw new Error(`no colour is known for the escape code ${code}`);
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
