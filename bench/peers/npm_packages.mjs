// SPDX-License-Identifier: Apache-2.0
/** The peers from npm. They belong to the package bench/data, so that hadaquant itself depends on nothing more. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('../data/', import.meta.url));
const require = createRequire(path.join(folder, 'package.json'));

const HOW_TO_INSTALL = 'npm --prefix bench/data ci --ignore-scripts';

/** @returns { module, version }, or undefined after a note that says why */
function load(name, note, isUsable = () => true) {
  const home = path.join(folder, 'node_modules', name);
  if (!existsSync(home)) {
    note(`${name} is left out: it is not installed (${HOW_TO_INSTALL})`);
    return undefined;
  }
  try {
    if (!isUsable(home)) throw new Error('it has no binary for this machine');
    const { version } = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8'));
    return { module: require(name), version };
  } catch (error) {
    note(`${name} is left out: ${error.message.split('\n')[0]}`);
    return undefined;
  }
}

export function loadUsearch(note) {
  return load('usearch', note);
}

/** Without its binary simsimd computes in JavaScript, which is not what we want to be compared with. */
export function loadSimsimd(note) {
  const { platform, arch } = process;
  return load('simsimd', note, (home) => {
    const names =
      platform === 'darwin' ? [`darwin-${arch}`, 'darwin-arm64+x64', 'darwin-x64+arm64'] : [`${platform}-${arch}`];
    return names.some((name) => existsSync(path.join(home, 'prebuilds', name)));
  });
}
