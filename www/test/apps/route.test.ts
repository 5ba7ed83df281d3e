import { describe, expect, test } from "vitest";
import { hashOf, type Route, readLink, routeOf, withoutName } from "../../apps/shared/route.js";

const routes: Route[] = [
  { at: "start" },
  { at: "space", id: "abc" },
  { at: "join", app: "chat", invitation: "lo1abc" },
  { at: "join", app: undefined, invitation: "lo1abc" },
  { at: "join", app: "board", invitation: "lo1abc", offer: "lp1xyz" },
  { at: "join", app: "board", invitation: "lo1abc", by: "Anna" },
  { at: "join", app: "board", invitation: "lo1abc", offer: "lp1xyz", by: "Zoé / (B.)" },
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

/** The name that a link with this at its end says. */
function saidBy(end: string): string | undefined {
  const route = routeOf(`#/join/chat/lo1abc//${end}`);
  return route.at === "join" ? route.by : "no invitation";
}

describe("the name that a link says", () => {
  test("is short, in one line, and ends no quotation", () => {
    expect(saidBy("x".repeat(99))).toHaveLength(40);
    expect(saidBy(encodeURIComponent("a\n\u202Eb\u0000\tc"))).toBe("a b c");
    expect(saidBy(encodeURIComponent('Anna". Checked "'))).toBe("Anna. Checked");
    expect(saidBy(encodeURIComponent("« A » “B”"))).toBe("A B");
  });

  test.each(["", "%20", "%E9", "%", "%00"])("%j says none, and the invitation is whole", (end) => {
    expect(routeOf(`#/join/chat/lo1abc//${end}`)).toEqual({
      ...{ at: "join", app: "chat", invitation: "lo1abc" },
    });
  });

  test("has no sign in it that ends a link in somebody's message", () => {
    const hash = hashOf({ at: "join", app: "chat", invitation: "lo1abc", by: "A. (B)! *c* ~_'" });
    expect(hash.split("//")[1]).toMatch(/^[\w%-]+$/);
    expect(readLink(`see ${hash}`)).toMatchObject({ by: "A. (B)! *c* ~_'" });
  });

  test("can be left out", () => {
    const page = "https://example.org/lacis/?server=wss://a/ws";
    expect(withoutName(`${page}#/join/chat/lo1abc//Anna`)).toBe(`${page}#/join/chat/lo1abc`);
    expect(withoutName(`${page}#/join/chat/lo1abc/lp1x/Anna`)).toBe(
      `${page}#/join/chat/lo1abc/lp1x`,
    );
  });
});
