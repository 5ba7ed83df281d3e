import { describe, expect, test } from "vitest";
import { hashOf, type Route, readLink, routeOf } from "../../apps/shared/route.js";

const routes: Route[] = [
  { at: "start" },
  { at: "space", id: "abc" },
  { at: "join", app: "chat", invitation: "lo1abc" },
  { at: "join", app: undefined, invitation: "lo1abc" },
  { at: "join", app: "board", invitation: "lo1abc", offer: "lp1xyz" },
];

describe("the places behind the # of an address", () => {
  test.each(routes.map((route) => [hashOf(route), route] as const))("%s", (hash, route) => {
    expect(routeOf(hash)).toEqual(route);
    expect(readLink(`  https://example.org/lacis/${hash}\n`)).toEqual(route);
  });

  test("an invitation alone is one, too", () => {
    expect(readLink("lo1abc")).toEqual({ at: "join", app: undefined, invitation: "lo1abc" });
    expect(readLink("")).toEqual({ at: "start" });
  });

  test("an application that there is not is none", () => {
    const read = routeOf("#/join/poker/lo1abc");
    expect(read).toEqual({ at: "join", app: undefined, invitation: "lo1abc" });
  });
});
