// SPDX-License-Identifier: Apache-2.0
/**
 * A plan as one byte array: how its tables cross to the native addon (binding/image.cpp reads the same offsets).
 * In memory only; not a file format.
 */
import type { RotationPlan } from '../transform/rotation-plan.ts';
import type { Alphabet } from './alphabet.ts';
import type { Codebook } from './codebooks.ts';
import type { CodecPlan, Dither, ScaleRule } from './codec.ts';
import type { RampBook } from './ramp-book.ts';
import type { Section } from './section.ts';

const MAGIC = 0x32435148; // "HQC2"
const HEADER_BYTES = 192;
const SECTION_BYTES = 96;

/** Names as the numbers of the enumerations in cpp/hadaquant.h. */
const SCALINGS: readonly ScaleRule[] = ['unbiased', 'mse', 'fixed'];
const DITHERS: readonly Dither[] = ['none', 'row', 'coordinate'];
const CODINGS: readonly Alphabet['coding'][] = ['thresholds', 'dither', 'nearest', 'projected'];

type Table = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

class Writer {
  readonly tables: { offset: number; table: Table }[] = [];
  end: number;

  constructor(start: number) {
    this.end = start;
  }

  /** Reserves room for a table; gives its offset, or 0 for an empty one. */
  place(table: Table): number {
    if (table.length === 0) return 0;
    const offset = Math.ceil(this.end / 64) * 64;
    this.tables.push({ offset, table });
    this.end = offset + table.byteLength;
    return offset;
  }
}

/** The bins of an alphabet that has them. */
function bookOf(alphabet: Alphabet): Codebook | RampBook | null {
  return alphabet.coding === 'thresholds' || alphabet.coding === 'dither' ? alphabet.book : null;
}

/** Offsets of a section's tables, in the order of their fields. */
function placeSection(writer: Writer, { alphabet, high, low }: Section) {
  const { coding } = alphabet;
  const book = bookOf(alphabet);
  return {
    levels: writer.place(alphabet.levels),
    thresholds: coding === 'thresholds' ? writer.place(alphabet.book.thresholds) : 0,
    base: book ? writer.place(book.base) : 0,
    ramps: coding === 'dither' && !alphabet.book ? writer.place(alphabet.ramps) : 0,
    rampPairs: coding === 'dither' && alphabet.book ? writer.place(alphabet.book.pairs) : 0,
    points: coding === 'nearest' ? writer.place(alphabet.points) : 0,
    offsets: coding === 'nearest' ? writer.place(alphabet.offsets) : 0,
    high: writer.place(high),
    low: writer.place(low),
  };
}

function build(rotation: RotationPlan, plan?: CodecPlan): Uint8Array {
  const sections = plan?.sections ?? [];
  const writer = new Writer(HEADER_BYTES + sections.length * SECTION_BYTES);
  const signs = writer.place(rotation.signs);
  const drawScales = plan ? writer.place(plan.drawScales) : 0;
  const factors = plan ? writer.place(plan.factors) : 0;
  const projection = plan?.projection ? writer.place(plan.projection()) : 0;
  const placed = sections.map((section) => placeSection(writer, section));
  const bytes = new Uint8Array(writer.end);
  const view = new DataView(bytes.buffer);
  const u32 = (at: number, value: number) => view.setUint32(at, value, true);
  const f32 = (at: number, value: number) => view.setFloat32(at, value, true);
  const f64 = (at: number, value: number) => view.setFloat64(at, value, true);
  u32(0, MAGIC);
  u32(4, writer.end);
  u32(8, sections.length);
  f64(16, rotation.dim);
  f64(24, rotation.span);
  u32(72, rotation.order);
  f32(76, rotation.scale);
  u32(92, signs);
  f64(96, rotation.signsStride);
  if (plan) {
    const { rule } = plan;
    u32(12, SCALINGS.indexOf(plan.scaling));
    f64(32, plan.coded);
    f64(40, plan.codeBytes);
    f64(48, rule.l3Limit);
    f64(56, rule.latticeRatio);
    u32(80, rule.fixed);
    u32(84, rule.least);
    f64(104, plan.formBytes);
    f64(112, rule.covarianceLimit);
    u32(120, rule.block);
    u32(124, DITHERS.indexOf(plan.dither));
    view.setBigUint64(128, plan.seed, true);
    view.setBigUint64(136, plan.privateSeed, true);
    u32(144, plan.draws);
    u32(148, drawScales);
    u32(152, plan.factors.length);
    u32(156, factors);
    f32(160, plan.outlierLimit);
    u32(164, projection);
  }
  sections.forEach(({ first, count, codeOffset, queryOffset, alphabet }, i) => {
    const at = HEADER_BYTES + i * SECTION_BYTES;
    const tables = placed[i];
    f64(at, first);
    f64(at + 8, count);
    f64(at + 16, codeOffset);
    u32(at + 24, alphabet.bits);
    u32(at + 28, CODINGS.indexOf(alphabet.coding));
    u32(at + 32, alphabet.block);
    u32(at + 36, tables.levels);
    u32(at + 40, tables.thresholds);
    u32(at + 44, tables.base);
    const book = bookOf(alphabet);
    if (book) {
      u32(at + 48, book.base.length);
      f32(at + 52, book.binScale);
      f32(at + 56, book.binOffset);
    }
    u32(at + 60, tables.ramps);
    u32(at + 64, tables.points);
    u32(at + 68, tables.offsets);
    u32(at + 72, tables.high);
    u32(at + 76, tables.low);
    f64(at + 80, queryOffset);
    u32(at + 88, tables.rampPairs);
  });
  for (const { offset, table } of writer.tables) {
    bytes.set(new Uint8Array(table.buffer, table.byteOffset, table.byteLength), offset);
  }
  return bytes;
}

const rotationImages = new WeakMap<RotationPlan, Uint8Array>();
const codecImages = new WeakMap<CodecPlan, Uint8Array>();

/** The image of a rotation without a codec; made once. */
export function rotationImage(rotation: RotationPlan): Uint8Array {
  let image = rotationImages.get(rotation);
  if (!image) rotationImages.set(rotation, (image = build(rotation)));
  return image;
}

/** The image of a codec; made once. */
export function codecImage(plan: CodecPlan): Uint8Array {
  let image = codecImages.get(plan);
  if (!image) codecImages.set(plan, (image = build(plan.rotation, plan)));
  return image;
}
