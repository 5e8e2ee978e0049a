// SPDX-License-Identifier: Apache-2.0
/**
 * What the sections of an index hold: taken out of an index, and put into one. Reading asks for one section after the
 * other, with the array to fill; where the bytes come from, and whether to wait for them, is for `drive` in
 * index-bytes.ts and index-reader.ts.
 */
import { kernels } from '../backend.ts';
import { bytesOf } from '../bytes.ts';
import { HadaquantFormatError } from '../check.ts';
import { type CodecPlan, ditherOf } from '../codec/codec.ts';
import { IdTable } from './id-table.ts';
import { drawsOfTags, type IndexShape, packRounds, type SectionName, unpackRounds } from './index-file.ts';
import { Store } from './store.ts';

/** The sections of an index, in the order of the file. */
export function* sectionsOf(shape: IndexShape, store: Store, ids: Float64Array | undefined): Sections {
  const { size, plan } = store;
  if (shape.config.center) yield ['center', bytesOf(shape.config.center)];
  yield ['codes', store.codes.subarray(0, size * plan.codeBytes)];
  yield ['scales', bytesOf(store.scales.subarray(0, size))];
  if (store.norms) yield ['norms', bytesOf(store.norms.subarray(0, size))];
  const tags = store.tags.subarray(0, size);
  yield ['rounds', packRounds(tags)];
  if (ids && shape.storedIds) yield ['ids', bytesOf(ids)];
  if (plan.dither === 'row') yield ['draws', drawsOfTags(tags)];
  if (store.residuals) yield ['residuals', bytesOf(store.residuals.subarray(0, size))];
}
export type Sections = Generator<[SectionName, Uint8Array], void, void>;

/** Asks for sections: each name comes with an array of its length, to be filled before the next is asked for. */
export type Reading<T> = Generator<[SectionName, Uint8Array], T, void>;

/** The shape that a header describes, with its center. */
export function* readCenter(shape: IndexShape): Reading<IndexShape> {
  if (!shape.storedCenter) return shape;
  const center = new Float32Array(shape.config.dim);
  yield ['center', bytesOf(center)];
  if (kernels().firstUnusableRow(center, center.length) >= 0)
    throw new HadaquantFormatError('index file: its center is not finite, or its norm is beyond float32');
  return { ...shape, config: { ...shape.config, center } };
}

/** The tag of every row: its Hadamard rounds + 4 * its random draw. */
export function* readTags({ config, rows }: IndexShape, plan: () => CodecPlan): Reading<Uint8Array> {
  const packed = new Uint8Array(Math.ceil(rows / 4));
  yield ['rounds', packed];
  const tags = unpackRounds(packed, rows);
  if (ditherOf(config.codec) !== 'row') return tags;
  const draws = new Uint8Array(rows);
  yield ['draws', draws];
  const count = plan().draws;
  for (let i = 0; i < rows; i++) {
    if (draws[i] >= count) throw new HadaquantFormatError(`index file: row ${i} has no such draw`);
    tags[i] |= draws[i] << 2;
  }
  return tags;
}

/** Stored ids, or null if they are 0 .. rows - 1. */
export function* readIds({ storedIds, rows }: IndexShape): Reading<Float64Array | null> {
  if (!storedIds) return null;
  const ids = new Float64Array(rows);
  yield ['ids', bytesOf(ids)];
  return ids;
}

/** The rows of an index that has any, and their ids. */
export function* readRows(shape: IndexShape, plan: CodecPlan): Reading<{ store: Store; ids: IdTable | null }> {
  const { config, rows, nextId } = shape;
  const store = new Store(plan, config.metric === 'l2', rows);
  yield ['codes', store.codes.subarray(0, rows * plan.codeBytes)];
  yield ['scales', bytesOf(store.scales)];
  if (store.norms) yield ['norms', bytesOf(store.norms)];
  if (store.residuals) yield ['residuals', bytesOf(store.residuals)];
  store.tags = yield* readTags(shape, () => plan);
  store.size = rows;
  if (![store.scales, store.norms, store.residuals].every((column) => !column || allFinite(column))) {
    throw new HadaquantFormatError('index file: a scale, norm or residual is not finite');
  }
  const ids = tableOf(yield* readIds(shape));
  const largest = ids ? ids.ids.reduce((a, b) => Math.max(a, b), -1) : rows - 1;
  if (nextId <= largest) throw new HadaquantFormatError('index file: its next id is taken');
  return { store, ids };
}

function allFinite(values: Float32Array): boolean {
  for (const v of values) if (!Number.isFinite(v)) return false;
  return true;
}

function tableOf(ids: Float64Array | null): IdTable | null {
  if (!ids) return null;
  const table = new IdTable(ids.length);
  for (const id of ids) {
    if (!Number.isSafeInteger(id) || id < 0 || table.slotOf(id) >= 0) {
      throw new HadaquantFormatError(`index file: id ${id} is no id or stands twice`);
    }
    table.append(id);
  }
  return table;
}
