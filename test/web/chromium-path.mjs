// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';

/** Chromium of the system; CHROMIUM names another one. Undefined where there is none. */
export function chromiumPath() {
  const places = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
  return places.find((place) => place && existsSync(place));
}
