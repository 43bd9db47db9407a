import { printable } from '../report/terminal.ts';
import type { AnalysisEnd, FileProblem } from './engine.ts';
import { EXIT, type ExitStatus } from './exit.ts';
import type { CliIo } from './io.ts';

/** Whether not one of the files could be read, so that there is nothing to report. */
export function isNothingReadable({ captures, problems }: AnalysisEnd): boolean {
  return problems.length === captures.length && problems.every((problem) => problem.unreadable);
}

/** Says on stderr what is wrong with the files, a line each, and returns the exit status that follows. */
export function reportProblems(io: CliIo, problems: readonly FileProblem[]): ExitStatus {
  let status: ExitStatus = EXIT.done;
  for (const problem of problems) {
    io.stderr.write(`lastack: ${describeProblem(problem.path, problem.error)}\n`);
    if (problem.unreadable) status = EXIT.unreadable;
    else if (status === EXIT.done) status = EXIT.damaged;
  }
  return status;
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
