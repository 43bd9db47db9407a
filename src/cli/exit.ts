import type { CaptureErrorCode } from '../base/error.ts';

/** Exit statuses; scripts rely on them. */
export const EXIT = {
  done: 0,
  conditionMet: 1,
  usage: 2,
  unreadable: 3,
  damaged: 4,
  noPermission: 5,
  /** Not one of the documented ones: a bug of ours. */
  bug: 70,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];

/** The command line cannot be carried out as written; the message says what to write instead. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

/** Whoever reads our output has gone (`| head`): nothing is left to do. */
export class OutputClosed extends Error {
  constructor() {
    super('output closed');
    this.name = 'OutputClosed';
  }
}

/** The output file cannot be written. */
export class OutputError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OutputError';
  }
}

/** What to do about a damaged capture, by what is wrong with it; the reader itself knows more about one it cannot open. */
export const DAMAGE_HINTS: Readonly<Record<CaptureErrorCode, string>> = {
  'not-a-capture': 'Check that it is a pcap or pcapng file.',
  'empty-file': 'Record the capture again.',
  unreadable: 'Check the path and its permissions.',
  'is-directory': 'Name the capture files in it.',
  'truncated-header': 'Copy or record the file again.',
  'truncated-packet': 'The recording was cut off, or is still running; copy the file again if it should be longer.',
  'truncated-block': 'The recording was cut off, or is still running; copy the file again if it should be longer.',
  'bad-length': 'The file is corrupt from there on; copy it again, or cut it with editcap.',
  'bad-block': 'The file is corrupt from there on; copy it again, or cut it with editcap.',
  'unsupported-version': 'Convert it with editcap -F pcapng.',
  'unsupported-format': 'Convert it with editcap -F pcapng.',
  'decompression-failed': 'The compressed file is cut or corrupt; copy it again.',
  'no-interface': 'The file lacks the description of an interface; rewrite it with editcap.',
  'limit-reached': 'Split the capture with editcap -c.',
};
