// Programs beside the pages: examples of `lacis-native`.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ADDRESS } from "./network.mjs";
import { Server } from "./server.mjs";

const built = new URL("../../../target/debug/examples/", import.meta.url);
const EXAMPLES = process.env.LACIS_EXAMPLES ?? fileURLToPath(built);

/** A folder that is gone after the scenario. */
export function folder(stage) {
  const path = mkdtempSync(join(tmpdir(), "lacis-program-"));
  stage.defer(() => rmSync(path, { recursive: true }));
  return path;
}

/** Joins a room, and answers what it is asked there; may be `relayed` only. */
export function echo(stage, server, link, ...relayed) {
  const options = { pattern: /joined as (\S+)/ };
  const words = [server.socketUrl, link, ...relayed];
  return stage.run(() => Server.run(join(EXAMPLES, "echo"), words, options));
}

/** The same on another machine, for which the server is at an outer address of this one. */
export function echoElsewhere(stage, machine, server, link) {
  const options = { pattern: /joined as (\S+)/ };
  const url = server.socketUrl.replace("127.0.0.1", ADDRESS);
  const [program, ...starts] = machine.starter;
  const words = [...starts, join(EXAMPLES, "echo"), url, link];
  return stage.run(() => Server.run(program, words, options));
}

/** Joins a group, and keeps it in that folder. */
export function member(stage, server, invitation, place) {
  const options = { pattern: /started as (\S+)/ };
  const words = [server.socketUrl, invitation, join(place, "store")];
  return stage.run(() => Server.run(join(EXAMPLES, "member"), words, options));
}
