import { Said } from "./reasons.js";
import { texts } from "./texts/index.js";

/**
 * Servers named in the query of an address, for those who run their own. Says so to whoever opened
 * the page if one is no address.
 */
export function namedServers(query: string): string[] | undefined {
  const named = new URLSearchParams(query).get("server")?.split(",") ?? [];
  const servers = named.map((url) => url.trim()).filter((url) => url !== "");
  const wrong = servers.find((url) => !/^wss?:\/\/[^\s/]/i.test(url) || !URL.canParse(url));
  if (wrong !== undefined) throw new Said(texts.notAServer(wrong));
  return servers.length === 0 ? undefined : servers;
}

/** The servers of this page where no others are named: of its address, or where it came from. */
export function pageServers({ search, protocol, host }: Location = location): string[] {
  return namedServers(search) ?? [`${protocol === "https:" ? "wss:" : "ws:"}//${host}/ws`];
}
