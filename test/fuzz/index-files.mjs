// SPDX-License-Identifier: Apache-2.0
// Index files that the targets begin with, how they are changed, and what becomes of an index that was read.
import { FlatIndex, HadaquantFormatError } from '../../dist/index.js';
import { jsBackend } from '../../dist/js/index.js';
import { indexConfig } from '../../dist/search/config.js';
import { layout, MAX_HEADER_BYTES, parseHeader, writeHeader } from '../../dist/search/index-file.js';
import { digest, must } from './outcome.mjs';
import { CODECS, vectors } from './samples.mjs';
import { sealed } from './seal.mjs';

const FIXED_BYTES = 64;
const ENTRY_BYTES = 24;
/** A search makes tables in proportion to dim, or to its square, which an empty index can name as it likes. */
const LARGEST_SEARCHED = { 'turboquant-prod': 1024, others: 4096 };
/** A file whose header describes more is cut off here. */
const LARGEST_FILE = 1 << 13;

function fileOf(options, count, ids) {
  const index = new FlatIndex(options);
  if (count > 0) index.add(vectors(count, options.dim, count), ids?.slice(0, count));
  return index.toBytes();
}

const FIXED_SIZE = CODECS.filter(({ codec }) => codec !== 'quicfl');
const INDEX_FILES = FIXED_SIZE.map((codec, i) => {
  const options = { dim: [5, 20, 33][i % 3], metric: ['cosine', 'ip', 'l2'][i % 3], ...codec };
  return i % 2 ? fileOf({ ...options, center: 'mean' }, i % 5, [40, 7, 2 ** 40, 0, 12]) : fileOf(options, i % 5);
});

export function isSmall({ dim, codec }) {
  return dim <= (LARGEST_SEARCHED[codec] ?? LARGEST_SEARCHED.others);
}

/** What searches give, with the index as it is and after it was changed. */
export function searched(index) {
  const queries = vectors(2, index.dim, 5);
  // certifying decodes, which refuses some rows that a search has to do with
  const plain = index.search(queries, { k: 3 });
  const found = index.search(queries, { k: 3, certify: true });
  must(digest(plain.ids, plain.scores) === digest(found.ids, found.scores), 'certify gives other results');
  must(
    found.scores.every((v, i) => Number.isNaN(v) === found.ids[i] < 0),
    'a result without a score',
  );
  if (index.size > 0) index.remove([found.ids[0]]);
  let id = 0;
  while (index.has(id)) id++;
  index.add(vectors(1, index.dim, 6), [id]);
  const later = index.search(queries, { k: 2 });
  return digest(found.ids, found.scores, found.certain, later.ids, later.scores);
}

/** The change of a target: another file, with right checksums more often than not. */
function changedIndex(bytes, random, other, mutate) {
  const header = headerOf(bytes);
  if (header && random.oneIn(3)) return reshaped(bytes, header, random);
  if (header && random.oneIn(2)) return mended(withSection(bytes, header, random, other, mutate), true);
  const changed = mutate(bytes, random, other);
  return random.oneIn(6) ? changed : mended(changed, random.oneIn(2));
}

/** A file with right checksums: of the header, and if `sections` of what it says are its sections. */
function mended(bytes, sections) {
  if (bytes.length < FIXED_BYTES + 4) return bytes;
  const view = new DataView(bytes.buffer);
  const count = view.getUint32(52, true);
  const end = FIXED_BYTES + count * ENTRY_BYTES;
  if (end + 4 > bytes.length) return bytes;
  for (let i = 0; sections && i < count; i++) {
    const at = FIXED_BYTES + i * ENTRY_BYTES;
    const [offset, length] = [8, 16].map((to) => Number(view.getBigUint64(at + to, true)));
    view.setUint32(at + 4, jsBackend.crc32c(0, bytes.subarray(offset, offset + length)), true);
  }
  sealed(bytes.subarray(0, end + 4));
  return bytes;
}

/** Null if it is no index. */
function headerOf(bytes) {
  try {
    return parseHeader(bytes.subarray(0, MAX_HEADER_BYTES), bytes.length);
  } catch {
    return null;
  }
}

/** Other bytes in one section, however short it is, and everything else as it was. */
function withSection(bytes, { entries }, random, other, mutate) {
  const { offset, length } = random.pick(entries);
  const file = Uint8Array.from(bytes);
  const changed = mutate(file.subarray(offset, offset + length), random, other);
  file.set(changed.subarray(0, length), offset);
  return file;
}

/** The same contents under another header: other rows, dim, codec, sections. A large one is more than its file holds. */
function reshaped(bytes, { shape, entries }, random) {
  const { grid, center, ...options } = shape.config;
  const choices = {
    config: () => {
      const codec = random.pick(FIXED_SIZE);
      return { config: indexConfig({ ...options, ...codec, dim: random.pick([1, 5, 8, 33, 100]) }, null) };
    },
    dim: () => ({ config: { ...shape.config, dim: random.pick([1, 2, 3, 64, 1000, 4096, 2 ** 20, 2 ** 30]) } }),
    metric: () => ({ config: { ...shape.config, metric: random.pick(['cosine', 'ip', 'l2']) } }),
    rows: () => ({ rows: random.pick([0, 1, 2, 5, 9, 2 ** 20, 2 ** 32 - 1]) }),
    ids: () => ({ storedIds: !shape.storedIds }),
    center: () => ({ storedCenter: !shape.storedCenter }),
    next: () => ({ nextId: random.pick([0, 1, shape.rows, 2 ** 53]) }),
    mean: () => ({ meanPending: !shape.meanPending }),
  };
  const other = { ...shape, ...choices[random.pick(Object.keys(choices))]() };
  const plan = layout(other);
  const file = new Uint8Array(Math.min(plan.bytes, LARGEST_FILE));
  for (const entry of plan.entries) {
    const old = entries.find((e) => e.name === entry.name);
    const from = old ? bytes.subarray(old.offset, old.offset + old.length) : new Uint8Array(0);
    const to = file.subarray(entry.offset, entry.offset + entry.length);
    for (let i = 0; i < to.length; i++) to[i] = from.length ? from[i % from.length] : random.below(256);
    entry.crc = jsBackend.crc32c(0, to);
  }
  file.set(writeHeader({ ...other, config: { ...other.config, center: null } }, plan.entries));
  return file;
}

/** What targets that read index files have in common. */
export const INDEX_TARGET = {
  extension: '.hq',
  kernels: true,
  seeds: () => INDEX_FILES,
  change: changedIndex,
  allows: (error) => error instanceof HadaquantFormatError,
};
