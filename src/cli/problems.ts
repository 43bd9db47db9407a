import { CaptureError, type CaptureErrorCode, type CaptureErrorDetails, SinkFullError } from '../base/error.ts';
import type { CaptureReport } from '../source/reader.ts';

/** What is wrong with a file. */
export interface FileProblem {
  readonly path: string;
  /** Nothing of it could be read. */
  readonly unreadable: boolean;
  readonly error: CaptureError;
}

/** Of the files that were read, those with which something is wrong. */
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

/** As `SentProblem`, anything else that went wrong; `hint` is that of a `SinkFullError`. */
export interface SentError {
  readonly error: Error;
  readonly hint?: string;
}

export function packError(error: unknown): SentError {
  if (error instanceof SinkFullError) return { error, hint: error.hint };
  return { error: error instanceof Error ? error : new Error(String(error)) };
}

export function unpackError({ error, hint }: SentError): Error {
  return hint === undefined ? error : new SinkFullError(error.message, hint);
}
