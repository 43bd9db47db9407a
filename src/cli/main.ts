#!/usr/bin/env node
import { processIo } from './io.ts';
import { LIBRARY } from './library.ts';
import { runCli } from './run.ts';

const io = processIo();
void runCli(process.argv.slice(2), io, LIBRARY).then((status) => {
  process.exitCode = status;
  // To take apart what the process had, piece by piece, takes longer than to let go of it at once.
  if (io.isWritten()) process.exit();
});
