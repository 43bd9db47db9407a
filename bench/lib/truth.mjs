// @ts-check

/** Counts what the scripts say of their connections; the sidecar file of a capture. */
export class TruthCounter {
  constructor() {
    this.connections = 0;
    /** @type {Record<string, number>} */
    this.outcomes = {};
    /** @type {Record<string, number>} `none` counts the connections that nobody closed */
    this.closedFirst = {};
  }

  /** @param {import('./scripts.mjs').Truth} truth @param {number} [times] */
  count(truth, times = 1) {
    this.connections += times;
    this.outcomes[truth.outcome] = (this.outcomes[truth.outcome] ?? 0) + times;
    const closer = truth.closedFirst ?? 'none';
    this.closedFirst[closer] = (this.closedFirst[closer] ?? 0) + times;
  }
}
