// A long way between the pages, and between them and the server.
import { spawn } from "node:child_process";
import { configure } from "../../e2e/support/network.mjs";

const DELAY = process.env.LACIS_DELAY;

/**
 * Holds every datagram back for so many milliseconds, and every packet to and from the server. The
 * result ends that.
 */
export async function holdBack(server, ms) {
  if (DELAY === undefined) throw new Error("LACIS_DELAY names the program that holds packets back");
  const child = spawn(DELAY, [String(ms)], { stdio: ["pipe", "pipe", "inherit"] });
  await new Promise((resolve, reject) => {
    child.stdout.once("data", resolve);
    child.once("exit", (code) => reject(new Error(`${DELAY} has ended with ${code}`)));
  });
  const port = server.url.split(":").at(-1);
  const held = [
    ["-p", "udp"],
    ["-p", "tcp", "--dport", port],
    ["-p", "tcp", "--sport", port],
  ];
  const rules = (change) => {
    for (const packets of held) {
      configure("iptables", change, "OUTPUT", ...packets, "-j", "NFQUEUE", "--queue-num", "0");
    }
  };
  rules("-A");
  return async () => {
    rules("-D");
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    await ended;
  };
}
