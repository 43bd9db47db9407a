/** A scenario file that cannot be understood, with the place where reading stopped. */
export class ScenarioError extends Error {
  /** Path as the caller named it; `-` when it has none. */
  readonly path: string;
  /** Line number, from 1. */
  readonly line: number;
  /** Column number, from 1. */
  readonly column: number;

  constructor(message: string, where: { path: string; line: number; column: number }) {
    super(`${where.path}:${where.line}:${where.column}: ${message}`);
    this.name = 'ScenarioError';
    this.path = where.path;
    this.line = where.line;
    this.column = where.column;
  }
}
