// SPDX-License-Identifier: Apache-2.0
/**
 * The header of an index file (FORMAT.md, section 2): what is in the file and where, with a checksum of every part.
 * Nothing is allocated for a section before its length has been found to follow from the header and to fit the file.
 */
import { kernels } from '../backend.ts';
import { HadaquantFormatError } from '../check.ts';
import { CODEC_NAMES, codeBytes, ditherOf, type FixedSizeCodecName, hasProjection, ROUNDS } from '../codec/codec.ts';
import { GRID_NAMES } from '../codec/grids.ts';
import { fromFile, type IndexConfig, indexConfig } from './config.ts';
import { METRICS } from './metric.ts';

const MAGIC = 'HADAQIDX';
export const VERSION = 1;
const FIXED_BYTES = 64;
const ENTRY_BYTES = 24;
const CRC_BYTES = 4;
const MEAN_PENDING = 1;

/** Sections in the order in which they stand in the file, by their number there. */
export const SECTIONS = {
  center: 1,
  codes: 2,
  scales: 3,
  norms: 4,
  rounds: 5,
  ids: 6,
  draws: 7,
  residuals: 8,
} as const;
export type SectionName = keyof typeof SECTIONS;
const NAMES = Object.keys(SECTIONS) as SectionName[];

/** Rows an index can hold: a row number is 32 bits, the last one is reserved. */
export const MAX_ROWS = 0xffffffff;

export interface IndexShape {
  readonly config: IndexConfig;
  /** True: a center is stored (a parsed header has the config without it). */
  readonly storedCenter: boolean;
  readonly rows: number;
  /** True: ids are stored; false: they are 0 .. rows - 1. */
  readonly storedIds: boolean;
  /** The id that the next vector without one gets. */
  readonly nextId: number;
  /** The center will be the mean of the first vectors, and there are none yet. */
  readonly meanPending: boolean;
}

export interface SectionEntry {
  readonly name: SectionName;
  readonly offset: number;
  readonly length: number;
  crc: number;
}

/** Bytes of each section that an index of this shape has. */
function sectionLengths(shape: IndexShape): Partial<Record<SectionName, number>> {
  const { rows, config, storedIds, storedCenter } = shape;
  return {
    ...(storedCenter ? { center: 4 * config.dim } : {}),
    codes: rows * codeBytes(config),
    scales: 4 * rows,
    ...(config.metric === 'l2' ? { norms: 4 * rows } : {}),
    rounds: Math.ceil(rows / 4),
    ...(storedIds ? { ids: 8 * rows } : {}),
    ...(ditherOf(config.codec) === 'row' ? { draws: rows } : {}),
    ...(hasProjection(config.codec) ? { residuals: 4 * rows } : {}),
  };
}

/** The sections of an index file, one after the other, and the size of the whole file. */
export function layout(shape: IndexShape): { entries: SectionEntry[]; bytes: number } {
  const lengths = sectionLengths(shape);
  const present = NAMES.filter((name) => lengths[name] !== undefined);
  let offset = FIXED_BYTES + present.length * ENTRY_BYTES + CRC_BYTES;
  const entries = present.map((name) => {
    const length = lengths[name] as number;
    const entry = { name, offset, length, crc: 0 };
    offset += length;
    return entry;
  });
  return { entries, bytes: offset };
}

export function writeHeader(shape: IndexShape, entries: readonly SectionEntry[]): Uint8Array {
  const bytes = new Uint8Array(FIXED_BYTES + entries.length * ENTRY_BYTES + CRC_BYTES);
  const view = new DataView(bytes.buffer);
  const { config } = shape;
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, bytes.length, true);
  view.setBigUint64(16, BigInt(shape.rows), true);
  view.setUint32(24, config.dim, true);
  view.setUint32(28, CODEC_NAMES.indexOf(config.codec) + 1, true);
  view.setFloat64(32, config.bits, true);
  view.setBigUint64(40, BigInt(config.seed), true);
  bytes[48] = METRICS.indexOf(config.metric) + 1;
  bytes[49] = ROUNDS.indexOf(config.rounds);
  bytes[50] = shape.meanPending ? MEAN_PENDING : 0;
  bytes[51] = config.grid ? GRID_NAMES.indexOf(config.grid) + 1 : 0;
  view.setUint32(52, entries.length, true);
  view.setBigUint64(56, BigInt(shape.nextId), true);
  entries.forEach((entry, i) => {
    const at = FIXED_BYTES + i * ENTRY_BYTES;
    view.setUint32(at, SECTIONS[entry.name], true);
    view.setUint32(at + 4, entry.crc, true);
    view.setBigUint64(at + 8, BigInt(entry.offset), true);
    view.setBigUint64(at + 16, BigInt(entry.length), true);
  });
  const end = bytes.length - CRC_BYTES;
  view.setUint32(end, kernels().crc32c(0, bytes.subarray(0, end)), true);
  return bytes;
}

export interface ParsedHeader {
  readonly shape: IndexShape;
  readonly entries: SectionEntry[];
}

function fail(what: string): never {
  throw new HadaquantFormatError(`index file: ${what}`);
}

/** The error for a section whose bytes are not those of its checksum. */
export function damaged(name: SectionName): HadaquantFormatError {
  return new HadaquantFormatError(`index file: damaged ${name} (checksum)`);
}

/** Bytes that `parseHeader` may need at most. */
export const MAX_HEADER_BYTES: number = FIXED_BYTES + NAMES.length * ENTRY_BYTES + CRC_BYTES;

/** @param bytes the beginning of the file: MAX_HEADER_BYTES of it, or all of a shorter file */
export function parseHeader(bytes: Uint8Array, fileBytes: number): ParsedHeader {
  if (bytes.length < 8 || String.fromCharCode(...bytes.subarray(0, 8)) !== MAGIC) {
    fail('this is not a hadaquant index (wrong first bytes)');
  }
  if (bytes.length < FIXED_BYTES) fail('truncated inside its header');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = view.getUint32(8, true);
  if (version !== VERSION) fail(`version ${version} is not supported (this release reads version ${VERSION})`);
  const count = view.getUint32(52, true);
  const headerBytes = FIXED_BYTES + count * ENTRY_BYTES + CRC_BYTES;
  if (count > NAMES.length || view.getUint32(12, true) !== headerBytes) fail('damaged header (its length is wrong)');
  if (bytes.length < headerBytes) fail('truncated inside its header');
  const end = headerBytes - CRC_BYTES;
  if (kernels().crc32c(0, bytes.subarray(0, end)) !== view.getUint32(end, true)) fail('damaged header (checksum)');

  // the checksum can be forged: everything below is still checked
  const rows = Number(view.getBigUint64(16, true));
  const nextId = Number(view.getBigUint64(56, true));
  if (rows > MAX_ROWS) fail(`${rows} rows are more than an index can hold`);
  if (nextId > 2 ** 53) fail('its next id is larger than any id');
  const entries = Array.from({ length: count }, (_, i): SectionEntry => {
    const at = FIXED_BYTES + i * ENTRY_BYTES;
    const name = NAMES.find((n) => SECTIONS[n] === view.getUint32(at, true));
    if (!name) fail(`unknown section ${view.getUint32(at, true)}`);
    return {
      name,
      crc: view.getUint32(at + 4, true),
      offset: Number(view.getBigUint64(at + 8, true)),
      length: Number(view.getBigUint64(at + 16, true)),
    };
  });
  const has = (name: SectionName) => entries.some((entry) => entry.name === name);
  const seed = view.getBigUint64(40, true);
  const config = fromFile(() => {
    const options = {
      dim: view.getUint32(24, true),
      bits: view.getFloat64(32, true),
      codec: CODEC_NAMES[view.getUint32(28, true) - 1] as FixedSizeCodecName,
      metric: METRICS[bytes[48] - 1],
      rounds: ROUNDS[bytes[49]],
      seed: seed <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(seed) : seed,
    };
    for (const [name, value] of Object.entries(options)) {
      if (value === undefined) throw new RangeError(`unknown ${name}`);
    }
    const grid = GRID_NAMES[bytes[51] - 1];
    if (grid === undefined && (bytes[51] !== 0 || options.codec === 'vq')) throw new RangeError('unknown grid');
    return indexConfig({ ...options, ...(grid ? { grid } : {}) }, null);
  });
  const shape = {
    config,
    rows,
    nextId,
    storedCenter: has('center'),
    storedIds: has('ids'),
    meanPending: bytes[50] === MEAN_PENDING,
  };
  const expected = layout(shape);
  if (expected.bytes !== fileBytes) {
    fail(`${fileBytes} bytes, but its header describes ${expected.bytes}: truncated, or its lengths are forged`);
  }
  expected.entries.forEach((want, i) => {
    const entry = entries[i];
    if (!entry || entry.name !== want.name || entry.offset !== want.offset || entry.length !== want.length) {
      fail(`its ${want.name} section is not where it belongs`);
    }
  });
  if (entries.length !== expected.entries.length) fail('a section too many');
  return { shape, entries };
}

/** Packs the rounds (1..3) of each row's tag into 2 bits, row i at bits 2 (i & 3) of byte i >> 2. */
export function packRounds(tags: Uint8Array): Uint8Array {
  const packed = new Uint8Array(Math.ceil(tags.length / 4));
  for (let i = 0; i < tags.length; i++) packed[i >> 2] |= (tags[i] & 3) << (2 * (i & 3));
  return packed;
}

/** The random draws of tags (rounds + 4 * draw), a byte each. */
export function drawsOfTags(tags: Uint8Array): Uint8Array {
  return tags.map((tag) => tag >> 2);
}

export function unpackRounds(packed: Uint8Array, rows: number): Uint8Array {
  const tags = new Uint8Array(rows);
  for (let i = 0; i < rows; i++) {
    tags[i] = (packed[i >> 2] >> (2 * (i & 3))) & 3;
    if (tags[i] === 0) fail(`row ${i} has no number of rounds`);
  }
  return tags;
}
