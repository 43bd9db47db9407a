/** Words in which a connection is described; their spellings are part of the JSON contract. */

export type End = 'client' | 'server';

export const OUTCOMES = [
  'graceful',
  'final-ack-missing',
  'half-closed',
  'fin-unacknowledged',
  'reset',
  'refused',
  'abandoned',
  'unanswered',
  'handshake-incomplete',
  'open',
  'partial',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

export type CloseStyle = 'four-segment' | 'three-segment' | 'simultaneous' | 'half-close' | 'reset' | 'none';
export type ClosedFirst = End | 'both' | null;
export type Certainty = 'determined' | 'undetermined';
export type UndeterminedReason = 'capture-ended' | 'one-way' | 'midstream' | 'gap';
export type RoleBasis = 'syn' | 'syn-ack' | 'port' | 'first-seen';
export type RstShape = 'refuse' | 'reactive' | 'active' | 'unknown';
