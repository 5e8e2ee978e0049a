// SPDX-License-Identifier: Apache-2.0
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../lib/cli/failure.ts';
import { HELP, SUMMARY } from '../../lib/cli/help.ts';
import { COMMANDS, GRAMMARS, parseCommandLine } from '../../lib/cli/options.ts';

const parse = (line: string) => parseCommandLine(line.split(' ').filter(Boolean));

function refusal(line: string): string {
  try {
    parse(line);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as Error).message;
  }
  throw new Error(`${line} was accepted`);
}

describe('options', () => {
  it('compress has defaults', () => {
    expect(parse('compress a.npy -o b.hq')).toEqual({
      command: 'compress',
      input: 'a.npy',
      output: 'b.hq',
      bits: 4,
      codec: 'eden',
      metric: 'cosine',
      seed: 0,
      rounds: 'auto',
      center: { from: 'none' },
      threads: undefined,
      json: false,
    });
  });

  it('compress takes all options, before and after the input', () => {
    const line =
      'compress --bits 2.5 --codec eden --metric l2 --seed 7 a.FVECS --output b --rounds 3 --center c.npy --threads 64 --json';
    expect(parse(line)).toEqual({
      command: 'compress',
      input: 'a.FVECS',
      output: 'b',
      bits: 2.5,
      codec: 'eden',
      metric: 'l2',
      seed: 7,
      rounds: 3,
      center: { from: 'file', path: 'c.npy' },
      threads: 64,
      json: true,
    });
    expect(parse('compress a.npy -o b --center mean')).toMatchObject({ center: { from: 'mean' } });
    expect(parse('compress a.npy -o b --codec drive')).toMatchObject({ codec: 'drive', bits: 1 });
  });

  it('seeds have 64 bits', () => {
    expect(parse('compress a.npy -o b --seed 9007199254740991')).toMatchObject({ seed: 2 ** 53 - 1 });
    expect(parse('compress a.npy -o b --seed 9007199254740992')).toMatchObject({ seed: 2n ** 53n });
    expect(parse('compress a.npy -o b --seed 18446744073709551615')).toMatchObject({ seed: 2n ** 64n - 1n });
  });

  it('search, decompress, info', () => {
    expect(parse('search i.hq q.npy')).toEqual({
      command: 'search',
      index: 'i.hq',
      queries: 'q.npy',
      k: 10,
      threads: undefined,
      json: false,
    });
    expect(parse('search -k5 i.hq --threads 2 q.fvecs --json')).toMatchObject({ k: 5, threads: 2, json: true });
    expect(parse('decompress i.hq -o x.npy --dtype f2')).toEqual({
      command: 'decompress',
      input: 'i.hq',
      output: 'x.npy',
      dtype: 'f2',
      json: false,
    });
    expect(parse('decompress i.hq -o x.fvecs')).toMatchObject({ dtype: 'f4' });
    expect(parse('info i.hq --verify')).toEqual({ command: 'info', input: 'i.hq', verify: true, json: false });
  });

  it('names that begin with a dash', () => {
    expect(parse('info -- --strange')).toMatchObject({ input: '--strange' });
  });

  it('help and version', () => {
    for (const line of ['--help', '-h', 'help']) expect(parse(line)).toEqual({ command: 'help', topic: undefined });
    for (const command of COMMANDS) {
      for (const line of [`${command} --help`, `${command} -h`, `help ${command}`]) {
        expect(parse(line)).toEqual({ command: 'help', topic: command });
      }
    }
    expect(parse('--version')).toEqual({ command: 'version' });
    expect(parse('-V')).toEqual({ command: 'version' });
  });

  it.each([
    ['', "no command given; try 'hadaquant --help'"],
    ['squash a.npy', "unknown command 'squash'; there are compress, search, decompress, info"],
    ['help squash', "unknown command 'squash'; there are compress, search, decompress, info"],
    ['--json info', "unknown option '--json'; options follow the command"],
    ['compress', "compress needs INPUT; try 'hadaquant compress --help'"],
    ['search', "search needs INDEX and QUERIES; try 'hadaquant search --help'"],
    ['search i.hq', "search needs QUERIES; try 'hadaquant search --help'"],
    ['info a b', "unexpected argument 'b'; try 'hadaquant info --help'"],
    ['info a --bits 4', "unknown option '--bits'; try 'hadaquant info --help'"],
    ['compress a.npy', "--output (-o) is missing; try 'hadaquant compress --help'"],
    ['compress a.npy -o', "option '-o, --output <value>' argument missing; try 'hadaquant compress --help'"],
    ['compress a.npy -o b --seed -1', "option '--seed' argument is ambiguous; try 'hadaquant compress --help'"],
    ['compress a.csv -o b', "INPUT must end in .npy or .fvecs, got 'a.csv'; try 'hadaquant compress --help'"],
  ])('%s: one sentence', (line, message) => {
    expect(refusal(line)).toBe(message);
  });

  it.each([
    ['--bits 0.4', /--bits must be a number from 0\.5 to 8, got '0\.4'/],
    ['--bits 9', /--bits/],
    ['--bits 4x', /got '4x'/],
    ['--bits 1e0', /--bits/],
    ['--bits=', /got ''/],
    ['--codec zip', /--codec must be one of eden, drive, dithered, .*, vq, got 'zip'/],
    ['--codec drive --bits 4', /--bits must be 1 for codec 'drive', got 4/],
    ['--metric dot', /--metric must be one of cosine, ip, l2, got 'dot'/],
    ['--seed=-1', /--seed must be a whole number from 0 to 2\^64 - 1, got '-1'/],
    ['--seed 18446744073709551616', /--seed/],
    ['--seed 1.5', /--seed/],
    ['--rounds 4', /--rounds must be one of auto, 1, 2, 3, got '4'/],
    ['--center middle', /--center must be none, mean, or the name of a \.npy or \.fvecs file, got 'middle'/],
    ['--threads 0', /--threads must be a whole number from 1 to 64, got '0'/],
    ['--threads 65', /--threads/],
    ['--json=1', /'--json' does not take an argument/],
    ['--output=', /--output must be the name of a file/],
  ])('compress %s', (option, message) => {
    expect(refusal(`compress a.npy -o b ${option}`)).toMatch(message);
  });

  it.each([
    ['search i.hq q.npy -k 0', /-k must be a whole number from 1 to 4294967295, got '0'/],
    ['search i.hq q.txt', /QUERIES must end in/],
    ['decompress i.hq -o x.txt', /--output must end in/],
    ['decompress i.hq -o x.npy --dtype f16', /--dtype must be one of f2, f4, f8/],
    ['decompress i.hq -o x.fvecs --dtype f8', /--dtype f8 needs a \.npy file/],
  ])('%s', (line, message) => {
    expect(refusal(line)).toMatch(message);
  });

  it('an empty name', () => {
    expect(() => parseCommandLine(['info', ''])).toThrow(/INDEX must be the name of a file, got ''/);
  });
});

describe('help', () => {
  it('names every command, and every option of a command', () => {
    for (const command of COMMANDS) {
      expect(SUMMARY).toContain(`hadaquant ${command}`);
      expect(HELP[command]).toMatch(/^Examples:$/m);
      for (const name of Object.keys(GRAMMARS[command])) {
        expect(HELP[command]).toContain(name.length === 1 ? `  -${name} ` : `--${name}`);
      }
    }
  });

  it('names no option that there is not, and its examples can be parsed', () => {
    for (const command of COMMANDS) {
      for (const [, name] of HELP[command].matchAll(/^ {2}(?:-\w, )?--(\w+)/gm)) {
        expect(Object.keys(GRAMMARS[command])).toContain(name);
      }
    }
    for (const text of [SUMMARY, ...Object.values(HELP)]) {
      for (const [, line] of text.split('Examples:')[1].matchAll(/^ {2}hadaquant (.*?)(?: > .*)?$/gm)) parse(line);
    }
  });

  it('fits 120 columns', () => {
    for (const text of [SUMMARY, ...Object.values(HELP)]) {
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    }
  });
});
