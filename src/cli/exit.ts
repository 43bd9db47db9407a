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
