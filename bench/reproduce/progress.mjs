// SPDX-License-Identifier: Apache-2.0
/** Progress on a stream: one line that is written over on a terminal, a line now and then elsewhere. */

const TERMINAL_MILLISECONDS = 100;
const PLAIN_MILLISECONDS = 15_000;

function clock(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}

/**
 * @param {import('node:tty').WriteStream} stream usually stderr
 * @returns {{ section(id, title): { progress(part, doing?): void, done(result, reached?): void } }}
 */
export function reporter(stream) {
  const started = performance.now();
  const terminal = Boolean(stream.isTTY);

  function show(text, last) {
    if (!terminal) stream.write(`${text}\n`);
    else stream.write(`\r\x1b[2K${text.slice(0, (stream.columns || 80) - 1)}${last ? '\n' : ''}`);
  }

  return {
    section(id, title) {
      const began = performance.now();
      let shown = began;
      let part = 0;
      const line = (doing) =>
        `${id}  ${String(Math.floor(100 * part)).padStart(3)} %  ${clock(performance.now() - started)}  ${title}` +
        (doing ? `: ${doing}` : '');
      show(line());
      return {
        progress(done, doing) {
          part = Math.min(1, Math.max(part, done));
          const now = performance.now();
          if (now - shown < (terminal ? TERMINAL_MILLISECONDS : PLAIN_MILLISECONDS)) return;
          shown = now;
          show(line(doing));
        },
        done(result, reached = 1) {
          part = reached || part;
          show(`${line()}: ${result} (${clock(performance.now() - began)})`, true);
        },
      };
    },
  };
}
