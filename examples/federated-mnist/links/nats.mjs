// SPDX-License-Identifier: Apache-2.0
export async function natsLink() {
  throw new Error('not yet');
}
