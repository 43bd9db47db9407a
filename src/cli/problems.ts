import { CaptureError, type CaptureErrorCode, type CaptureErrorDetails } from '../base/error.ts';
import type { CaptureReport } from '../source/reader.ts';

/** What is wrong with a file. */
export interface FileProblem {
  readonly path: string;
  /** Nothing of it could be read. */
  readonly unreadable: boolean;
  readonly error: CaptureError;
}

export function problemsOf(reports: readonly CaptureReport[]): FileProblem[] {
  return reports.flatMap(({ path, status, problem }) =>
    problem === null ? [] : [{ path, unreadable: status === 'unreadable', error: problem }],
  );
}

/** A problem on its way between threads: an error that is sent by message loses what it has of its own. */
export interface SentProblem extends Omit<FileProblem, 'error'> {
  readonly code: CaptureErrorCode;
  readonly message: string;
  readonly details: CaptureErrorDetails;
}

export function packProblem({ error, ...file }: FileProblem): SentProblem {
  const { code, message, path, byteOffset, packetNumber, hint } = error;
  return {
    ...file,
    code,
    message,
    details: { ...(path === undefined ? {} : { path }), byteOffset, packetNumber, hint },
  };
}

export function unpackProblem({ code, message, details, ...file }: SentProblem): FileProblem {
  return { ...file, error: new CaptureError(code, message, details) };
}
