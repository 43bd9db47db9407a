/**
 * A two-endpoint TCP simulator: two whole stacks, a path of two legs with a tap between them, and the truth about all.
 *
 *     client -- leg A -- tap -- leg B -- server
 *
 * Each leg loses, repeats, holds back and delays on its own. The tap tells what an observer sees; the sockets' histories
 * tell what was.
 */
export { MILLISECOND, SECOND } from './simulator/clock.ts';
export type { Loss, TapRecord } from './simulator/network.ts';
export type { ApplicationPlan, Plan, TapPlan } from './simulator/plan.ts';
export { drawPlan, WHOLE_TAP } from './simulator/plan.ts';
export { Random } from './simulator/random.ts';
export * from './simulator/segment.ts';
export { runPlan, type Simulation, simulate, type TrueConnection } from './simulator/simulate.ts';
export type { Socket } from './simulator/socket.ts';
export { DEFAULT_SOCKET, type SocketOptions, type TrueState } from './simulator/socket-sender.ts';
