import { printable } from '../report/terminal.ts';
import type { AnalysisEnd } from './engine.ts';
import { EXIT, type ExitStatus } from './exit.ts';
import type { CliIo } from './io.ts';
import type { FileProblem } from './problems.ts';

/** Whether not one of the files could be read, so that there is nothing to report. */
export function isNothingReadable({ captures, problems }: AnalysisEnd): boolean {
  return captures.length > 0 && problems.length === captures.length && problems.every((problem) => problem.unreadable);
}

/** Says on stderr what is wrong with the files, a line each, and returns the exit status that follows. */
export function reportProblems(io: CliIo, problems: readonly FileProblem[]): ExitStatus {
  for (const problem of problems) io.stderr.write(`lastack: ${describeProblem(problem.path, problem.error)}\n`);
  return statusOf(problems);
}

/** The exit status that follows from what is wrong with the files. */
export function statusOf(problems: readonly FileProblem[]): ExitStatus {
  if (problems.some((problem) => problem.unreadable)) return EXIT.unreadable;
  return problems.length > 0 ? EXIT.damaged : EXIT.done;
}

type Complaint = Pick<FileProblem['error'], 'message' | 'code' | 'packetNumber' | 'byteOffset' | 'hint'>;

/** One line: file, what is wrong, where, what to do. */
export function describeProblem(path: string | undefined, error: Complaint): string {
  const file = path === undefined ? '' : `${path === '-' ? 'standard input' : printable(path)}: `;
  return `${file}${printable(error.message)}${describePlace(error)}. ${endSentence(error.hint)}`;
}

function describePlace({ code, packetNumber, byteOffset }: Complaint): string {
  if (packetNumber > 0) return ` (packet ${packetNumber}, byte ${byteOffset})`;
  return code === 'unreadable' || code === 'is-directory' ? '' : ` (byte ${byteOffset})`;
}

const endSentence = (text: string): string => (text === '' || /[.!?]$/.test(text) ? text : `${text}.`);
