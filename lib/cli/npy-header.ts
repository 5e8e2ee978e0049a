// SPDX-License-Identifier: Apache-2.0
/**
 * The header of a .npy file (numpy.lib.format): 6 magic bytes, version, length of the text (uint16 in version 1,
 * uint32 in 2 and 3), then the text of a Python dictionary with the keys descr, fortran_order and shape.
 */

/** float16, float32, float64, little-endian. */
export type NpyType = 'f2' | 'f4' | 'f8';
export const NPY_TYPES: readonly NpyType[] = ['f2', 'f4', 'f8'];

/** Bytes of a number. */
export const NPY_BYTES: Readonly<Record<NpyType, number>> = { f2: 2, f4: 4, f8: 8 };

export interface NpyHeader {
  readonly type: NpyType;
  readonly shape: readonly number[];
}

/** Bytes at the beginning that say how long the header is. */
export const NPY_PREFIX_BYTES = 12;
/** Real headers have 128 bytes or so. */
const LONGEST_TEXT = 1 << 16;
const MAGIC = '\x93NUMPY';
/** Data begin at a multiple of this. */
const ALIGNMENT = 64;

/** Called with what is wrong; throws. */
type Refuse = (what: string) => never;

/** Where the header's text lies, from the first NPY_PREFIX_BYTES (or fewer, of a shorter file). */
export function npyTextSpan(prefix: Uint8Array, refuse: Refuse): { start: number; length: number } {
  if (prefix.length < MAGIC.length || String.fromCharCode(...prefix.subarray(0, MAGIC.length)) !== MAGIC) {
    refuse('not a .npy file (wrong first bytes)');
  }
  const version = prefix[6];
  const start = version === 1 ? 10 : 12;
  if (prefix.length < start) refuse('truncated inside its header');
  if (version < 1 || version > 3) refuse(`version ${version}.${prefix[7]} of .npy is not known (1 to 3 are)`);
  const view = new DataView(prefix.buffer, prefix.byteOffset, prefix.length);
  const length = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > LONGEST_TEXT) refuse(`a header of ${length} bytes cannot be that of plain numbers`);
  return { start, length };
}

/** One entry of the dictionary: a string, a boolean, a tuple of numbers, or (structured types) a list. */
const ENTRY = /\s*(['"])(\w+)\1\s*:\s*(?:(['"])([^'"]*)\3|(True|False)|\(([^()]*)\)|(\[.*\]))\s*(?:,|$)/y;

export function parseNpyText(text: string, refuse: Refuse): NpyHeader {
  const body = /^\s*\{(.*)\}\s*$/s.exec(text)?.[1].trimEnd();
  if (body === undefined) refuse('damaged header (no dictionary)');
  const entries = new Map<string, RegExpExecArray>();
  ENTRY.lastIndex = 0;
  while (ENTRY.lastIndex < body.length) {
    const match = ENTRY.exec(body);
    if (!match) refuse('damaged header (its dictionary cannot be read)');
    entries.set(match[2], match);
  }
  const descr = entries.get('descr') ?? refuse('damaged header (it has no descr)');
  const order = entries.get('fortran_order')?.[5] ?? refuse('damaged header (it has no fortran_order)');
  const tuple = entries.get('shape')?.[6] ?? refuse('damaged header (it has no shape)');
  if (order === 'True')
    refuse('stored in Fortran order; save it in C order: numpy.save(name, numpy.ascontiguousarray(x))');
  return { type: parseType(descr[4], refuse), shape: parseShape(tuple, refuse) };
}

function parseType(descr: string | undefined, refuse: Refuse): NpyType {
  if (descr === undefined) refuse('holds records, not plain numbers');
  const type = NPY_TYPES.find((t) => descr.slice(1) === t);
  if (type && descr[0] === '<') return type;
  if (type && descr[0] === '>')
    refuse(`holds big-endian numbers ('${descr}'); save it as '<${type}': x.astype('<${type}')`);
  return refuse(
    `holds numbers of type '${descr.slice(0, 40)}'; float16, float32 and float64 ('<f2', '<f4', '<f8') can be read`,
  );
}

function parseShape(tuple: string, refuse: Refuse): number[] {
  const parts = tuple.split(',').map((part) => part.trim());
  // a tuple of one has a comma behind it; Python 2 wrote 3L
  if (parts[parts.length - 1] === '') parts.pop();
  return parts.map((part) => {
    if (!/^\d+L?$/.test(part)) refuse('damaged header (its shape is no tuple of whole numbers)');
    return Number(part.replace('L', ''));
  });
}

/** The first bytes of a .npy file: version 1.0, padded so that the data are aligned, as numpy does. */
export function npyHeaderBytes(header: NpyHeader): Uint8Array {
  const shape = header.shape.length === 1 ? `${header.shape[0]},` : header.shape.join(', ');
  const text = `{'descr': '<${header.type}', 'fortran_order': False, 'shape': (${shape}), }`;
  const start = MAGIC.length + 4;
  const size = Math.ceil((start + text.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(size).fill(0x20);
  for (let i = 0; i < MAGIC.length; i++) bytes[i] = MAGIC.charCodeAt(i);
  bytes[6] = 1;
  bytes[7] = 0;
  new DataView(bytes.buffer).setUint16(8, size - start, true);
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  bytes[size - 1] = 0x0a;
  return bytes;
}
