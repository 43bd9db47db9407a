#!/usr/bin/env node
import { processIo } from './io.ts';
import { LIBRARY } from './library.ts';
import { runCli } from './run.ts';

process.exitCode = await runCli(process.argv.slice(2), processIo(), LIBRARY);
// To take apart what the process had, piece by piece, takes longer than to let go of it at once.
if (process.stdout.writableLength === 0 && process.stderr.writableLength === 0) process.exit();
