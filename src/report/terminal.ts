import { createRequire } from 'node:module';
import type { Severity } from '../findings/finding.ts';

/** Where text is going to be read; everything a text renderer needs to know about it. */
export interface TextOptions {
  /** Columns of the terminal, or what to pretend when there is none. */
  readonly width: number;
  readonly colour: boolean;
  /** Whether bars, boxes and arrows may use characters outside ASCII. */
  readonly unicode: boolean;
}

export const PLAIN_TEXT: TextOptions = { width: 80, colour: false, unicode: true };

export interface Glyphs {
  readonly bar: readonly string[];
  readonly vertical: string;
  readonly horizontal: string;
  readonly dashed: string;
  readonly rightHead: string;
  readonly leftHead: string;
  readonly lost: string;
  readonly refused: string;
  readonly fold: string;
  readonly to: string;
  readonly dash: string;
  readonly ellipsis: string;
  readonly dot: string;
  readonly times: string;
  readonly bullet: string;
  readonly rule: string;
  readonly severity: Readonly<Record<Severity, string>>;
}

const UNICODE_GLYPHS: Glyphs = {
  bar: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉', '█'],
  vertical: '│',
  horizontal: '─',
  dashed: '╌',
  rightHead: '►',
  leftHead: '◄',
  lost: '✗',
  refused: '⊘',
  fold: '⋮',
  to: '→',
  dash: '–',
  ellipsis: '…',
  dot: '·',
  times: '×',
  bullet: '•',
  rule: '─',
  severity: { error: '✗', warning: '▲', note: '•', info: '·' },
};

const ASCII_GLYPHS: Glyphs = {
  bar: ['', '', '', '', '#', '#', '#', '#', '#'],
  vertical: '|',
  horizontal: '-',
  dashed: '.',
  rightHead: '>',
  leftHead: '<',
  lost: 'x',
  refused: '!',
  fold: ':',
  to: '->',
  dash: '-',
  ellipsis: '...',
  dot: '-',
  times: 'x',
  bullet: '*',
  rule: '-',
  severity: { error: 'x', warning: '!', note: '*', info: '-' },
};

type Paint = (text: string) => string;

/** Glyphs and colours for one destination, named by what they mean. */
export interface Style {
  readonly width: number;
  readonly glyphs: Glyphs;
  readonly heading: Paint;
  readonly strong: Paint;
  readonly faint: Paint;
  readonly good: Paint;
  readonly client: Paint;
  readonly server: Paint;
  readonly command: Paint;
  readonly severity: Readonly<Record<Severity, Paint>>;
}

/** Below this many columns nothing fits sensibly; narrower terminals wrap by themselves. */
const MIN_WIDTH = 40;

type Colour = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'blue' | 'magenta' | 'cyan';

const NO_COLOURS: Readonly<Record<Colour, Paint>> = {
  bold: String,
  dim: String,
  red: String,
  green: String,
  yellow: String,
  blue: String,
  magenta: String,
  cyan: String,
};

/** The package is loaded only by whoever paints: it takes longer than a short report. */
function paintsOf({ colour }: TextOptions): Readonly<Record<Colour, Paint>> {
  return colour ? createRequire(import.meta.url)('picocolors').createColors(true) : NO_COLOURS;
}

export function createStyle(options: TextOptions): Style {
  const colours = paintsOf(options);
  return {
    width: Math.max(MIN_WIDTH, options.width),
    glyphs: options.unicode ? UNICODE_GLYPHS : ASCII_GLYPHS,
    heading: colours.bold,
    strong: colours.bold,
    faint: colours.dim,
    good: colours.green,
    client: colours.cyan,
    server: colours.magenta,
    command: colours.cyan,
    severity: { error: colours.red, warning: colours.yellow, note: colours.blue, info: colours.dim },
  };
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the escape character is what colours begin with.
const COLOUR_SEQUENCE = /\x1b\[[0-9;]*m/g;

/** Columns a text takes: colours take none, every other character one. */
export function textWidth(text: string): number {
  let width = 0;
  for (const _ of text.replace(COLOUR_SEQUENCE, '')) width++;
  return width;
}

/** Pads with spaces on the right up to `width` columns; longer texts stay as they are. */
export function padRight(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - textWidth(text)));
}

/** Pads with spaces on the left up to `width` columns; longer texts stay as they are. */
export function padLeft(text: string, width: number): string {
  return ' '.repeat(Math.max(0, width - textWidth(text))) + text;
}

/** Cuts an uncoloured text to `width` columns, leaving out its middle. */
export function shorten(text: string, width: number, ellipsis: string): string {
  if (text.length <= width) return text;
  const room = Math.max(0, width - ellipsis.length);
  const tail = Math.floor(room / 2);
  return text.slice(0, room - tail) + ellipsis + (tail > 0 ? text.slice(-tail) : '');
}

/** Paints every word by itself, so that the text can be wrapped without a colour running into the next line. */
export function paintWords(paint: (text: string) => string, text: string): string {
  return text.split(' ').map(paint).join(' ');
}

/** Breaks a text at spaces into lines of at most `width` columns; a longer word keeps a line of its own. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  let lineWidth = 0;
  for (const word of text.split(' ')) {
    const wordWidth = textWidth(word);
    if (lineWidth > 0 && lineWidth + 1 + wordWidth > width) {
      lines.push(line);
      line = '';
      lineWidth = 0;
    }
    line += lineWidth > 0 ? ` ${word}` : word;
    lineWidth += lineWidth > 0 ? 1 + wordWidth : wordWidth;
  }
  if (line !== '') lines.push(line);
  return lines;
}

/** Wraps a text behind a first-line prefix; the lines after it are indented by the prefix's width. */
export function wrapBehind(prefix: string, text: string, width: number): string[] {
  const indent = textWidth(prefix);
  const lines = wrap(text, Math.max(20, width - indent));
  return lines.map((line, index) => (index === 0 ? prefix : ' '.repeat(indent)) + line);
}

/** A bar for `share` (0 to 1) of `width` columns, in eighths of a column; anything above 0 shows. */
export function drawBar(glyphs: Glyphs, share: number, width: number): string {
  const eighths = share > 0 ? Math.max(1, Math.round(share * width * 8)) : 0;
  const full = glyphs.bar[8].repeat(Math.floor(eighths / 8));
  const rest = glyphs.bar[eighths % 8];
  return full === '' && rest === '' && share > 0 ? glyphs.bar[8] : full + rest;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what has to go.
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/g;

/** A text from outside (a file name) without the characters that would steer the terminal. */
export function printable(text: string): string {
  return text.replace(CONTROL_CHARACTERS, '?');
}

/** A word as a POSIX shell reads it back unchanged (but for control characters, which are never printed). */
export function quoteForShell(text: string): string {
  const word = printable(text);
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
