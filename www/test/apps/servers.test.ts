import { expect, test } from "vitest";
import { namedServers } from "../../apps/shared/servers.js";

test.each([
  ["", undefined],
  ["?server=", undefined],
  ["?server=,", undefined],
  ["?other=1", undefined],
  ["?server=ws://a/ws", ["ws://a/ws"]],
  ["?x=1&server=ws%3A%2F%2Fa%2Fws,%20wss://b:1/ws,", ["ws://a/ws", "wss://b:1/ws"]],
])("the servers named by %j", (query, servers) => {
  expect(namedServers(query)).toEqual(servers);
});

test.each(["example.org", "https://example.org/ws", "wss://"])("no server is %j", (url) => {
  expect(() => namedServers(`?server=${url}`)).toThrow(`"${url}"`);
});
