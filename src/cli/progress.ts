import { formatBytes } from '../report/measure.ts';
import type { CliIo } from './io.ts';

/** A progress bar on stderr; shows itself only when the work takes longer than a second. */
export interface Progress {
  readonly onProgress: (bytesRead: number, totalBytes: number) => void;
  /** Removes the bar from the terminal. */
  stop(): void;
}

const SILENT: Progress = { onProgress: () => {}, stop: () => {} };
const SHOW_AFTER_MILLIS = 1000;

/**
 * Creates the progress of one run: silent unless stderr is a terminal that can move its cursor.
 *
 * The library that draws the bar is loaded when the bar first shows, so a quick run never pays for it.
 */
export function createProgress(io: CliIo, wanted: boolean): Progress {
  if (!wanted || !io.stderrIsTerminal || io.env.TERM === 'dumb') return SILENT;
  const startMillis = Date.now();
  let loading = false;
  let stopped = false;
  let draw: ((bytesRead: number, totalBytes: number) => void) | null = null;
  let erase: (() => void) | null = null;
  const show = async (): Promise<void> => {
    const { SingleBar, Presets } = await import('cli-progress');
    if (stopped) return;
    const bar = new SingleBar(
      {
        stream: io.stderr,
        format: '  reading {bar} {percentage} %  {read} of {size}',
        barsize: 24,
        clearOnComplete: true,
        hideCursor: true,
        linewrap: null,
        gracefulExit: true,
      },
      Presets.shades_classic,
    );
    let started = false;
    draw = (bytesRead, totalBytes) => {
      const payload = { read: formatBytes(bytesRead), size: formatBytes(totalBytes) };
      if (!started) bar.start(totalBytes, bytesRead, payload);
      else bar.update(bytesRead, payload);
      started = true;
    };
    erase = () => {
      if (started) bar.stop();
    };
  };
  return {
    onProgress(bytesRead, totalBytes) {
      if (totalBytes <= 0 || Date.now() - startMillis < SHOW_AFTER_MILLIS) return;
      if (!loading) {
        loading = true;
        void show();
      }
      draw?.(bytesRead, totalBytes);
    },
    stop() {
      stopped = true;
      erase?.();
    },
  };
}
