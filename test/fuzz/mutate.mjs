// SPDX-License-Identifier: Apache-2.0
// Changes of bytes that know nothing of their meaning. Each gives new bytes and leaves its input alone.

/** Numbers at the edges of types and of checks. */
const WHOLE = [0, 1, 2, 3, 4, 7, 8, 16, 63, 64, 127, 128, 255, 256, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff];
const FLOATS = [0, -0, 1, -1, 0.5, 1e-45, -1e-45, 1e-38, 3.4e38, -3.4e38, Infinity, -Infinity, Number.NaN];
const LONGEST = 4096;

const EDITS = [
  function flipBit(bytes, random) {
    bytes[random.below(bytes.length)] ^= 1 << random.below(8);
    return bytes;
  },
  function setByte(bytes, random) {
    bytes[random.below(bytes.length)] = random.oneIn(2) ? random.pick(WHOLE) : random.below(256);
    return bytes;
  },
  function setNumber(bytes, random) {
    const view = new DataView(bytes.buffer);
    const [width, set] = random.pick([
      [2, (at) => view.setUint16(at, random.pick(WHOLE), true)],
      [4, (at) => view.setUint32(at, random.pick(WHOLE), true)],
      [4, (at) => view.setFloat32(at, random.pick(FLOATS), true)],
      [8, (at) => view.setBigUint64(at, BigInt(random.pick(WHOLE)) << BigInt(random.pick([0, 1, 20, 32])), true)],
      [8, (at) => view.setFloat64(at, random.pick(FLOATS), true)],
    ]);
    if (bytes.length < width) return bytes;
    // numbers often stand at multiples of their width
    const at = random.below(bytes.length - width + 1);
    set(random.oneIn(2) ? at : at - (at % width));
    return bytes;
  },
  function addToNumber(bytes, random) {
    if (bytes.length < 4) return bytes;
    const view = new DataView(bytes.buffer);
    const at = random.below(bytes.length - 3);
    view.setUint32(at, view.getUint32(at, true) + random.below(9) - 4, true);
    return bytes;
  },
  function truncate(bytes, random) {
    return bytes.slice(0, random.below(bytes.length + 1));
  },
  function insertNoise(bytes, random) {
    const noise = Uint8Array.from({ length: 1 + random.below(32) }, () => random.below(256));
    return inserted(bytes, random.below(bytes.length + 1), noise);
  },
  function repeatRange(bytes, random) {
    const [from, to] = range(bytes, random);
    return inserted(bytes, random.below(bytes.length + 1), bytes.slice(from, to));
  },
  function removeRange(bytes, random) {
    const [from, to] = range(bytes, random);
    return joined(bytes.subarray(0, from), bytes.subarray(to));
  },
  function copyRange(bytes, random) {
    const [from, to] = range(bytes, random);
    bytes.copyWithin(random.below(bytes.length), from, to);
    return bytes;
  },
  function splice(bytes, random, other) {
    return joined(bytes.subarray(0, random.below(bytes.length + 1)), other.subarray(random.below(other.length + 1)));
  },
];

function range(bytes, random) {
  const from = random.below(bytes.length);
  return [from, Math.min(bytes.length, from + 1 + random.below(64))];
}

/** The bytes of views, one after the other. */
export function joined(...parts) {
  return Uint8Array.from(
    Buffer.concat(parts.map((part) => Buffer.from(part.buffer, part.byteOffset, part.byteLength))),
  );
}

function inserted(bytes, at, part) {
  return joined(bytes.subarray(0, at), part, bytes.subarray(at));
}

/** One to four edits. `other`: another input, to splice with. */
export function mutate(input, random, other) {
  let bytes = Uint8Array.from(input);
  for (let left = 1 + random.below(4); left > 0 && bytes.length > 0; left--) {
    bytes = random.pick(EDITS)(bytes, random, other);
  }
  return bytes.slice(0, LONGEST);
}
