// SPDX-License-Identifier: Apache-2.0
/**
 * The columns of an index in memory. Appending never moves or changes rows that are there, so a search that holds a store
 * may go on meanwhile; what changes rows (remove) works on a copy while `readers` is not 0.
 */
import type { Columns } from '../backend.ts';
import { bytesOf } from '../bytes.ts';
import type { CodecPlan } from '../codec/codec.ts';
import type { Reaches } from './certificate.ts';

export class Store {
  readonly plan: CodecPlan;
  codes: Uint8Array;
  scales: Float32Array;
  norms: Float32Array | null;
  /** Rounds + 4 * random draw. */
  tags: Uint8Array;
  /** For plans with a projection. */
  residuals: Float32Array | null;
  size = 0;
  /** What has been computed of the rows; shared with snapshots, given up when rows change. */
  cache: { reaches: Reaches | null } = { reaches: null };
  /** Searches and saves that hold a snapshot of this store. */
  readers = 0;

  constructor(plan: CodecPlan, withNorms: boolean, capacity = 0) {
    this.plan = plan;
    this.codes = new Uint8Array(capacity * plan.codeBytes);
    this.scales = new Float32Array(capacity);
    this.norms = withNorms ? new Float32Array(capacity) : null;
    this.tags = new Uint8Array(capacity);
    this.residuals = plan.projection ? new Float32Array(capacity) : null;
  }

  get capacity(): number {
    return this.scales.length;
  }

  /** A store of the same rows with room for `rows` more: this one, or a copy. */
  withRoom(rows: number): Store {
    const needed = this.size + rows;
    if (needed <= this.capacity) return this;
    // the first batch fits exactly; growth by half keeps repeated appends linear
    const capacity = this.size === 0 ? needed : Math.max(needed, Math.ceil(this.capacity * 1.5));
    const grown = new Store(this.plan, this.norms !== null, capacity);
    grown.codes.set(this.codes.subarray(0, this.size * this.plan.codeBytes));
    grown.scales.set(this.scales.subarray(0, this.size));
    grown.norms?.set((this.norms as Float32Array).subarray(0, this.size));
    grown.tags.set(this.tags.subarray(0, this.size));
    grown.residuals?.set((this.residuals as Float32Array).subarray(0, this.size));
    grown.size = this.size;
    grown.cache = this.cache;
    return grown;
  }

  /** The columns of rows first .. last - 1, in place. Rows behind the last count once `size` says so. */
  columns(first: number, last: number): Columns {
    const { codeBytes } = this.plan;
    return {
      codes: this.codes.subarray(first * codeBytes, last * codeBytes),
      scales: bytesOf(this.scales.subarray(first, last)),
      norms: this.norms && bytesOf(this.norms.subarray(first, last)),
      tags: this.tags.subarray(first, last),
      residuals: this.residuals && bytesOf(this.residuals.subarray(first, last)),
      nonces: null,
      outliers: null,
      stride: 0,
    };
  }

  /** Copies the first rows of another store behind the last, where there is room. */
  putBehind(other: Store, rows: number): void {
    const from = other.columns(0, rows);
    const to = this.columns(this.size, this.size + rows);
    to.codes.set(from.codes);
    to.scales.set(from.scales);
    to.norms?.set(from.norms as Uint8Array);
    to.tags.set(from.tags);
    to.residuals?.set(from.residuals as Uint8Array);
  }

  /** Overwrites a row by the last one and forgets the last. */
  removeSlot(slot: number): void {
    const { codeBytes } = this.plan;
    const last = --this.size;
    this.cache = { reaches: null };
    this.codes.copyWithin(slot * codeBytes, last * codeBytes, (last + 1) * codeBytes);
    this.scales[slot] = this.scales[last];
    if (this.norms) this.norms[slot] = this.norms[last];
    this.tags[slot] = this.tags[last];
    if (this.residuals) this.residuals[slot] = this.residuals[last];
  }

  /** The rows that there are now, for a reader; later appends do not show. */
  snapshot(): Store {
    const view = new Store(this.plan, false);
    view.#take(this);
    view.size = this.size;
    view.cache = this.cache;
    return view;
  }

  clone(): Store {
    const copy = this.snapshot();
    copy.cache = { reaches: null };
    copy.codes = this.codes.slice();
    copy.scales = this.scales.slice();
    copy.norms = this.norms && this.norms.slice();
    copy.tags = this.tags.slice();
    copy.residuals = this.residuals && this.residuals.slice();
    return copy;
  }

  #take(other: Store): void {
    this.codes = other.codes;
    this.scales = other.scales;
    this.norms = other.norms;
    this.tags = other.tags;
    this.residuals = other.residuals;
  }

  /** The largest number of rounds that a row has; 0 for an empty store. */
  maxRounds(): number {
    let max = 0;
    for (let i = 0; i < this.size && max < 3; i++) max = Math.max(max, this.tags[i] & 3);
    return max;
  }
}
