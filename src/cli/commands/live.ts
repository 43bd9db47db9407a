import { setFlagsFromString } from 'node:v8';
import type { CommandSpec } from '../command.ts';
import { UsageError } from '../exit.ts';
import { FailConditions } from '../fail-on.ts';
import { type CliIo, readTextChoice, textOptionsFor } from '../io.ts';
import { type Library, loadFindingCodes } from '../library.ts';
import { LIVE_OPTIONS, readLiveRequest } from '../live/options.ts';
import type { Session, SessionParts } from '../live/session.ts';
import type { LiveView } from '../live/view.ts';
import { ANALYSIS_OPTIONS, FAIL_OPTION, type RawArguments, TERMINAL_OPTIONS } from '../options.ts';
import { openOutput } from '../output.ts';
import { POLICY_OPTIONS, readPolicy } from '../policy.ts';
import { readTimeWait } from '../request.ts';
import { readChoice, readList, readSwitch } from '../values.ts';

const FORMATS = ['text', 'ndjson'] as const;

export const liveCommand: CommandSpec = {
  name: 'live',
  words: '[filter..]',
  wordsMean: "what to capture, in the language of tcpdump: 'port 443'",
  summary: 'Watch the connections of an interface as they open, change state and close',
  options: {
    ...LIVE_OPTIONS,
    format: {
      type: 'string',
      alias: 'f',
      describe: 'text: a screen on a terminal, else a line an event; ndjson: a JSON object an event',
      choices: FORMATS,
      default: 'text',
      group: 'Output:',
    },
    segments: { type: 'boolean', describe: 'Add every segment to the closed events of ndjson', group: 'Output:' },
    ...TERMINAL_OPTIONS,
    ...ANALYSIS_OPTIONS,
    ...POLICY_OPTIONS,
    ...FAIL_OPTION,
  },
  examples: [
    ["sudo lastack live -i eth0 'port 443'", 'On a screen, until q or Ctrl-C'],
    ['sudo lastack live -i any -f ndjson | jq .event', 'For programs'],
    ['sudo lastack live --duration 60 --fail-on error', 'In a test script: exits with 1'],
    ['sudo lastack live --write day.pcapng --rotate 100MB', 'Keep the packets'],
  ],
  run: live,
};

async function live(raw: RawArguments, io: CliIo, library: Library): Promise<number> {
  const { options } = raw;
  const format = readChoice(options, 'format', FORMATS) ?? 'text';
  const choice = readTextChoice(raw);
  const request = readLiveRequest(raw);
  const { policy, timeWaitSeconds: configured } = await readPolicy(raw, library);
  const timeWaitSeconds = readTimeWait(raw, configured);
  const conditions = new FailConditions(readList(options, 'fail-on'), await loadFindingCodes(library));
  const program = process.argv[1];
  if (program === undefined) throw new UsageError('live runs as a program of its own only');
  // Connections live for a minute or two, and then are garbage: V8 lets its heap grow to two and a half times what is alive
  // before it looks; like this to one and a third (50,000 connections: 0.7 GB at most, not 1.4, in the same time).
  setFlagsFromString('--heap-growing-percent=30');
  const { Session } = await import('../live/session.ts');
  const { createTextSink } = await import('../sinks.ts');
  const catalog = await library.catalog();
  const output = openOutput(io, undefined);
  const style = textOptionsFor(io, format === 'text' ? output.stream : null, choice);
  const summaryOutput =
    format === 'text' ? output : openOutput({ ...io, stdout: io.stderr, stdoutFile: null }, undefined);
  const paths: string[] = [];
  // The terminal may have another size by then.
  const atEnd = Object.defineProperty({ ...style }, 'width', {
    get: () => textOptionsFor(io, summaryOutput.stream, choice).width,
  });
  const summary = createTextSink(summaryOutput, { paths, filterWords: [], catalog }, atEnd);
  const isScreen =
    format === 'text' && !readSwitch(options, 'no-screen') && output.stream?.isTTY === true && io.stdinIsTerminal;
  const keeper = isScreen ? new (await import('../live/screen-source.ts')).ScreenKeeper() : null;
  const rules = await library.rules();
  // Where CI is set, ink draws nothing until the end; somebody sits at this terminal.
  if (isScreen) process.env.CI = 'false';
  const view =
    keeper === null
      ? await choosePlainView(format, { io, output, style })
      : (await import('../screen/screen.ts')).createScreenView(style, () => keeper.source(request, rules, style));
  const { renderStatus, describeLosses, describeEvictions } = await import('../live/status.ts');
  const parts: SessionParts = {
    ...{ policy, timeWaitSeconds, program, view, conditions, summary },
    ...(keeper === null ? {} : { keeper: keeper.ring }),
    segments: keeper?.segments ?? { segments: readSwitch(options, 'segments') },
    observe: async (session) => {
      if (request.metrics === null) return async () => {};
      const { serveMetrics } = await import('../live/metrics.ts');
      return serveMetrics(session, request.metrics, library.version);
    },
    onSummaryAsked: (session) => io.stderr.write(renderStatus(session)),
  };
  const session: Session = new Session(request, parts);
  if (keeper !== null) keeper.session = session;
  const { end, status } = await session.run();
  paths.push(...(session.writer?.paths ?? ['-']));
  await summary.end(end);
  await summaryOutput.finish();
  io.stderr.write(`lastack: ${describeLosses(session, request.packetLimit === Number.POSITIVE_INFINITY)}\n`);
  if (session.live.evicted.over + session.live.evicted.open > 0) {
    io.stderr.write(`lastack: ${describeEvictions(session)}\n`);
  }
  if (conditions.isMet) io.stderr.write(`lastack: --fail-on: ${conditions.describe()}\n`);
  return status;
}

interface ViewParts {
  readonly io: CliIo;
  readonly output: ReturnType<typeof openOutput>;
  readonly style: ReturnType<typeof textOptionsFor>;
}

async function choosePlainView(format: (typeof FORMATS)[number], parts: ViewParts): Promise<LiveView> {
  const { io, output, style } = parts;
  const say = (text: string): void => {
    io.stderr.write(`lastack: ${text}\n`);
  };
  const views = await import('../live/view.ts');
  return format === 'ndjson' ? views.createNdjsonView(output, say) : views.createLineView(output, style, say);
}
