#!/usr/bin/env node
import { VERSION } from '../version.ts';
import { processIo } from './io.ts';
import type { Library } from './library.ts';
import { runCli } from './run.ts';

const library: Library = {
  version: VERSION,
  engine: async () => (await import('./analysis.ts')).engine,
  rules: async () => (await import('../tcp/rules.ts')).RULES,
  catalog: async () => (await import('../findings/registry.ts')).CATALOG,
};

process.exitCode = await runCli(process.argv.slice(2), processIo(), library);
