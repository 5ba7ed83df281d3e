// Programs that are measured: what they print, and what they cost.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";

/** Whatever takes longer has failed, unless it is known to take long. */
const PATIENCE_MS = 60_000;

/** The kernel counts processor time in hundredths of a second. */
const TICK_MS = 10;

/** A program that prints one JSON object a line, and ends when its standard input does. */
export class Program {
  #child;
  #lines = [];
  #last;
  #wake = () => {};
  #ended;
  #isOver = false;

  constructor(program, words, { env = {} } = {}) {
    this.name = words.join(" ").slice(0, 60);
    this.#child = spawn(program, words.map(String), {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, ...env },
    });
    const lines = createInterface({ input: this.#child.stdout });
    lines.on("line", (line) => {
      this.#lines.push(JSON.parse(line));
      this.#wake();
    });
    // One that has ended takes no more.
    this.#child.stdin.on("error", () => {});
    this.#ended = new Promise((resolve) => {
      this.#child.once("close", (code) => {
        this.#isOver = true;
        this.#wake();
        resolve(code);
      });
    });
  }

  get pid() {
    return this.#child.pid;
  }

  /** The next line that fits; those before it are dropped. */
  async line(fits = () => true, patience = PATIENCE_MS) {
    const until = performance.now() + patience;
    for (;;) {
      while (this.#lines.length > 0) {
        const line = this.#lines.shift();
        if (fits(line)) return line;
        this.#last = line;
      }
      const left = until - performance.now();
      if (this.#isOver || left <= 0) {
        const last = JSON.stringify(this.#last);
        throw new Error(`${this.name}: does not say it; it said last: ${last}`);
      }
      const more = new Promise((resolve) => {
        this.#wake = resolve;
      });
      await Promise.race([more, sleep(left, undefined, { ref: false })]);
    }
  }

  /** Everything that it prints until it ends by itself. */
  async all() {
    const code = await this.#ended;
    if (code !== 0) throw new Error(`${this.name}: ended with ${code}`);
    return this.#lines;
  }

  write(line) {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Has it end; with a signal where that is how it is asked. */
  async end(signal) {
    this.#child.stdin.end();
    if (signal !== undefined && !this.#isOver) this.#child.kill(signal);
    const late = setTimeout(() => this.#child.kill("SIGKILL"), 20_000);
    const code = await this.#ended;
    clearTimeout(late);
    return code;
  }

  /** Bytes of memory that it has for itself, and its share of what it has with others. */
  get memory() {
    const text = readFileSync(`/proc/${this.pid}/smaps_rollup`, "utf8");
    return Number(/^Pss:\s+(\d+) kB/m.exec(text)[1]) * 1024;
  }

  /** Milliseconds that it has worked so far. */
  get worked() {
    const text = readFileSync(`/proc/${this.pid}/stat`, "utf8");
    const words = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(words[11]) + Number(words[12])) * TICK_MS;
  }
}

/** How much of a core each of these takes, in a hundredth of it. */
export async function percentOf(programs, ms) {
  const before = programs.map((program) => program.worked);
  const start = performance.now();
  await sleep(ms);
  const took = performance.now() - start;
  return programs.map((program, at) => ((program.worked - before[at]) / took) * 100);
}
