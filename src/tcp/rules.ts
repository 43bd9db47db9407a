/**
 * The machine: RFC 9293's transitions as a passive observer can apply them, for the end that sends a segment and for the
 * end that presumably receives it. First match wins; `compile.ts` refuses to load a hole, a rule that can never match or
 * a rule without source.
 *
 *       sender                        segment                          receiver
 *     proven by sending it    ------------------------->     assumed: it may be lost past the tap
 */
import type { Rule } from './rule.ts';
import { HANDSHAKE_RECEIVED, HANDSHAKE_SENT } from './rules/handshake.ts';
import { RESET } from './rules/reset.ts';
import { TEARDOWN_RECEIVED, TEARDOWN_SENT } from './rules/teardown.ts';

/** All rules; the first that matches role, event and state counts. */
export const RULES: readonly Rule[] = [
  ...HANDSHAKE_SENT,
  ...HANDSHAKE_RECEIVED,
  ...TEARDOWN_SENT,
  ...TEARDOWN_RECEIVED,
  ...RESET,
];
