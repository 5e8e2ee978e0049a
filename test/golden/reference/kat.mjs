// SPDX-License-Identifier: Apache-2.0
/** The text of a known-answer file: blocks of `key = value` lines, one blank line between blocks, # for comments. */

/** FNV-1a, 32 bits: hash = (hash ^ byte) * 0x01000193 from 0x811c9dc5. */
export function fnv1a(array) {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0).toString(16).padStart(8, '0');
}

/** The first 16 elements as hexadecimal bit patterns, most significant digit first. */
export function words(array) {
  const size = array.BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const count = Math.min(16, array.length);
  return Array.from({ length: count }, (_, i) => {
    const element = [...bytes.subarray(i * size, (i + 1) * size)].reverse();
    return element.map((b) => b.toString(16).padStart(2, '0')).join('');
  }).join(' ');
}

/** `name` = first words, `name.hash` = FNV-1a of all bytes (little-endian). */
export function answer(name, array) {
  return { [name]: words(array), [`${name}.hash`]: fnv1a(array) };
}

export function katFile(title, blocks) {
  const text = blocks.map((block) =>
    Object.entries(block)
      .map(([key, value]) => `${key} = ${value}\n`)
      .join(''),
  );
  return `# ${title}\n# Made by test/golden/generate.mjs; inputs: test/golden/reference/inputs.mjs.\n\n${text.join('\n')}`;
}
