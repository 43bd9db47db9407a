/** Where a live capture is shown: lines, JSON, or a screen. */
import type { LiveEvent } from '../../live/events.ts';
import type { LiveAnalysis } from '../../live/live-analysis.ts';
import { formatCount, formatEndpoint } from '../../report/measure.ts';
import { createStyle, type Style, type TextOptions } from '../../report/terminal.ts';
import type { Output } from '../output.ts';

export interface LiveView {
  /** Absent when it does not want events one by one. */
  onEvent?(event: LiveEvent): void;
  /** The capture is running. */
  begin?(live: LiveAnalysis): void;
  /** Everything that came in one piece was told. */
  flush?(): void;
  /** Called a few times a second. */
  tick?(): void;
  /** Something about the capture itself that the user should know. */
  notice(text: string): void;
  /** The capture ended; leaves the terminal as it was. */
  end?(): Promise<void> | void;
}

/** One JSON object a line. */
export function createNdjsonView(output: Output, notice: (text: string) => void): LiveView {
  return { ...printLines(output, (event) => JSON.stringify(event)), notice };
}

/** One line of text an event. */
export function createLineView(output: Output, options: TextOptions, notice: (text: string) => void): LiveView {
  const style = createStyle(options);
  return { ...printLines(output, (event) => renderEvent(style, event)), notice };
}

/** Lines are written together, as often as packets come together. */
function printLines(output: Output, render: (event: LiveEvent) => string): Pick<LiveView, 'onEvent' | 'flush' | 'end'> {
  let text = '';
  const flush = (): void => {
    const whole = text;
    text = '';
    if (whole !== '') output.write(whole);
  };
  return {
    onEvent(event) {
      text += `${render(event)}\n`;
    },
    flush,
    end: flush,
  };
}

/** `05:12:33.123  #12 192.0.2.10:40001 → 198.51.100.20:8080  client SYN_SENT → ESTABLISHED`. */
export function renderEvent(style: Style, event: LiveEvent): string {
  const clock = style.faint(event.time.slice(11, 23));
  const { client, server, connection } = event;
  const arrow = style.glyphs.to;
  const who =
    client === undefined || server === undefined
      ? 'capture'
      : `#${connection} ${formatEndpoint(client)} ${arrow} ${formatEndpoint(server)}`;
  return `${clock}  ${style.strong(who)}  ${describeEvent(style, event)}`;
}

function describeEvent(style: Style, event: LiveEvent): string {
  switch (event.event) {
    case 'opened':
      return `first seen, frame ${formatCount(event.frame)}`;
    case 'state': {
      const { end, was, state, basis, takenBack } = event;
      const from = was === null ? '' : `${was} ${style.glyphs.to} `;
      const how = takenBack
        ? ` (${was} is taken back)`
        : basis === 'proven'
          ? ''
          : basis === 'timer'
            ? ' (timer)'
            : ' (presumed)';
      return `${style[end](end)} ${from}${state}${style.faint(how)}`;
    }
    case 'finding': {
      const { code, severity, message } = event.finding;
      const mark = style.severity[severity](`${style.glyphs.severity[severity]} ${code}`);
      return event.stands ? `${mark}: ${message}` : `${mark} no longer holds`;
    }
    case 'closed': {
      const { outcome, closedFirst } = event.result;
      const why = event.because === 'over' ? '' : style.faint(` (${event.because})`);
      const closer =
        closedFirst === null ? '' : `, ${closedFirst === 'both' ? 'both' : `the ${closedFirst}`} closed first`;
      return `${style.strong(outcome)}${closer}${why}${event.revised ? ' (revised)' : ''}`;
    }
  }
}
