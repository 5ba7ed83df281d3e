// Commands, typed as the README has them.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";

/** One terminal for each command that goes on, all of them in one folder. */
export class Terminals {
  #options;
  #groups = new Set();

  constructor(cwd, env) {
    this.#options = { cwd, env, encoding: "utf8" };
  }

  /** Runs a command to its end; a warning would leave people to wonder what they did wrong. */
  run(line) {
    const [program, ...words] = line.split(" ");
    const { status, stderr, error } = spawnSync(program, words, this.#options);
    if (status !== 0 || stderr !== "")
      throw new Error(`${line}: ${status} ${stderr}`, { cause: error });
  }

  /** Starts one that goes on; gives what the pattern finds in its words, and how to end it. */
  async start(line, pattern) {
    const [program, ...words] = line.split(" ");
    const stdio = ["ignore", "pipe", "pipe"];
    // A group of its own: what it starts ends with it, as Ctrl-C has it.
    const child = spawn(program, words, { ...this.#options, stdio, detached: true });
    this.#groups.add(child.pid);
    const closed = once(child, "close");
    let said = "";
    const found = await new Promise((resolve, reject) => {
      const read = (bytes) => {
        said += bytes;
        const match = pattern.exec(said);
        if (match !== null) resolve(match[1]);
      };
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      closed.then(() => reject(new Error(`${line} has ended: ${said}`)), reject);
    });
    const stop = async () => {
      if (this.#groups.delete(child.pid)) process.kill(-child.pid, "SIGINT");
      // Only once nobody of the group writes any more.
      await closed;
    };
    return { found, stop };
  }

  /** Ends whatever is left. */
  close() {
    for (const group of this.#groups) {
      try {
        process.kill(-group, "SIGKILL");
      } catch {
        // It has ended by itself.
      }
    }
  }
}
