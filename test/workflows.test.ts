// SPDX-License-Identifier: Apache-2.0
// The workflows cannot run here; what they run can. Every step is a script of this repository that is there, or npm ci.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, root), 'utf8');
const folder = '.github/workflows/';
const files = readdirSync(new URL(folder, root));
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };

/** What is wrong with the command of a step; undefined if nothing is. */
function fault(command: string): string | undefined {
  if (command === 'npm ci' || command === 'npm test') return undefined;
  if (command === 'npm pack') return undefined;
  const script = /^npm run ([\w:]+)( -- [^|&;<>]+)?$/.exec(command)?.[1];
  if (script) return script in scripts ? undefined : `package.json has no script ${script}`;
  const file = /^(?:node |sh )?(scripts\/[\w-]+\.(?:mjs|sh))( [^|&;<>]+)?$/.exec(command)?.[1];
  if (file) return existsSync(new URL(file, root)) ? undefined : `there is no ${file}`;
  return 'neither an npm script nor one of scripts/';
}

describe('workflows', () => {
  it('are the three', () => expect(files.sort()).toEqual(['ci.yml', 'nightly.yml', 'release.yml']));

  it.each(files)('%s runs scripts that are there', (file) => {
    const commands = [...read(folder + file).matchAll(/^\s*(?:- )?run: (.*)$/gm)].map((match) => match[1]!);
    expect(commands.length).toBeGreaterThan(3);
    expect(commands.map(fault).filter(Boolean)).toEqual([]);
  });

  it.each(files)('%s pins each action to a commit and names its version', (file) => {
    const uses = [...read(folder + file).matchAll(/uses: (.*)$/gm)].map((match) => match[1]!);
    expect(uses.length).toBeGreaterThan(3);
    for (const use of uses) expect(use).toMatch(/^actions\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  it('give the right to write to one job', () => {
    for (const file of files) {
      const text = read(folder + file);
      expect(text).toMatch(/^permissions: \{\}$/m);
      expect([...text.matchAll(/: write\b/g)]).toHaveLength(file === 'release.yml' ? 1 : 0);
    }
    const [, publish] = read(`${folder}release.yml`).split('\n  publish:\n');
    expect(publish).toMatch(/environment: npm\n[\s\S]*id-token: write/);
  });

  it('notices a step that is no script', () => {
    for (const command of ['curl x | sh', 'npm run nothing', 'node scripts/none.mjs', 'npm run lint && rm -r .']) {
      expect(fault(command)).toBeTypeOf('string');
    }
  });
});
