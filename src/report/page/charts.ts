/** The charts of the report page, drawn to SVG when the page is written; colours are variables of its style sheet. */
import * as Plot from '@observablehq/plot';
import type { End } from '../../flow/vocabulary.ts';
import type { TcpState } from '../../tcp/states.ts';
import { formatCount, formatDuration } from '../measure.ts';
import { type MarkupDocument, MarkupDocument as SvgDocument } from './svg-document.ts';
import {
  CLOSERS,
  type Closer,
  type DurationHistogram,
  LIVE_STATES,
  type PortClosers,
  type StateLevels,
} from './tallies.ts';

const WIDE = 1080;
const NARROW = 520;

/** A chart and what somebody who cannot see it is told. */
export interface Chart {
  readonly svg: string;
  /** Named colours that the chart uses, for its legend. */
  readonly legend: readonly (readonly [name: string, colour: string])[];
}

function draw(label: string, options: Plot.PlotOptions): string {
  const document: MarkupDocument = new SvgDocument();
  const svg = Plot.plot({ document: document as never, ...options }) as unknown as {
    setAttribute(name: string, value: string): void;
    toMarkup(): string;
  };
  svg.setAttribute('role', 'img');
  svg.setAttribute('aria-label', label);
  svg.setAttribute('class', 'chart');
  return svg
    .toMarkup()
    .replace(/(<g)(?: aria-(?:label|hidden)="[^"]*")+/g, '$1')
    .replace(/(\.\d{2})\d{3,}/g, '$1');
}

/** `12k` for 12,000: axes have little room. */
const formatTick = (count: number): string => {
  if (count >= 1e6) return `${formatCount(count / 1e6)}M`;
  return count >= 1000 ? `${formatCount(count / 1000)}k` : String(count);
};

/** `1 s` and `1.5 s`, where a duration says `1.00 s` and `1.50 s`. */
const formatTime = (seconds: number): string =>
  formatDuration(seconds)
    .replace(/\.?0+(?= )/, (zeros) => (zeros.startsWith('.') ? '' : zeros))
    .replace(/(\.\d)0(?= )/, '$1');

const COUNT_AXIS: Plot.ScaleOptions = { grid: true, label: 'connections', tickFormat: formatTick, ticks: 4 };

const stateColour = (state: TcpState): string => `var(--s-${state})`;

/** How many ends of one side were in which state, in seconds after `originSeconds`. */
export function drawStates(levels: StateLevels, end: End, originSeconds: number): Chart {
  const states = LIVE_STATES.filter((state) => levels.levels[state] !== undefined);
  const points = states.flatMap((state) => {
    const values = levels.levels[state] ?? [];
    return [...values, values[values.length - 1]].map((value, index) => ({
      seconds: levels.startSeconds + index * levels.widthSeconds - originSeconds,
      value,
      state,
    }));
  });
  const svg = draw(`Connections by the state of the ${end}, over time`, {
    width: WIDE,
    height: 230,
    marginLeft: 52,
    x: { label: null, tickFormat: formatTime },
    y: COUNT_AXIS,
    color: { domain: states, range: states.map(stateColour) },
    marks: [
      Plot.areaY(points, { x: 'seconds', y: 'value', fill: 'state', order: states, curve: 'step-after' }),
      Plot.ruleY([0]),
    ],
  });
  return { svg, legend: states.map((state) => [state, stateColour(state)]) };
}

/** A histogram of durations on a logarithmic scale, with the median and the 95th percentile. */
export function drawDurations(label: string, histogram: DurationHistogram): Chart {
  const bins = histogram.bins();
  const marks = [0.5, 0.95].map((share) => ({
    seconds: histogram.quantile(share) ?? 0,
    name: share === 0.5 ? 'median' : '95 %',
  }));
  const svg = draw(`${label}: ${marks.map(({ name, seconds }) => `${name} ${formatDuration(seconds)}`).join(', ')}`, {
    width: NARROW,
    height: 220,
    marginLeft: 52,
    marginTop: 34,
    x: {
      type: 'log',
      domain: durationDomain(histogram),
      label: null,
      ticks: 5,
      tickFormat: (seconds: number) => (isDecade(seconds) ? formatTime(seconds) : ''),
    },
    y: COUNT_AXIS,
    marks: [
      Plot.rectY(bins, {
        x1: 'fromSeconds',
        x2: 'toSeconds',
        y: 'count',
        fill: 'var(--accent)',
        inset: 0.5,
        title: (bin: (typeof bins)[number]) =>
          `${formatDuration(bin.fromSeconds)} to ${formatDuration(bin.toSeconds)}: ${formatCount(bin.count)}`,
      }),
      Plot.ruleX(marks, { x: 'seconds', stroke: 'var(--ink)', strokeDasharray: '3 3' }),
      ...marks.map((mark, index) =>
        Plot.text([mark], {
          x: 'seconds',
          text: () => `${mark.name} ${formatDuration(mark.seconds)}`,
          frameAnchor: 'top',
          lineAnchor: 'bottom',
          textAnchor: index === 0 ? 'end' : 'start',
          dx: index === 0 ? 4 : -4,
          dy: -4,
          fontWeight: 600,
        }),
      ),
      Plot.ruleY([0]),
    ],
  });
  return { svg, legend: [] };
}

const isDecade = (seconds: number): boolean => Math.abs(Math.log10(seconds) - Math.round(Math.log10(seconds))) < 1e-9;

/** At least three decades, so that a capture with one connection has an axis too, and labels have room. */
function durationDomain(histogram: DurationHistogram): [number, number] {
  const bins = histogram.bins();
  const low = Math.floor(Math.log10(bins[0]?.fromSeconds ?? 0.001));
  const high = Math.ceil(Math.log10(bins.at(-1)?.toSeconds ?? 0.1) - 1e-9);
  const missing = Math.max(0, 3 - (high - low));
  const below = Math.ceil(missing / 2);
  return [10 ** (low - below), 10 ** (high + missing - below)];
}

const CLOSER_COLOURS: Readonly<Record<Closer, string>> = {
  client: 'var(--s-SYN_RECEIVED)',
  server: 'var(--s-FIN_WAIT_2)',
  both: 'var(--s-CLOSING)',
  reset: 'var(--s-CLOSE_WAIT)',
  nobody: 'var(--s-LISTEN)',
};

const CLOSER_NAMES: Readonly<Record<Closer, string>> = {
  client: 'client first',
  server: 'server first',
  both: 'both at once',
  reset: 'reset, no FIN',
  nobody: 'nobody',
};

/** Shares of who closed first, a bar per server port. */
export function drawClosers(ports: readonly PortClosers[]): Chart {
  const nameOf = ({ port }: PortClosers): string => (port === null ? 'others' : String(port));
  const parts = ports.flatMap((each) =>
    CLOSERS.filter((closer) => each.counts[closer] > 0).map((closer) => ({
      port: nameOf(each),
      closer,
      share: each.counts[closer] / each.total,
      count: each.counts[closer],
    })),
  );
  const used = CLOSERS.filter((closer) => parts.some((part) => part.closer === closer));
  const svg = draw('Who closed first, by server port', {
    width: NARROW,
    height: 46 + ports.length * 26,
    marginLeft: 58,
    marginRight: 70,
    x: { label: null, tickFormat: '%', ticks: 4 },
    y: { label: null, domain: ports.map(nameOf), tickSize: 0 },
    color: { domain: [...used], range: used.map((closer) => CLOSER_COLOURS[closer]) },
    marks: [
      Plot.barX(parts, {
        x: 'share',
        y: 'port',
        fill: 'closer',
        order: [...used],
        insetTop: 3,
        insetBottom: 3,
        title: (part: (typeof parts)[number]) =>
          `${part.port}, ${CLOSER_NAMES[part.closer]}: ${formatCount(part.count)} (${Math.round(part.share * 100)} %)`,
      }),
      Plot.text(ports, {
        x: 1,
        y: nameOf,
        text: (each: PortClosers) => formatCount(each.total),
        textAnchor: 'start',
        dx: 8,
      }),
    ],
  });
  return { svg, legend: used.map((closer) => [CLOSER_NAMES[closer], CLOSER_COLOURS[closer]]) };
}
