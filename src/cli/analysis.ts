/** What every analysis of a capture needs, loaded in one piece: each file takes half a millisecond of the start. */
export { CATALOG } from '../findings/registry.ts';
export { analyzeCommand } from './commands/analyze.ts';
export { runAnalysis } from './engine.ts';
