// SPDX-License-Identifier: Apache-2.0
/** Writes an index file: sections in any order among each other, each from its beginning on; the header last. */
import { platform } from '#platform';
import { kernels } from '../backend.ts';
import type { OutputFile } from '../platform/platform.ts';
import { type IndexShape, layout, type SectionEntry, type SectionName, writeHeader } from './index-file.ts';

/** Bytes checksummed and written between two turns of the event loop. */
const PIECE = 1 << 20;

export class SectionWriter {
  readonly bytes: number;
  readonly #file: OutputFile;
  readonly #shape: IndexShape;
  readonly #entries: SectionEntry[];
  readonly #written = new Map<SectionName, number>();

  private constructor(file: OutputFile, shape: IndexShape, entries: SectionEntry[], bytes: number) {
    this.#file = file;
    this.#shape = shape;
    this.#entries = entries;
    this.bytes = bytes;
  }

  static async create(path: string, shape: IndexShape): Promise<SectionWriter> {
    const { entries, bytes } = layout(shape);
    return new SectionWriter(await platform.createFile(path), shape, entries, bytes);
  }

  /** Appends to a section. */
  async write(name: SectionName, bytes: Uint8Array): Promise<void> {
    const entry = this.#entries.find((e) => e.name === name);
    if (!entry) throw new Error(`an index of this shape has no section ${name}`);
    for (let start = 0; start < bytes.length; start += PIECE) {
      const piece = bytes.subarray(start, start + PIECE);
      const at = this.#written.get(name) ?? 0;
      entry.crc = kernels().crc32c(entry.crc, piece);
      this.#written.set(name, at + piece.length);
      await this.#file.write(piece, entry.offset + at);
    }
  }

  /** Writes the header and puts the file in its place. */
  async finish(): Promise<void> {
    for (const { name, length } of this.#entries) {
      const written = this.#written.get(name) ?? 0;
      if (written !== length) throw new Error(`section ${name} has ${written} of ${length} bytes`);
    }
    await this.#file.write(writeHeader(this.#shape, this.#entries), 0);
    await this.#file.commit();
  }

  async abort(): Promise<void> {
    await this.#file.abort();
  }
}
