// The real signaling server as a process of its own.
import { spawn } from "node:child_process";
import { connect } from "node:net";
import { fileURLToPath } from "node:url";

const fromRoot = (path) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

/** The server's program: the one named by whoever started the tests, or a plain debug build. */
export const SERVER = process.env.LACIS_SERVER ?? fromRoot("target/debug/lacis-signaling");

/** A running program that says where it listens. */
export class Server {
  #child;
  #log = "";
  /** `http://host:port` */
  url;

  /** Starts a server; `listen` may name the port of one that has ended. */
  static start({ listen = "127.0.0.1:0", pages, words = [] } = {}) {
    const folder = pages === undefined ? [] : ["--pages", pages];
    return Server.run(SERVER, ["--listen", listen, ...folder, "--log", "warn", ...words]);
  }

  /**
   * Starts any program that prints `listening on URL`, or what `pattern` finds; of one that says
   * nothing `at` names the host and port at which it takes connections once it is ready.
   */
  static async run(program, words, options = {}) {
    const server = new Server();
    await server.#start(program, words, options);
    return server;
  }

  #start(program, words, { pattern = /listening on (\S+)/, deadlineMs = 10_000, at, ...options }) {
    const child = spawn(program, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
    this.#child = child;
    return new Promise((resolve, reject) => {
      const fail = (reason) => reject(new Error(`${program}: ${reason}\n${this.#log}`));
      const timer = setTimeout(() => fail("says no address"), deadlineMs);
      const read = (bytes) => {
        this.#log += bytes;
        const found = pattern.exec(this.#log);
        if (found === null || this.url !== undefined) return;
        clearTimeout(timer);
        // Who listens everywhere is reached here too.
        this.url = found[1].replace(/\/$/, "").replace("0.0.0.0", "127.0.0.1");
        resolve();
      };
      const knock = () => {
        const socket = connect(at);
        socket.on("connect", () => {
          socket.destroy();
          read(`listening on ${at.host}:${at.port}`);
        });
        socket.on("error", () => this.url === undefined && setTimeout(knock, 20));
      };
      if (at !== undefined) knock();
      child.stdout.on("data", read);
      child.stderr.on("data", read);
      child.on("error", (error) => fail(error.message));
      child.on("exit", (code) => fail(`ended with ${code}`));
    });
  }

  /** `host:port` */
  get address() {
    return this.url.replace(/^http:\/\//, "");
  }

  /** Where pages connect to. */
  get socketUrl() {
    return `ws://${this.address}/ws`;
  }

  get log() {
    return this.#log;
  }

  /** Waits until it has printed what the pattern finds. */
  prints(pattern, ms = 30_000) {
    const { stdout } = this.#child;
    return new Promise((resolve, reject) => {
      const end = (settle) => {
        clearTimeout(timer);
        stdout.off("data", look);
        settle();
      };
      const late = () => end(() => reject(new Error(`no ${pattern} in ${ms} ms:\n${this.#log}`)));
      const timer = setTimeout(late, ms);
      const look = () => pattern.test(this.#log) && end(resolve);
      stdout.on("data", look);
      look();
    });
  }

  /** Ends the server: asked politely, or at once with "SIGKILL". */
  async stop(signal = "SIGTERM") {
    const child = this.#child;
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill(signal);
    await ended;
  }
}
