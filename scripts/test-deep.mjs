#!/usr/bin/env node

// SPDX-License-Identifier: Apache-2.0
// The slower tier of tests: other CPUs under emulation, Windows under wine, sanitizers, leaks, fuzzing, instruction counts,
// compiled objects, the packed package, prebuilt binaries, installs, other runtimes, browsers and edge workers, workflows. A
// check whose tools are missing is skipped and says so. Usage: npm run test:deep [-- part of a name]

import { checks as arm32 } from '../test/deep/arm32.mjs';
import { Skip } from '../test/deep/commands.mjs';
import { checks as consumers } from '../test/deep/consumers.mjs';
import { checks as firstSteps } from '../test/deep/first-steps.mjs';
import { checks as fuzzing } from '../test/deep/fuzz.mjs';
import { checks as readers } from '../test/deep/fuzz-readers.mjs';
import { checks as grids } from '../test/deep/grids.mjs';
import { checks as installs } from '../test/deep/installs.mjs';
import { checks as instructions } from '../test/deep/instructions.mjs';
import { checks as leaks } from '../test/deep/leaks.mjs';
import { checks as objects } from '../test/deep/objects.mjs';
import { checks as packages } from '../test/deep/package.mjs';
import { checks as prebuilds } from '../test/deep/prebuilds.mjs';
import { checks as runtimes } from '../test/deep/runtimes.mjs';
import { checks as sanitizers } from '../test/deep/sanitizers.mjs';
import { checks as sizes } from '../test/deep/sizes.mjs';
import { checks as statistics } from '../test/deep/statistics.mjs';
import { checks as threads } from '../test/deep/threads.mjs';
import { checks as tiers } from '../test/deep/tiers.mjs';
import { checks as unbiasedTables } from '../test/deep/unbiased-tables.mjs';
import { checks as wasm } from '../test/deep/wasm.mjs';
import { checks as web } from '../test/deep/web.mjs';
import { checks as windows } from '../test/deep/windows.mjs';
import { checks as workflows } from '../test/deep/workflows.mjs';

const wanted = process.argv[2] ?? '';
const counts = { passed: 0, failed: 0, skipped: 0 };
for (const { name, run } of [
  ...tiers,
  ...arm32,
  ...windows,
  ...wasm,
  ...web,
  ...sizes,
  ...objects,
  ...packages,
  ...prebuilds,
  ...installs,
  ...consumers,
  ...firstSteps,
  ...runtimes,
  ...sanitizers,
  ...threads,
  ...leaks,
  ...fuzzing,
  ...readers,
  ...instructions,
  ...unbiasedTables,
  ...grids,
  ...statistics,
  ...workflows,
]) {
  if (!name.includes(wanted)) continue;
  const started = performance.now();
  const seconds = () => `${((performance.now() - started) / 1000).toFixed(1)} s`;
  try {
    const detail = run();
    counts.passed++;
    console.log(`ok       ${name}: ${detail} (${seconds()})`);
  } catch (error) {
    if (error instanceof Skip) {
      counts.skipped++;
      console.log(`skipped  ${name}: ${error.message}`);
    } else {
      counts.failed++;
      console.log(`FAILED   ${name} (${seconds()})\n${error.message}`);
    }
  }
}
console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
process.exit(counts.failed || !counts.passed ? 1 : 0);
