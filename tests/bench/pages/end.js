// What both variants share: counting and waiting.

/** One page's end of a room. */
export class End {
  onMessage = undefined;
  firstAt = undefined;
  #received = 0;
  #linked = 0;
  #waiting = new Set();

  /** A small message came. */
  take(data) {
    this.firstAt ??= performance.timeOrigin + performance.now();
    this.#received += 1;
    this.onMessage?.(data);
    this.#wake();
  }

  /** How many others this page is linked to. */
  setLinked(count) {
    this.#linked = count;
    this.#wake();
  }

  received(count) {
    return this.#until(() => this.#received >= count);
  }

  whenLinked(count) {
    return this.#until(() => this.#linked >= count);
  }

  #wake() {
    for (const check of [...this.#waiting]) check();
  }

  #until(isTrue) {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!isTrue()) return;
        clearTimeout(timer);
        this.#waiting.delete(check);
        resolve();
      };
      const timer = setTimeout(() => reject(new Error(`stuck: ${isTrue}`)), 30_000);
      this.#waiting.add(check);
      check();
    });
  }
}
