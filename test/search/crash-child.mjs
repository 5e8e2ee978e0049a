// SPDX-License-Identifier: Apache-2.0
// Saves two indexes over each other, over and over, until it is killed (crash.test.ts).
import { FlatIndex } from '../../dist/index.js';

const [target, ...sources] = process.argv.slice(2);
const indexes = await Promise.all(sources.map((path) => FlatIndex.open(path)));
for (let i = 0; ; i++) {
  await indexes[i % indexes.length].save(target);
  // the parent counts from the first save on: before it there is nothing to tear
  if (i === 0) process.stdout.write('saved\n');
}
