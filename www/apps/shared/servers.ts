/** Servers named in the query of an address, for those who run their own. */
export function namedServers(query: string): string[] | undefined {
  const named = new URLSearchParams(query).get("server")?.split(",") ?? [];
  const servers = named.map((url) => url.trim()).filter((url) => url !== "");
  return servers.length === 0 ? undefined : servers;
}
