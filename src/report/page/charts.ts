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

const stateColour = (state: TcpState): string => `var(--s-${state})`;

/** How many ends of one side were in which state, over the time of the capture. */
export function drawStates(levels: StateLevels, end: End, dateOf: (seconds: number) => Date): Chart {
  const states = LIVE_STATES.filter((state) => levels.levels[state] !== undefined);
  const points = states.flatMap((state) =>
    (levels.levels[state] ?? []).flatMap((value, index) => {
      const at = (share: number): Date => dateOf(levels.startSeconds + (index + share) * levels.widthSeconds);
      return [
        { date: at(0), value, state },
        { date: at(1), value, state },
      ];
    }),
  );
  const svg = draw(`Connections by the state of the ${end}, over time`, {
    width: WIDE,
    height: 230,
    marginLeft: 52,
    style: { fontSize: '12px' },
    x: { type: 'utc', label: null },
    y: { grid: true, label: 'connections', tickFormat: 's', ticks: 4 },
    color: { domain: states, range: states.map(stateColour) },
    marks: [
      Plot.areaY(points, { x: 'date', y: 'value', fill: 'state', order: states, curve: 'linear' }),
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
    style: { fontSize: '12px' },
    x: {
      type: 'log',
      domain: durationDomain(histogram),
      label: null,
      ticks: 5,
      tickFormat: (seconds: number) => (isDecade(seconds) ? formatDuration(seconds) : ''),
    },
    y: { grid: true, label: 'connections', tickFormat: 's', ticks: 4 },
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
      Plot.text(marks, {
        x: 'seconds',
        text: (mark: (typeof marks)[number]) => `${mark.name} ${formatDuration(mark.seconds)}`,
        frameAnchor: 'top',
        lineAnchor: 'bottom',
        fontWeight: 600,
      }),
      Plot.ruleY([0]),
    ],
  });
  return { svg, legend: [] };
}

const isDecade = (seconds: number): boolean => Math.abs(Math.log10(seconds) - Math.round(Math.log10(seconds))) < 1e-9;

/** At least two decades, so that a capture with one connection has an axis too. */
function durationDomain(histogram: DurationHistogram): [number, number] {
  const bins = histogram.bins();
  const low = Math.floor(Math.log10(bins[0]?.fromSeconds ?? 0.001));
  const high = Math.ceil(Math.log10(bins.at(-1)?.toSeconds ?? 0.1) - 1e-9);
  return [10 ** low, 10 ** Math.max(high, low + 2)];
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
    style: { fontSize: '12px' },
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
