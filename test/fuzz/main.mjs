// SPDX-License-Identifier: Apache-2.0
// Fuzzes one reader of the library on every backend. Usage: node test/fuzz/main.mjs <target> [--seconds=N | --executions=N]
// [--seed=N] [--keep]. It begins with the target's own seeds and the inputs in test/fuzz/corpus/<target>; with --keep the
// smallest inputs that show all that was seen go there. Without a number it only runs those inputs.
// A finding ends it with status 1; the input is then build-deep/fuzz-readers/<target>/current, and stays there if the
// process dies.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Fuzzer } from './fuzzer.mjs';
import { Finding } from './outcome.mjs';
import { startWatchdog } from './watchdog.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '0' },
    executions: { type: 'string', default: '0' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const [name] = positionals;
const { target } = await import(`./targets/${name}.mjs`);
const corpus = path.join(here, 'corpus', name);
const folder = fileURLToPath(new URL(`../../build-deep/fuzz-readers/${name}`, import.meta.url));

function kept() {
  if (!existsSync(corpus)) return [];
  return readdirSync(corpus)
    .sort()
    .map((file) => Uint8Array.from(readFileSync(path.join(corpus, file))));
}

/** Replaces the corpus by the smallest inputs that together show what all of them do. */
async function keep(inputs, settings) {
  const again = new Fuzzer(target, settings);
  await again.replay([...inputs].sort((a, b) => a.length - b.length));
  rmSync(corpus, { recursive: true, force: true });
  mkdirSync(corpus, { recursive: true });
  for (const bytes of again.pool) {
    const file = createHash('sha1').update(bytes).digest('hex').slice(0, 12);
    writeFileSync(path.join(corpus, file + target.extension), bytes);
  }
  return `${again.pool.length} inputs kept, ${again.pool.reduce((sum, b) => sum + b.length, 0)} bytes`;
}

mkdirSync(folder, { recursive: true });
const settings = { folder, seed: Number(values.seed), beat: startWatchdog() };
const started = performance.now();
const seconds = () => (performance.now() - started) / 1000;
const fuzzer = new Fuzzer(target, settings);
try {
  await fuzzer.replay([...target.seeds(), ...kept()]);
  const most = Number(values.executions);
  await fuzzer.run(() => fuzzer.executions < most || seconds() < Number(values.seconds));
  const figures = `${fuzzer.executions} executions, ${fuzzer.kinds} kinds of outcomes, ${seconds().toFixed(0)} s, no findings`;
  const more = values.keep ? `; ${await keep(fuzzer.pool, settings)}` : '';
  console.log(`${name}: ${figures}${more}`);
} catch (error) {
  console.error(`${name}, execution ${fuzzer.executions}: ${error instanceof Finding ? error.message : error.stack}`);
  process.exitCode = 1;
}
