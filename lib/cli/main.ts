#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
/** The command `hadaquant`. Commands are loaded when they are run: `--help` needs no kernels. */
import { createRequire } from 'node:module';
import { errorText, exitCode, Interrupted, STOP_SIGNALS } from './failure.ts';
import { HELP, SUMMARY } from './help.ts';
import { type Invocation, parseCommandLine } from './options.ts';
import { processSession, type Session } from './session.ts';
import { needsLargerPool, runWithLargerPool } from './thread-pool.ts';

async function run(invocation: Invocation, session: Session): Promise<void> {
  switch (invocation.command) {
    case 'help':
      return session.print(invocation.topic ? HELP[invocation.topic] : SUMMARY);
    case 'version': {
      const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };
      return session.print(`${version}\n`);
    }
    case 'compress':
      return (await import('./compress.ts')).compress(invocation, session);
    case 'search':
      return (await import('./search.ts')).search(invocation, session);
    case 'decompress':
      return (await import('./decompress.ts')).decompress(invocation, session);
    case 'info':
      return (await import('./info.ts')).info(invocation, session);
  }
}

function report(error: unknown): void {
  process.stderr.write(errorText(error, process.env['HADAQUANT_DEBUG'] === '1'));
  process.exitCode = exitCode(error);
}

async function main(args: string[]): Promise<void> {
  const stop = new AbortController();
  const session = processSession(stop.signal);
  process.on('uncaughtException', (error) => {
    report(error);
    process.exit();
  });
  try {
    const invocation = parseCommandLine(args);
    if ('threads' in invocation && needsLargerPool(invocation.threads)) {
      process.exitCode = await runWithLargerPool(invocation.threads);
      return;
    }
    for (const signal of STOP_SIGNALS) process.on(signal, () => stop.abort(new Interrupted(signal)));
    await run(invocation, session);
  } catch (error) {
    report(error);
    // what has been left alone (reading an index) would only keep the process alive
    if (error instanceof Interrupted) process.exit();
  }
}

await main(process.argv.slice(2));
