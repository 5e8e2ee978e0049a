// SPDX-License-Identifier: Apache-2.0
/**
 * A plan as one byte array: how its tables cross to the native addon (binding/image.cpp reads the same offsets).
 * In memory only; not a file format.
 */
import type { RotationPlan } from '../transform/rotation-plan.ts';
import type { CodecPlan } from './codec.ts';

const MAGIC = 0x31435148; // "HQC1"
const HEADER_BYTES = 128;
const SECTION_BYTES = 80;

type Table = Float32Array | Int32Array | Int8Array | Uint8Array;

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

function build(rotation: RotationPlan, plan?: CodecPlan): Uint8Array {
  const sections = plan?.sections ?? [];
  const writer = new Writer(HEADER_BYTES + sections.length * SECTION_BYTES);
  const signs = writer.place(rotation.signs);
  const placed = sections.map((section) => ({
    section,
    thresholds: writer.place(section.book.thresholds),
    levels: writer.place(section.book.levels),
    base: writer.place(section.book.base),
    high: writer.place(section.high),
    low: writer.place(section.low),
  }));
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
    u32(12, plan.mse ? 1 : 0);
    f64(32, plan.coded);
    f64(40, plan.codeBytes);
    f64(48, plan.rule.l3Limit);
    f64(56, plan.rule.latticeRatio);
    f64(64, plan.rule.l4Limit);
    u32(80, plan.rule.fixed);
    u32(84, plan.rule.least);
    u32(88, plan.rule.third ? 1 : 0);
    f64(104, plan.formBytes);
  }
  placed.forEach(({ section, thresholds, levels, base, high, low }, i) => {
    const at = HEADER_BYTES + i * SECTION_BYTES;
    f64(at, section.first);
    f64(at + 8, section.count);
    f64(at + 16, section.codeOffset);
    u32(at + 24, section.book.bits);
    u32(at + 28, thresholds);
    u32(at + 32, levels);
    u32(at + 36, base);
    u32(at + 40, section.book.base.length);
    f32(at + 44, section.book.binScale);
    f32(at + 48, section.book.binOffset);
    u32(at + 52, high);
    u32(at + 56, low);
    f64(at + 64, section.queryOffset);
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
