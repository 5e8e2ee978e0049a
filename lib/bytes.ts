// SPDX-License-Identifier: Apache-2.0
/** The bytes under a view. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}
