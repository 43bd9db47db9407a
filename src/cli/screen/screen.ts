/** The live screen on a terminal: ink draws the lines and reads the keys; the terminal is left as it was found. */
import { Box, type Instance, render, Text, useInput, useStdout } from 'ink';
import { createElement, type ReactElement, useEffect, useState } from 'react';
import { createStyle, type TextOptions } from '../../report/terminal.ts';
import { EXIT } from '../exit.ts';
import type { LiveView } from '../live/view.ts';
import { renderFrame } from './frame.ts';
import { ScreenModel, type ScreenSource } from './model.ts';

const ENTER = '\u001b[?1049h\u001b[H\u001b[?25l';
const LEAVE = '\u001b[?1049l\u001b[?25h';

const NAMES = {
  upArrow: 'up',
  downArrow: 'down',
  pageUp: 'pageup',
  pageDown: 'pagedown',
  return: 'return',
  escape: 'escape',
  backspace: 'backspace',
  delete: 'backspace',
  home: 'home',
  end: 'end',
} as const;

/** Keys as the terminal sends them, when they come together with others. */
const TYPED: Readonly<Record<string, string>> = {
  '\r': 'return',
  '\n': 'return',
  '\u007f': 'backspace',
  '\u0003': 'ctrl-c',
};

type Key = Parameters<Parameters<typeof useInput>[0]>[1];

/** Name of a key as the model knows it. */
export function nameKey(input: string, key: Partial<Key>): string {
  if (key.ctrl === true && input === 'c') return 'ctrl-c';
  for (const [name, ours] of Object.entries(NAMES)) if ((key as Record<string, unknown>)[name] === true) return ours;
  return input;
}

interface ScreenProps {
  readonly model: ScreenModel;
  readonly options: TextOptions;
  /** Calls what it is given whenever there is something new to draw; returns what ends that. */
  readonly subscribe: (draw: () => void) => () => void;
}

export function Screen({ model, options, subscribe }: ScreenProps): ReactElement {
  const { stdout } = useStdout();
  const [, setCount] = useState(0);
  useEffect(() => {
    const draw = (): void => setCount((count) => count + 1);
    stdout.on('resize', draw);
    const unsubscribe = subscribe(draw);
    return () => {
      stdout.off('resize', draw);
      unsubscribe();
    };
  }, [stdout, subscribe]);
  useInput((input, key) => {
    // What is pasted, or typed fast, arrives in one piece.
    const name = nameKey(input, key);
    for (const each of name === input && input.length > 1 ? [...input] : [name]) model.onKey(TYPED[each] ?? each);
    setCount((count) => count + 1);
  });
  model.width = stdout.columns ?? 80;
  model.height = stdout.rows ?? 24;
  const lines = renderFrame(model, createStyle({ ...options, width: model.width }), options.unicode);
  return createElement(
    Box,
    { flexDirection: 'column' },
    lines.map((line, index) => createElement(Text, { key: index, wrap: 'truncate' }, line === '' ? ' ' : line)),
  );
}

/** A view that takes the whole terminal from `begin` to `end`. */
export function createScreenView(options: TextOptions, makeSource: () => ScreenSource): LiveView {
  let model: ScreenModel | null = null;
  let instance: Instance | null = null;
  let draw: () => void = () => {};
  const notices: string[] = [];
  const crash = (error: unknown): void => {
    restore();
    process.off('exit', restore);
    process.stderr.write(`lastack: this is a bug in lastack: ${(error as Error).message}\n`);
    process.exit(EXIT.bug);
  };
  const restore = (): void => {
    process.stdout.write(LEAVE);
    if (process.stdin.isTTY) process.stdin.setRawMode(false);
  };
  return {
    onEvent: (event) => model?.onEvent(event),
    begin() {
      const made = new ScreenModel(makeSource());
      model = made;
      process.stdout.write(ENTER);
      process.once('exit', restore);
      process.once('uncaughtException', crash);
      const subscribe = (listener: () => void): (() => void) => {
        draw = listener;
        return () => {
          draw = () => {};
        };
      };
      instance = render(createElement(Screen, { model: made, options, subscribe }), {
        exitOnCtrlC: false,
        patchConsole: false,
      });
    },
    tick() {
      model?.tick();
      draw();
    },
    notice(text) {
      notices.push(text);
      if (model !== null) model.message = text;
    },
    end() {
      if (instance === null) return;
      instance.unmount();
      instance = null;
      process.off('exit', restore);
      process.off('uncaughtException', crash);
      restore();
      for (const text of notices.slice(1)) process.stderr.write(`lastack: ${text}\n`);
    },
  };
}
