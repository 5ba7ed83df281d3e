// A network that ends at this machine. Browsers gather no usable address where there is no default
// route, and ask the local network by multicast where there is one. In a namespace with a pair of
// virtual interfaces they find an address, and nothing they send is heard elsewhere.
import { spawn, spawnSync } from "node:child_process";

/** Set in the process that runs inside; "none" where namespaces are not allowed. */
const MARK = "LACIS_TEST_NETWORK";

/** The address that browsers find in the namespace. */
export const ADDRESS = "10.77.0.1";

/** The address of {@link takeAddress}. */
const SECOND_ADDRESS = "10.77.0.3";

/** One end of the pair. Taking it down takes the route of every page away. */
const INTERFACE = "lacis0";

/** The other end, at which other machines may be. */
export const FAR_INTERFACE = "lacis1";

/** Where everything goes that is not at the network. Nobody is there. */
export const ROUTER = "10.77.0.2";

// Without IPv6: the kernel takes a second to find out whether the addresses it makes up are free,
// and when one becomes usable, Chromium drops every request that is under way.
const PREPARE = `
  PATH=$PATH:/usr/sbin:/sbin
  ip link set lo up &&
  ip link add ${INTERFACE} type veth peer name ${FAR_INTERFACE} &&
  ip link set ${INTERFACE} addrgenmode none && ip link set ${FAR_INTERFACE} addrgenmode none &&
  ip address add ${ADDRESS}/24 dev ${INTERFACE} &&
  ip link set ${INTERFACE} up && ip link set ${FAR_INTERFACE} up &&
  ip route add default via ${ROUTER} &&
  exec "$@"`;

/** Whether this process has a network of its own, which the tests may cut. */
export function isIsolated() {
  return process.env[MARK] === "namespace";
}

/**
 * Starts this program again inside a new namespace and ends with its exit code; returns only in
 * the process inside. The namespace is gone when its last process is.
 */
export async function enterNetwork() {
  if (process.env[MARK] !== undefined) return;
  const flags = allowedFlags();
  const node = [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
  if (flags === undefined) {
    console.error(
      "WARNING: no network namespaces here. The browsers use the network of this machine, " +
        "Firefox may find no address, and tests that cut the network are skipped.",
    );
    await become(node, "none");
  } else {
    await become(["unshare", ...flags, "--net", "sh", "-c", PREPARE, "sh", ...node], "namespace");
  }
}

function allowedFlags() {
  const isAllowed = (flags) =>
    spawnSync("unshare", [...flags, "--net", "ip", "link"], { stdio: "ignore" }).status === 0;
  return [[], ["--map-root-user"]].find(isAllowed);
}

async function become([program, ...words], mark) {
  const child = spawn(program, words, {
    stdio: "inherit",
    env: { ...process.env, [MARK]: mark },
  });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  const code = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (status, signal) => resolve(status ?? (signal ? 1 : 0)));
  });
  process.exit(code);
}

/** Runs `ip` or `nft` inside the namespace; throws with what it said when it fails. */
export function configure(program, ...words) {
  const PATH = `${process.env.PATH}:/usr/sbin:/sbin`;
  const done = spawnSync(program, words, { encoding: "utf8", env: { ...process.env, PATH } });
  if (done.status !== 0) {
    throw new Error(`${program} ${words.join(" ")}: ${done.stderr || done.error}`);
  }
}

/** Gives this machine a second address while a scenario runs, before it opens pages. */
export function takeAddress(stage) {
  const address = [`${SECOND_ADDRESS}/24`, "dev", INTERFACE];
  configure("ip", "address", "add", ...address);
  stage.defer(() => configure("ip", "address", "delete", ...address));
}

/** Drops every datagram, and what goes to or comes from the server, until the result is called. */
export function cut(server) {
  const port = server.url.split(":").at(-1);
  const rules = `table inet cut {
    chain out {
      type filter hook output priority 0; policy accept;
      meta l4proto udp drop
      tcp dport ${port} drop
      tcp sport ${port} drop
    }
  }`;
  configure("nft", rules);
  let isCut = true;
  return () => {
    if (isCut) configure("nft", "delete", "table", "inet", "cut");
    isCut = false;
  };
}
