// SPDX-License-Identifier: Apache-2.0
/** An index as bytes in memory: those of its file. */
import { kernels } from '../backend.ts';
import { allocate, checkBytes } from '../check.ts';
import {
  damaged,
  type IndexShape,
  layout,
  MAX_HEADER_BYTES,
  type ParsedHeader,
  parseHeader,
  writeHeader,
} from './index-file.ts';
import { type Reading, readCenter, type Sections } from './sections.ts';

export function indexBytes(shape: IndexShape, sections: Sections): Uint8Array {
  const { entries, bytes } = layout(shape);
  const file = allocate(Uint8Array, bytes);
  for (const [name, part] of sections) {
    const entry = entries.find((e) => e.name === name);
    if (entry?.length !== part.length) throw new Error(`section ${name} is not of the shape of its index`);
    file.set(part, entry.offset);
    entry.crc = kernels().crc32c(0, part);
  }
  file.set(writeHeader(shape, entries));
  return file;
}

/** Reads from bytes in memory, which stay as they are: what is read is copied. */
export class ByteReader {
  readonly shape: IndexShape;
  readonly #bytes: Uint8Array;
  readonly #entries: ParsedHeader['entries'];

  /** @throws TypeError; HadaquantFormatError if this is no index, is truncated, or has a damaged header */
  constructor(value: unknown) {
    this.#bytes = checkBytes('bytes', value);
    const header = parseHeader(this.#bytes.subarray(0, MAX_HEADER_BYTES), this.#bytes.length);
    this.#entries = header.entries;
    this.shape = this.drive(readCenter(header.shape));
  }

  drive<T>(reading: Reading<T>): T {
    for (let step = reading.next(); ; step = reading.next()) {
      if (step.done) return step.value;
      const [name, target] = step.value;
      const entry = this.#entries.find((e) => e.name === name);
      if (!entry) throw new Error(`this index has no section ${name}`);
      target.set(this.#bytes.subarray(entry.offset, entry.offset + entry.length));
      if (kernels().crc32c(0, target) !== entry.crc) throw damaged(name);
    }
  }
}
