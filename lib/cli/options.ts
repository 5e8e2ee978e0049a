// SPDX-License-Identifier: Apache-2.0
/** The command line: from the words after `hadaquant` to the checked options of a command. */
import { type ParseArgsConfig, parseArgs } from 'node:util';
import {
  checkBits,
  FIXED_SIZE_CODECS,
  type FixedSizeCodecName,
  MAX_BITS,
  MIN_BITS,
  type Rounds,
} from '../codec/codec.ts';
import type { Seed } from '../random.ts';
import { METRICS, type Metric } from '../search/metric.ts';
import { UsageError } from './failure.ts';
import { NPY_TYPES, type NpyType } from './npy-header.ts';
import { VECTOR_FORMATS, vectorFormat } from './vector-format.ts';

export type CommandName = 'compress' | 'search' | 'decompress' | 'info';
export const COMMANDS: readonly CommandName[] = ['compress', 'search', 'decompress', 'info'];

export type CenterOption = { from: 'none' } | { from: 'mean' } | { from: 'file'; path: string };

export interface CompressOptions {
  command: 'compress';
  input: string;
  output: string;
  bits: number;
  codec: FixedSizeCodecName;
  metric: Metric;
  seed: Seed;
  rounds: Rounds;
  center: CenterOption;
  threads: number | undefined;
  json: boolean;
}

export interface SearchOptions {
  command: 'search';
  index: string;
  queries: string;
  k: number;
  threads: number | undefined;
  json: boolean;
}

export interface DecompressOptions {
  command: 'decompress';
  input: string;
  output: string;
  dtype: NpyType;
  json: boolean;
}

export interface InfoOptions {
  command: 'info';
  input: string;
  verify: boolean;
  json: boolean;
}

export type Invocation =
  | { command: 'help'; topic: CommandName | undefined }
  | { command: 'version' }
  | CompressOptions
  | SearchOptions
  | DecompressOptions
  | InfoOptions;

const MAX_THREADS = 64;
const MAX_K = 2 ** 32 - 1;
const MAX_SEED = 2n ** 64n - 1n;

const FLAG = { type: 'boolean' } as const;
const TEXT = { type: 'string' } as const;
const HELP_FLAG = { ...FLAG, short: 'h' } as const;
const OUTPUT = { ...TEXT, short: 'o' } as const;

type Grammar = NonNullable<ParseArgsConfig['options']>;

/** For parseArgs: the options of each command. */
export const GRAMMARS: Readonly<Record<CommandName, Grammar>> = {
  compress: {
    output: OUTPUT,
    bits: TEXT,
    codec: TEXT,
    metric: TEXT,
    seed: TEXT,
    rounds: TEXT,
    center: TEXT,
    threads: TEXT,
    json: FLAG,
    help: HELP_FLAG,
  },
  search: { k: { ...TEXT, short: 'k' }, threads: TEXT, json: FLAG, help: HELP_FLAG },
  decompress: { output: OUTPUT, dtype: TEXT, json: FLAG, help: HELP_FLAG },
  info: { verify: FLAG, json: FLAG, help: HELP_FLAG },
};

/** Names of the arguments that are no options. */
const OPERANDS: Readonly<Record<CommandName, readonly string[]>> = {
  compress: ['INPUT'],
  search: ['INDEX', 'QUERIES'],
  decompress: ['INDEX'],
  info: ['INDEX'],
};

/** Options as text, before they are checked. */
type Words = Record<string, string | boolean | undefined>;

/** @throws UsageError */
export function parseCommandLine(args: readonly string[]): Invocation {
  const [first, ...rest] = args;
  if (first === undefined) throw new UsageError("no command given; try 'hadaquant --help'");
  if (first === '--help' || first === '-h') return { command: 'help', topic: undefined };
  if (first === '--version' || first === '-V') return { command: 'version' };
  if (first === 'help') return { command: 'help', topic: rest[0] === undefined ? undefined : commandNamed(rest[0]) };
  if (first.startsWith('-')) throw new UsageError(`unknown option '${first}'; options follow the command`);
  const command = commandNamed(first);
  try {
    return parseCommand(command, rest);
  } catch (error) {
    throw new UsageError(`${usageMessage(error)}; try 'hadaquant ${command} --help'`);
  }
}

function commandNamed(word: string): CommandName {
  const command = COMMANDS.find((name) => name === word);
  if (!command) throw new UsageError(`unknown command '${word}'; there are ${COMMANDS.join(', ')}`);
  return command;
}

/** parseArgs has good sentences, followed by advice on lines of their own. */
function usageMessage(error: unknown): string {
  if (error instanceof UsageError) return error.message;
  const { code, message } = error as NodeJS.ErrnoException;
  if (!code?.startsWith('ERR_PARSE_ARGS')) throw error;
  const sentence = message.split(/\n|\. To specify/)[0].replace(/\.$/, '');
  return sentence[0].toLowerCase() + sentence.slice(1);
}

function parseCommand(command: CommandName, args: string[]): Invocation {
  const { values, positionals } = parseArgs({ args, options: GRAMMARS[command], allowPositionals: true });
  const words = values as Words;
  if (words['help']) return { command: 'help', topic: command };
  const names = OPERANDS[command];
  const missing = names.slice(positionals.length);
  if (missing.length > 0) throw new UsageError(`${command} needs ${missing.join(' and ')}`);
  if (positionals.length > names.length) throw new UsageError(`unexpected argument '${positionals[names.length]}'`);
  const empty = positionals.indexOf('');
  if (empty >= 0) throw new UsageError(`${names[empty]} must be the name of a file, got ''`);
  const [file, second] = positionals;
  const json = words['json'] === true;
  switch (command) {
    case 'compress':
      return {
        command,
        input: vectorFile('INPUT', file),
        output: required(words, 'output'),
        ...codeFrom(words),
        metric: choiceFrom(words, 'metric', METRICS) ?? 'cosine',
        seed: seedFrom(words) ?? 0,
        rounds: roundsFrom(words),
        center: centerFrom(words),
        threads: wholeFrom(words, 'threads', 1, MAX_THREADS),
        json,
      };
    case 'search':
      return {
        command,
        index: file,
        queries: vectorFile('QUERIES', second),
        k: wholeFrom(words, 'k', 1, MAX_K) ?? 10,
        threads: wholeFrom(words, 'threads', 1, MAX_THREADS),
        json,
      };
    case 'decompress': {
      const output = vectorFile('--output', required(words, 'output'));
      const dtype = choiceFrom(words, 'dtype', NPY_TYPES) ?? 'f4';
      if (dtype !== 'f4' && vectorFormat(output) !== '.npy') throw new UsageError(`--dtype ${dtype} needs a .npy file`);
      return { command, input: file, output, dtype, json };
    }
    case 'info':
      return { command, input: file, verify: words['verify'] === true, json };
  }
}

function textOf(words: Words, name: string): string | undefined {
  return words[name] as string | undefined;
}

function optionName(name: string): string {
  return name.length === 1 ? `-${name}` : `--${name}`;
}

function wrong(name: string, expected: string, text: string): UsageError {
  return new UsageError(`${optionName(name)} must be ${expected}, got '${text}'`);
}

/** Codec and bits, which must go together; without --bits 4, or the one width of the codec. */
function codeFrom(words: Words): { codec: FixedSizeCodecName; bits: number } {
  const codec = choiceFrom(words, 'codec', FIXED_SIZE_CODECS) ?? 'eden';
  const bits = numberFrom(words, 'bits', MIN_BITS, MAX_BITS) ?? (codec === 'drive' ? 1 : 4);
  try {
    return { codec, bits: checkBits(bits, codec) };
  } catch (error) {
    throw new UsageError(`--${(error as Error).message}`);
  }
}

function required(words: Words, name: string): string {
  const text = textOf(words, name);
  if (text === undefined) throw new UsageError(`--${name} (-${name[0]}) is missing`);
  if (text === '') throw wrong(name, 'the name of a file', text);
  return text;
}

function vectorFile(name: string, path: string): string {
  if (!vectorFormat(path)) throw new UsageError(`${name} must end in ${VECTOR_FORMATS.join(' or ')}, got '${path}'`);
  return path;
}

function numberFrom(words: Words, name: string, low: number, high: number): number | undefined {
  const text = textOf(words, name);
  if (text === undefined) return undefined;
  const value = /^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw wrong(name, `a number from ${low} to ${high}`, text);
  return value;
}

function wholeFrom(words: Words, name: string, low: number, high: number): number | undefined {
  const text = textOf(words, name);
  if (text === undefined) return undefined;
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= low && value <= high)) throw wrong(name, `a whole number from ${low} to ${high}`, text);
  return value;
}

function choiceFrom<T extends string>(words: Words, name: string, choices: readonly T[]): T | undefined {
  const text = textOf(words, name);
  if (text === undefined) return undefined;
  const choice = choices.find((c) => c === text);
  if (!choice) throw wrong(name, choices.length === 1 ? choices[0] : `one of ${choices.join(', ')}`, text);
  return choice;
}

function seedFrom(words: Words): Seed | undefined {
  const text = textOf(words, 'seed');
  if (text === undefined) return undefined;
  const seed = /^\d{1,20}$/.test(text) ? BigInt(text) : MAX_SEED + 1n;
  if (seed > MAX_SEED) throw wrong('seed', 'a whole number from 0 to 2^64 - 1', text);
  return seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed;
}

function roundsFrom(words: Words): Rounds {
  const text = choiceFrom(words, 'rounds', ['auto', '1', '2', '3'] as const) ?? 'auto';
  return text === 'auto' ? text : (Number(text) as Rounds);
}

function centerFrom(words: Words): CenterOption {
  const text = textOf(words, 'center') ?? 'none';
  if (text === 'none' || text === 'mean') return { from: text };
  if (!vectorFormat(text))
    throw wrong('center', `none, mean, or the name of a ${VECTOR_FORMATS.join(' or ')} file`, text);
  return { from: 'file', path: text };
}
