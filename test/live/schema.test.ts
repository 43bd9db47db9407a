import { readFileSync } from 'node:fs';
import { toJsonSchema } from '@valibot/to-json-schema';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { eventSchema } from '../../src/live/events-schema.ts';
import { listFixtures } from '../support/fixtures.ts';
import { play } from '../support/live.ts';

describe('the published schema of the events', () => {
  it('is what the definition says', async () => {
    const described = {
      ...toJsonSchema(eventSchema()),
      title: 'One line of lastack live --format ndjson',
    };
    await expect(`${JSON.stringify(described, null, 2)}\n`).toMatchFileSnapshot('../../events.schema.json');
  });

  it.each(listFixtures().map(({ name, capture }) => [name, capture]))('holds for %s', async (_, capture) => {
    const { events } = await play(readFileSync(capture), {}, 100);
    const schema = eventSchema();
    for (const event of events) v.parse(schema, JSON.parse(JSON.stringify(event)));
    expect(new Set(events.map(({ event }) => event))).toContain('closed');
  });
});
