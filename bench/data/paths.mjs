import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const here = fileURLToPath(new URL('.', import.meta.url));

export const CACHE = join(here, 'cache');
export const MODULES = join(here, 'node_modules');
export const FIXTURES = join(here, '..', '..', 'test', 'fixtures');
