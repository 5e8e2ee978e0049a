// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

export const CACHE = join(here, 'cache');
export const MODULES = join(here, 'node_modules');
export const FIXTURES = join(here, '..', '..', 'test', 'fixtures');
