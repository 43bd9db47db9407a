import type { CaptureErrorCode } from '../base/error.ts';
import type { CaptureResult } from '../report/result.ts';
import { printable } from '../report/terminal.ts';
import { DAMAGE_HINTS, EXIT, type ExitStatus } from './exit.ts';
import type { CliIo } from './io.ts';

/** Problems that mean that nothing of the file could be used, not even its header. */
const UNREADABLE_CODES: ReadonlySet<string> = new Set<CaptureErrorCode>([
  'not-a-capture',
  'empty-file',
  'unreadable',
  'is-directory',
  'truncated-header',
  'unsupported-version',
  'unsupported-format',
]);

type Problem = NonNullable<CaptureResult['problem']> & { hint?: string };

const isUnreadable = (capture: CaptureResult): boolean =>
  capture.problem !== null && capture.packetCount === 0 && UNREADABLE_CODES.has(capture.problem.code);

/** Whether not one of the captures could be read, so that there is nothing to report. */
export function isNothingReadable(captures: readonly CaptureResult[]): boolean {
  return captures.length > 0 && captures.every(isUnreadable);
}

/** Says on stderr what is wrong with the captures, a line each, and returns the exit status that follows. */
export function reportProblems(io: CliIo, captures: readonly CaptureResult[]): ExitStatus {
  let status: ExitStatus = EXIT.done;
  for (const capture of captures) {
    if (capture.problem === null) continue;
    io.stderr.write(`lastack: ${describeCaptureProblem(capture.path, capture.problem)}\n`);
    if (isUnreadable(capture)) status = EXIT.unreadable;
    else if (status === EXIT.done) status = EXIT.damaged;
  }
  return status;
}

/** One line: file, what is wrong, where, what to do. */
export function describeCaptureProblem(path: string, problem: Problem): string {
  const file = path === '-' ? 'standard input' : printable(path);
  const where =
    problem.packetNumber > 0
      ? `packet ${problem.packetNumber}, byte ${problem.byteOffset}`
      : `byte ${problem.byteOffset}`;
  const hint = problem.hint ?? DAMAGE_HINTS[problem.code as CaptureErrorCode] ?? '';
  return [
    file,
    ': ',
    printable(problem.message),
    problem.code === 'unreadable' || problem.code === 'is-directory' ? '' : ` (${where})`,
    '. ',
    endSentence(hint),
  ]
    .join('')
    .trimEnd();
}

const endSentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);
