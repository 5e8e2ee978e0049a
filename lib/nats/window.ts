// SPDX-License-Identifier: Apache-2.0
/** At most so many at once; the others wait in line. */
export class Window {
  #free: number;
  readonly #line: (() => void)[] = [];

  constructor(size: number) {
    this.#free = size;
  }

  /** Settles when there is room; what it gives makes room again. */
  async enter(): Promise<() => void> {
    if (this.#free > 0) this.#free--;
    else await new Promise<void>((resolve) => this.#line.push(resolve));
    return () => {
      const next = this.#line.shift();
      if (next) next();
      else this.#free++;
    };
  }
}
