/**
 * Where everything of a ladder stands in a picture, in pixels; what it looks like is the renderer's business.
 *
 *     frame   time | span | client lane |  arrows, falling  | server lane | span
 *        46     78 |  22  |     122     |        440        |     122     |  22
 *
 * Time runs downward, a row at a time and not to scale: pauses worth mentioning have a row of their own.
 */
import type { End } from '../flow/vocabulary.ts';
import type { TcpState } from '../tcp/states.ts';
import type {
  FoldRow,
  IdleRow,
  Ladder,
  LadderRow,
  SegmentRow,
  StateBand,
  TimerRow,
  UnseenRow,
} from './ladder-model.ts';
import { foldSpecials } from './ladder-words.ts';
import { formatDuration } from './measure.ts';

const MARGIN = 14;
const LANE_WIDTH = 122;
const SPAN_WIDTH = 22;
const ARROWS_WIDTH = 440;
/** How far an arrow falls on its way. */
const FALL = 16;
const PLAIN_HEIGHT = 38;
const LABELLED_HEIGHT = 54;
const CROSSING_HEIGHT = 70;
const CROSSING_FALL = 36;
/** From the tail of the first of two arrows that cross to that of the second. */
const CROSSING_OFFSET = 16;
const FOLD_HEIGHT = 58;
/** With a line about labels that are not plain. */
const SPECIAL_FOLD_HEIGHT = 74;
const IDLE_HEIGHT = 40;
const TIMER_HEIGHT = 34;
/** From the top of a row to the tail of its arrow. */
const TAIL = 20;
const HEAD_HEIGHT = 52;
const BEFORE_HEIGHT = 22;
const AFTER_HEIGHT = 30;
/** Shares of the way that a lost segment makes: past the capture point in the middle, or not up to it. */
const LOST_PAST_TAP = 0.74;
const LOST_BEFORE_TAP = 0.27;

export const LADDER_COLUMNS = {
  frame: MARGIN + 40,
  time: MARGIN + 122,
  client: MARGIN + 134 + SPAN_WIDTH,
  arrows: MARGIN + 134 + SPAN_WIDTH + LANE_WIDTH,
  server: MARGIN + 134 + SPAN_WIDTH + LANE_WIDTH + ARROWS_WIDTH,
  laneWidth: LANE_WIDTH,
  arrowsWidth: ARROWS_WIDTH,
  spanWidth: SPAN_WIDTH,
  width: MARGIN + 134 + 2 * SPAN_WIDTH + 2 * LANE_WIDTH + ARROWS_WIDTH + MARGIN,
} as const;

export interface PlacedArrow {
  readonly kind: 'arrow';
  readonly row: SegmentRow | UnseenRow;
  readonly index: number;
  readonly top: number;
  readonly height: number;
  /** Tail and tip; of a lost segment the tip is where it got lost. */
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** Where on the arrow its text stands, 0 tail to 1 head. */
  readonly textAt: number;
  /** One of two that cross: the text of the first stands above it, that of the second below. */
  readonly crossing: 'first' | 'second' | null;
  readonly isRepeat: boolean;
}

export interface PlacedBlock {
  readonly kind: 'fold' | 'idle' | 'timer';
  readonly row: FoldRow | IdleRow | TimerRow;
  readonly index: number;
  readonly top: number;
  readonly height: number;
}

export type PlacedRow = PlacedArrow | PlacedBlock;

export interface PlacedBand {
  readonly end: End;
  readonly state: TcpState;
  /** `before` is what held before the first segment. */
  readonly look: 'before' | 'proven' | 'assumed' | 'timer' | 'withdrawn';
  readonly top: number;
  readonly height: number;
  /** Down to here it was only presumed; 0 when it was proven at once. */
  readonly presumedTo: number;
  /** States gone through at the same segment. */
  readonly via: readonly TcpState[];
}

/** A stretch of time that has a meaning of its own, as a bracket beside a lane. */
export interface PlacedSpan {
  readonly end: End;
  readonly state: TcpState;
  readonly text: string;
  readonly top: number;
  readonly bottom: number;
  /** It goes on after the capture. */
  readonly isOpen: boolean;
}

export interface LadderPlaces {
  readonly height: number;
  /** Room that is needed left of the origin, for long frame numbers. */
  readonly extraWidth: number;
  /** Decimals of seconds: as many as there is room for. */
  readonly timeDecimals: number;
  /** Top of the lanes. */
  readonly top: number;
  readonly bottom: number;
  readonly rows: readonly PlacedRow[];
  readonly bands: readonly PlacedBand[];
  readonly spans: readonly PlacedSpan[];
  /** Whether the capture point must be shown: some segment did not pass it, or not get far behind it. */
  readonly hasTap: boolean;
}

/** Characters of a frame number, with its mark, that the column has room for, and what each more needs. */
const FRAME_CHARACTERS = 6;
const CHARACTER_WIDTH = 7.6;

function measureGutter({ rows }: Ladder): { extraWidth: number; timeDecimals: number } {
  const lastFrame = rows.reduce((last, row) => (row.kind === 'segment' ? Math.max(last, row.frame) : last), 0);
  const lastSeconds = rows.reduce((last, row) => Math.max(last, row.seconds), 0);
  const characters = String(lastFrame).length + 1;
  return {
    extraWidth: Math.ceil(Math.max(0, characters - FRAME_CHARACTERS) * CHARACTER_WIDTH),
    timeDecimals: lastSeconds < 100 ? 6 : lastSeconds < 10_000 ? 4 : 3,
  };
}

const REPEATS = /retransmission|repeat|duplicate(?!-ack)|^late$|keep-alive$|window-probe/;

/** Gives every part of a ladder its place. */
export function placeLadder(ladder: Ladder): LadderPlaces {
  const top = HEAD_HEIGHT;
  const rows: PlacedRow[] = [];
  let y = top + BEFORE_HEIGHT;
  for (let index = 0; index < ladder.rows.length; index++) {
    const row = ladder.rows[index];
    const next = ladder.rows[index + 1];
    if (isCrossing(row, next)) {
      rows.push(placeCrossing(row, index, y, 'first'));
      rows.push(placeCrossing(next, index + 1, y + CROSSING_OFFSET, 'second'));
      y += CROSSING_HEIGHT + CROSSING_OFFSET;
      index++;
      continue;
    }
    const placed = placeRow(row, index, y);
    rows.push(placed);
    y += placed.height;
  }
  const bottom = y + AFTER_HEIGHT;
  const context = { ladder, rows, top, bottom };
  const bands = (['client', 'server'] as const).flatMap((end) => placeBands(context, end));
  return {
    height: bottom + MARGIN,
    ...measureGutter(ladder),
    top,
    bottom,
    rows,
    bands,
    spans: (['client', 'server'] as const).flatMap((end) => placeSpans(context, end)),
    hasTap: ladder.rows.some((row) => row.kind === 'unseen' || (row.kind === 'segment' && row.fate === 'lost')),
  };
}

function isCrossing(row: LadderRow, next: LadderRow | undefined): next is SegmentRow {
  if (row.kind !== 'segment' || next?.kind !== 'segment' || row.from === next.from) return false;
  return next.labels.some(
    (label) => label === 'fin-crossing' || label === 'syn-crossing' || label === 'syn-ack-crossing',
  );
}

const startOf = (from: End): number => (from === 'client' ? LADDER_COLUMNS.arrows : LADDER_COLUMNS.server);

function placeCrossing(row: LadderRow, index: number, top: number, crossing: 'first' | 'second'): PlacedArrow {
  const arrow = placeArrow(row as SegmentRow, index, top, CROSSING_HEIGHT, CROSSING_FALL);
  return { ...arrow, textAt: crossing === 'first' ? 0.28 : 0.72, crossing };
}

function placeRow(row: LadderRow, index: number, top: number): PlacedRow {
  switch (row.kind) {
    case 'segment':
      return placeArrow(row, index, top, isPlain(row) ? PLAIN_HEIGHT : LABELLED_HEIGHT, FALL);
    case 'unseen':
      return placeArrow(row, index, top, PLAIN_HEIGHT, FALL);
    case 'fold':
      return {
        kind: 'fold',
        row,
        index,
        top,
        height: foldSpecials(row).length > 0 ? SPECIAL_FOLD_HEIGHT : FOLD_HEIGHT,
      };
    case 'idle':
      return { kind: 'idle', row, index, top, height: IDLE_HEIGHT };
    case 'timer':
      return { kind: 'timer', row, index, top, height: TIMER_HEIGHT };
  }
}

/** Whether the numbers of a segment say all there is to say. */
export function isPlain(row: SegmentRow): boolean {
  return row.findings.length === 0 && row.labels.every((label) => label === 'data' || label === 'ack');
}

function placeArrow(
  row: SegmentRow | UnseenRow,
  index: number,
  top: number,
  height: number,
  fall: number,
): PlacedArrow {
  const reach = row.kind === 'unseen' ? LOST_BEFORE_TAP : row.fate === 'lost' ? LOST_PAST_TAP : 1;
  const x1 = startOf(row.from);
  const direction = row.from === 'client' ? 1 : -1;
  return {
    kind: 'arrow',
    row,
    index,
    top,
    height,
    x1,
    y1: top + TAIL,
    x2: x1 + direction * ARROWS_WIDTH * reach,
    y2: top + TAIL + fall * reach,
    textAt: 0.5,
    crossing: null,
    isRepeat: row.kind === 'segment' && row.labels.some((label) => REPEATS.test(label)),
  };
}

interface Context {
  readonly ladder: Ladder;
  readonly rows: readonly PlacedRow[];
  readonly top: number;
  readonly bottom: number;
}

/** Where an end changes at a row: the tail of what it sends, the tip of what it receives. */
function changeAt({ rows, bottom }: Context, end: End, index: number): number {
  const placed = rows[index];
  if (placed === undefined) return bottom;
  if (placed.kind !== 'arrow') return placed.top + placed.height / 2;
  return placed.row.from === end ? placed.y1 : placed.y2;
}

function placeBands(context: Context, end: End): PlacedBand[] {
  const { ladder, top } = context;
  const { before, bands } = ladder.lanes[end];
  const placed: PlacedBand[] = [];
  const standing = bands.filter((band) => band.withdrawnAt === null);
  const start = standing.length > 0 ? changeAt(context, end, standing[0].firstRow) : context.bottom;
  if (before !== null || standing.length === 0) {
    const state = before ?? 'UNKNOWN';
    placed.push({ end, state, look: 'before', top, height: start - top, presumedTo: 0, via: [] });
  }
  let via: TcpState[] = [];
  for (const band of standing) {
    const from = changeAt(context, end, band.firstRow);
    const height = changeAt(context, end, band.endRow) - from;
    if (height < 1) {
      via.push(band.state);
      continue;
    }
    const presumedTo = band.provenFrame === null ? 0 : presumedEnd(context, end, band);
    placed.push({ end, state: band.state, look: band.basis, top: from, height, presumedTo, via });
    via = [];
  }
  for (const band of bands) {
    if (band.withdrawnAt === null) continue;
    const from = changeAt(context, end, band.firstRow);
    const height = Math.max(14, changeAt(context, end, band.endRow) - from);
    placed.push({ end, state: band.state, look: 'withdrawn', top: from, height, presumedTo: 0, via: [] });
  }
  return placed;
}

/** Where the proof came of what was presumed before; 0 when it was there from the beginning. */
function presumedEnd(context: Context, end: End, band: StateBand): number {
  const { provenFrame, frame } = band;
  if (provenFrame === null || provenFrame <= frame) return 0;
  const index = context.ladder.rows.findIndex(
    (row) =>
      (row.kind === 'segment' && row.frame >= provenFrame) || (row.kind === 'fold' && row.lastFrame >= provenFrame),
  );
  return index < 0 ? 0 : changeAt(context, end, index);
}

const SPAN_STATES: readonly TcpState[] = ['CLOSE_WAIT', 'TIME_WAIT'];
const SHORTEST_SPAN = 18;

function placeSpans(context: Context, end: End): PlacedSpan[] {
  const { ladder } = context;
  return ladder.lanes[end].bands
    .filter((band) => band.withdrawnAt === null && SPAN_STATES.includes(band.state))
    .map((band) => {
      const isOpen = band.endRow >= ladder.rows.length;
      const seconds = isOpen ? null : secondsAt(ladder, band.endRow) - secondsAt(ladder, band.firstRow);
      const name = band.state === 'CLOSE_WAIT' ? 'half-closed' : 'TIME_WAIT';
      const text = seconds === null ? name : `${name} ${formatDuration(seconds)}`;
      const top = changeAt(context, end, band.firstRow);
      return { end, state: band.state, text, top, bottom: changeAt(context, end, band.endRow), isOpen };
    })
    .filter((span) => span.bottom - span.top >= SHORTEST_SPAN);
}

const secondsAt = (ladder: Ladder, index: number): number => ladder.rows[index]?.seconds ?? 0;
