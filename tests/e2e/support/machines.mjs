// More machines than this one, each a network namespace with one address, all at one network.
import { spawn } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromiumPath, launchElsewhere } from "./browsers.mjs";
import { ADDRESS, configure, FAR_INTERFACE, ROUTER } from "./network.mjs";

const BRIDGE = "lacis-bridge";

/** Here: the server, and what the tests start without saying where. */
export const HERE = { address: ADDRESS, configure };

/** What a server is started with that other machines reach, and that is no relay. */
export const REACHABLE = { listen: "0.0.0.0:0", words: ["--turn", "off"] };

/**
 * So many other machines, which end with the scenario. They are there before pages are opened: a
 * browser whose network changes drops what is under way.
 */
export async function machines(stage, count) {
  configure("ip", "link", "add", BRIDGE, "type", "bridge");
  stage.defer(() => configure("ip", "link", "delete", BRIDGE));
  configure("ip", "link", "set", BRIDGE, "addrgenmode", "none");
  configure("ip", "link", "set", FAR_INTERFACE, "master", BRIDGE);
  configure("ip", "link", "set", BRIDGE, "up");
  const numbers = Array.from({ length: count }, (_, at) => at + 1);
  return Promise.all(numbers.map((number) => Machine.start(stage, number)));
}

/** Another machine. */
class Machine {
  #enter;
  #browser;
  address;

  static async start(stage, number) {
    const machine = new Machine();
    const child = spawn("unshare", ["--net", "sh", "-c", "echo ready; exec cat"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    stage.defer(async () => {
      child.stdin.end();
      await ended;
    });
    await new Promise((resolve, reject) => {
      child.stdout.once("data", resolve);
      child.once("error", reject);
      child.once("exit", (code) => reject(new Error(`unshare has ended with ${code}`)));
    });
    machine.#enter = ["--target", `${child.pid}`, "--net"];
    machine.address = `10.77.0.${10 + number}`;
    machine.#connect(stage, child.pid, `lacis-far${number}`);
    // Programs of it go before its network does.
    stage.defer(async () => (await machine.#browser)?.close());
    return machine;
  }

  #connect(stage, pid, name) {
    const peer = ["peer", "name", "lan", "netns", `${pid}`];
    configure("ip", "link", "add", name, "type", "veth", ...peer);
    // The namespace would take it along, but later.
    stage.defer(() => configure("ip", "link", "delete", name));
    configure("ip", "link", "set", name, "addrgenmode", "none", "master", BRIDGE);
    configure("ip", "link", "set", name, "up");
    this.configure("ip", "link", "set", "lo", "up");
    this.configure("ip", "address", "add", `${this.address}/24`, "dev", "lan");
    this.configure("ip", "link", "set", "lan", "addrgenmode", "none");
    this.configure("ip", "link", "set", "lan", "up");
    this.configure("ip", "route", "add", "default", "via", ROUTER);
  }

  /** Runs `ip` or `nft` there. */
  configure(program, ...words) {
    configure("nsenter", ...this.#enter, program, ...words);
  }

  /** What starts a program there: its name and words follow. */
  get starter() {
    return ["nsenter", ...this.#enter];
  }

  /**
   * The Chromium there, started when it is first asked for. What it opens at 127.0.0.1 is here, so
   * that its pages have the same addresses as others, and are as trustworthy.
   */
  browser() {
    this.#browser ??= this.#launch();
    return this.#browser;
  }

  async #launch() {
    const folder = mkdtempSync(join(tmpdir(), "lacis-machine-"));
    const program = join(folder, "chromium");
    writeFileSync(program, `#!/bin/sh\nexec ${this.starter.join(" ")} ${chromiumPath()} "$@"\n`);
    chmodSync(program, 0o755);
    try {
      return await launchElsewhere(program, [`--host-resolver-rules=MAP 127.0.0.1 ${ADDRESS}`]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
}

/**
 * Has two machines drop what comes from each other, but for what goes to or comes from the server,
 * until the result is called.
 */
export function part(stage, server, one, two) {
  const port = server.url.split(":").at(-1);
  const sides = [
    [one, two],
    [two, one],
  ];
  for (const [own, { address }] of sides) {
    // Where it comes in: the other side is not told that nothing leaves.
    const rules = `table inet parted {
      chain in {
        type filter hook input priority 0; policy accept;
        tcp dport ${port} accept
        tcp sport ${port} accept
        ip saddr ${address} drop
      }
    }`;
    own.configure("nft", rules);
  }
  let isParted = true;
  const rejoin = () => {
    if (!isParted) return;
    isParted = false;
    for (const [own] of sides) own.configure("nft", "delete", "table", "inet", "parted");
  };
  stage.defer(rejoin);
  return rejoin;
}
