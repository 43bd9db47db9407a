/** A connection of a capture as the scenario file that says the same. */
import type { ConnectionResult } from '../report/result.ts';
import { findFrames } from './frames.ts';
import { tellScenario } from './scenario.ts';

/** How the connection was analysed. */
export interface TellOptions {
  /** Whether tunnels were followed (default true). */
  readonly decapsulate?: boolean | undefined;
  /** How long TIME_WAIT lasts, seconds (default 60). */
  readonly timeWaitSeconds?: number | undefined;
}

const USUAL_TIME_WAIT_SECONDS = 60;

/** The scenario of a connection that was analysed with its `segments`; reads the captures once more. */
export async function tellConnection(
  connection: ConnectionResult,
  paths: readonly string[],
  { decapsulate = true, timeWaitSeconds = USUAL_TIME_WAIT_SECONDS }: TellOptions = {},
): Promise<string> {
  const found = await findFrames(paths, connection, decapsulate);
  const analysis = new Map<string, number>();
  if (timeWaitSeconds !== USUAL_TIME_WAIT_SECONDS) analysis.set('time-wait-seconds', timeWaitSeconds);
  return tellScenario(connection, found, { paths, analysis });
}
