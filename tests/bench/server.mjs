// `cargo xtask bench server`: what the signaling server costs and bears, on one core, with the load
// on another one. Its limits are on; only the counts of connections are those that are asked for.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    smoke: { type: "boolean", default: false },
    only: { type: "string", default: "idle,route,light,slow" },
  },
});
const only = options.only.split(",");
const FULL = { clients: 10_000, pairs: 1_000, window: 2, seconds: 10, light: 3 };
const SMOKE = { clients: 200, pairs: 50, window: 2, seconds: 1, light: 1 };
const size = options.smoke ? SMOKE : FULL;
const say = (text) => (options.json ? console.error(text) : console.log(text));
const SERVER = process.env.LACIS_SERVER;
const LOAD = process.env.LACIS_LOAD;
if (!SERVER || !LOAD) throw new Error("LACIS_SERVER and LACIS_LOAD name the programs to run");
/** After everybody has left, memory is given back within so many seconds. */
const LEAVE_MS = 12_000;

const pinned = (core, program, words) => ["taskset", ["-c", String(core), program, ...words]];

class Server {
  #process;
  address;

  static async start() {
    const server = new Server();
    const words = ["--listen", "127.0.0.1:0", "--trust-proxy", "--threads", "1"];
    words.push("--connections-max", "18000", "--log", "error");
    const [program, all] = pinned(0, SERVER, words);
    server.#process = spawn(program, all, { stdio: ["ignore", "pipe", "inherit"] });
    for await (const line of createInterface({ input: server.#process.stdout })) {
      server.address = line.replace("listening on http://", "");
      return server;
    }
    throw new Error("the server has not started");
  }

  /** The memory that is in use now, in bytes. */
  get memory() {
    const status = readFileSync(`/proc/${this.#process.pid}/status`, "utf8");
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
  }

  async stop() {
    const ended = new Promise((resolve) => this.#process.once("exit", resolve));
    this.#process.kill("SIGTERM");
    await ended;
  }
}

/** Starts the load; `figures` is ready at its first line, `end` lets it end. */
function load(server, ...words) {
  const [program, all] = pinned(1, LOAD, ["--server", server.address, ...words.map(String)]);
  const running = spawn(program, all, { stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise((resolve) => running.once("exit", resolve));
  const figures = (async () => {
    for await (const line of createInterface({ input: running.stdout })) return JSON.parse(line);
    throw new Error(`${words[0]} has failed`);
  })();
  const end = () => {
    running.stdin.end();
    return ended;
  };
  return { figures, end, ended };
}

async function once(server, ...words) {
  const { figures, ended } = load(server, ...words);
  const told = await figures;
  await ended;
  return told;
}

/** Each part has a server of its own, so that none pays for another. */
async function withServer(measure) {
  const server = await Server.start();
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}

const mib = (bytes) => Math.round((bytes / 1024 / 1024) * 10) / 10;

const parts = {
  async idle(server) {
    // What a server takes once, whatever comes.
    await once(server, "hold", "--clients", 50, "--seconds", 1);
    const before = server.memory;
    const { figures, end } = load(server, "hold", "--clients", size.clients, "--seconds", 120);
    const { clients, joins_per_s } = await figures;
    await sleep(1_000);
    const full = server.memory;
    await end();
    await sleep(LEAVE_MS);
    return {
      clients,
      idle_bytes_per_client: Math.round((full - before) / clients),
      rss_full_mib: mib(full),
      rss_after_leave_mib: mib(server.memory),
      joins_per_s,
    };
  },

  async route(server) {
    const words = ["--seconds", size.seconds, "--pairs", size.pairs, "--window", size.window];
    const { routed_per_s, in_flight, p99_us, undelivered } = await once(server, "route", ...words);
    return { routed_per_s, in_flight, p99_ms: Math.round(p99_us / 100) / 10, undelivered };
  },

  async light(server) {
    const words = ["--pairs", 1, "--window", 1, "--pause-ms", 15];
    const { p50_us } = await once(server, "route", "--seconds", size.light, ...words);
    return { light_p50_us: p50_us };
  },

  async slow(server) {
    await once(server, "hold", "--clients", 50, "--seconds", 1);
    const before = server.memory;
    let most = before;
    const { figures, ended } = load(server, "slow", "--seconds", size.seconds);
    const watching = setInterval(() => {
      most = Math.max(most, server.memory);
    }, 20);
    const { sent, undelivered } = await figures;
    clearInterval(watching);
    await ended;
    const growth = { slow_reader_growth_mib: mib(most - before) };
    return { slow_sent: sent, slow_undelivered: undelivered, ...growth };
  },
};

const all = { smoke: options.smoke };
for (const [name, measure] of Object.entries(parts)) {
  if (!only.includes(name)) continue;
  const figures = await withServer(measure);
  say(`${name}: ${JSON.stringify(figures)}`);
  Object.assign(all, figures);
}
console.log(JSON.stringify(all));
