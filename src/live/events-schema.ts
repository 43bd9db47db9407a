/** The definition of the events of a live capture, of which `events.schema.json` is made. */
import * as v from 'valibot';
import { SEVERITIES } from '../findings/finding.ts';
import { OUTCOMES } from '../flow/vocabulary.ts';
import { STATES } from '../tcp/states.ts';
import { CLOSING_REASONS } from './events.ts';

const about = <Schema extends v.GenericSchema>(schema: Schema, text: string) => v.pipe(schema, v.description(text));

const count = () => v.pipe(v.number(), v.integer(), v.minValue(0));
const place = () => v.strictObject({ address: v.string(), port: count() });
const state = () => v.picklist(STATES);
const end = () => v.picklist(['client', 'server']);

const time = about(v.string(), 'RFC 3339 with nanoseconds, UTC, by the clock of the packets.');
const head = {
  time,
  connection: about(v.pipe(v.number(), v.integer(), v.minValue(1)), 'Number of the connection, by first frame.'),
  client: place(),
  server: place(),
};

const finding = v.strictObject({
  code: v.string(),
  severity: v.picklist(SEVERITIES),
  category: v.string(),
  at: v.picklist(['client', 'server', 'path', 'capture']),
  frames: v.array(count()),
  message: v.string(),
  cause: v.string(),
  hint: v.string(),
});

/** One line of `lastack live --format ndjson`. */
export function eventSchema() {
  return v.variant('event', [
    v.strictObject({ event: v.literal('opened'), ...head, frame: count() }),
    v.strictObject({
      event: v.literal('state'),
      ...head,
      end: end(),
      state: state(),
      was: about(v.nullable(state()), 'State before; null for the first.'),
      basis: v.picklist(['proven', 'assumed', 'timer']),
      frame: about(count(), 'Frame that shows it; for a timer, the last one before.'),
      takenBack: about(v.boolean(), 'The state before had only been presumed and turned out wrong.'),
    }),
    v.strictObject({
      event: v.literal('finding'),
      time,
      connection: v.optional(head.connection),
      client: v.optional(place()),
      server: v.optional(place()),
      stands: about(v.boolean(), 'False when a finding that was told no longer holds.'),
      finding,
    }),
    v.strictObject({
      event: v.literal('closed'),
      ...head,
      because: about(
        v.picklist(CLOSING_REASONS),
        'over: both ends are done; replaced: the tuple was used again; evicted: too many at a time; stopped: the capture ended.',
      ),
      revised: about(v.boolean(), 'It was told before, and what came later changed outcome or findings.'),
      result: about(
        v.looseObject({
          id: count(),
          outcome: v.picklist(OUTCOMES),
          certainty: v.picklist(['determined', 'undetermined']),
          closedFirst: v.nullable(v.picklist(['client', 'server', 'both'])),
          findings: v.array(finding),
        }),
        'The connection as in the result document (docs/output.md).',
      ),
    }),
  ]);
}
