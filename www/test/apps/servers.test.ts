import { expect, test } from "vitest";
import { namedServers, pageServers } from "../../apps/shared/servers.js";

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

test.each([
  ["https:", "", ["wss://a.example/ws"]],
  ["http:", "", ["ws://a.example/ws"]],
  ["https:", "?server=wss://b/ws", ["wss://b/ws"]],
])("a page that came by %s with %j has the servers %j", (protocol, search, servers) => {
  expect(pageServers({ protocol, search, host: "a.example" } as Location)).toEqual(servers);
});
