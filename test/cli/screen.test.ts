import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { renderCurve, renderFrame } from '../../src/cli/screen/frame.ts';
import { ScreenModel, type ScreenSource } from '../../src/cli/screen/model.ts';
import { nameKey } from '../../src/cli/screen/screen.ts';
import { LiveAnalysis } from '../../src/live/live-analysis.ts';
import { createStyle, PLAIN_TEXT } from '../../src/report/terminal.ts';
import { readChunks } from '../../src/source/session.ts';

/** A screen of a capture that was played to its end. */
async function screenOf(fixture: string): Promise<{ model: ScreenModel; stops: () => number; drawn: () => number[] }> {
  let model: ScreenModel | null = null;
  const live = new LiveAnalysis({}, { onEvent: (event) => model?.onEvent(event) });
  let stops = 0;
  const drawn: number[] = [];
  const source: ScreenSource = {
    live,
    title: 'eth0',
    packetCount: () => live.packetCount,
    losses: () => 'nothing lost',
    draw: ({ connection }) => {
      drawn.push(connection.id);
      return Array.from({ length: 100 }, (_, line) => `line ${line} of #${connection.id}`);
    },
    write: ({ connection }) => `#${connection.id} written`,
    stop: () => {
      stops++;
    },
  };
  model = new ScreenModel(source);
  await readChunks([readFileSync(`fixtures/${fixture}.pcap`)], live, { timeBase: live.analysis.timeBase });
  live.flush();
  live.tick(20e9);
  model.tick();
  return { model, stops: () => stops, drawn: () => drawn };
}

const draw = (model: ScreenModel): string[] =>
  renderFrame(model, createStyle({ ...PLAIN_TEXT, width: model.width }), true);
const idsOf = (model: ScreenModel): number[] => model.rows.map(({ id }) => id);
const press = (model: ScreenModel, ...keys: string[]): void => {
  for (const key of keys) model.onKey(key);
};

describe('the screen', () => {
  it('fills what there is, and nothing more, at any size', async () => {
    const { model } = await screenOf('four-connections');
    for (const [width, height] of [
      [60, 12],
      [80, 24],
      [200, 60],
    ]) {
      Object.assign(model, { width, height });
      for (const mode of ['list', 'ladder', 'help', 'filter'] as const) {
        model.mode = mode;
        expect(draw(model)).toHaveLength(height - 1);
      }
    }
  });

  it('lists, sorts, reverses and filters', async () => {
    const { model } = await screenOf('four-connections');
    expect(idsOf(model)).toEqual([4, 3, 2, 1]);
    press(model, 'r');
    expect(idsOf(model)).toEqual([1, 2, 3, 4]);
    press(model, 'r', 's', 's');
    expect(model.sort).toBe('state');
    press(model, '/', ...'40003', 'return');
    expect(idsOf(model)).toEqual([3]);
    expect(draw(model).join('\n')).toContain('1 connections, state first, with "40003"');
    press(model, 'escape', '/', ...'established', 'return');
    expect(idsOf(model)).toEqual([4]);
    press(model, '/', 'escape');
    expect(model.rows).toHaveLength(4);
  });

  it('keeps what is selected when others come before it, and scrolls its ladder', async () => {
    const { model, drawn } = await screenOf('four-connections');
    press(model, 'j', 'j');
    expect(model.selected?.id).toBe(2);
    press(model, 's', 'return');
    expect(drawn()).toEqual([2, 2]);
    model.height = 24;
    expect(draw(model).join('\n')).toContain('line 0 of #2');
    press(model, 'G');
    expect(draw(model).join('\n')).toContain('line 99 of #2');
    press(model, 'k');
    expect(draw(model).join('\n')).not.toContain('line 99 of #2');
    press(model, 'w');
    expect(draw(model).at(-1)).toBe('#2 written');
    press(model, 'escape', '?');
    expect(draw(model).join('\n')).toContain('pcapng file in this folder');
  });

  it('ends by q and Ctrl-C, also while a filter is typed', async () => {
    const { model, stops } = await screenOf('refused');
    press(model, '/', 'q');
    expect(stops()).toBe(0);
    press(model, 'ctrl-c', 'escape', 'q');
    expect(stops()).toBe(2);
  });

  it('shows findings that are more than a remark', async () => {
    const { model } = await screenOf('refused');
    expect(draw(model).join('\n')).toMatch(/✗ connection-refused {2}#1 192\.0\.2\.10:40001/);
  });
});

it('a curve is as high as its highest value', () => {
  expect(renderCurve([0, 1, 4, 8], 10, true)).toBe(' ▁▄█');
  expect(renderCurve([0, 1, 4, 8], 2, true)).toBe('▄█');
  expect(renderCurve([0, 8], 10, false)).toBe(' #');
  expect(renderCurve([0, 0], 10, true)).toBe('  ');
});

it('keys have names', () => {
  expect(nameKey('c', { ctrl: true })).toBe('ctrl-c');
  expect(nameKey('', { upArrow: true })).toBe('up');
  expect(nameKey('x', {})).toBe('x');
});
