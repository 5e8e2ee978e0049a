// SPDX-License-Identifier: Apache-2.0
const scratch = new DataView(new ArrayBuffer(4));

/** The float32 `steps` places after (before) x, x not zero or near it. */
export function neighbour(x: number, steps: number): number {
  scratch.setFloat32(0, x);
  scratch.setInt32(0, scratch.getInt32(0) + (x > 0 ? steps : -steps));
  return scratch.getFloat32(0);
}
