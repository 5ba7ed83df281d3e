// Calls into another group: what is shown of them, and what somebody who calls all the time gets.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { CALL_MS, Calls } from "../../apps/shared/calls.js";
import type { Space } from "../../apps/shared/space.js";

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

/** The calls of somebody, and what members of a group that is shared send. */
function calls() {
  const send = vi.fn((_peer: string, _label: string, _content: string) => Promise.resolve());
  const person = (id: string) => ({ name: `name of ${id}` });
  const space = { group: { send }, person } as unknown as Space;
  const all = new Calls(() => {});
  let count = 0;
  const say = (peer: string, wire: object): void => all.hear(space, peer, JSON.stringify(wire));
  const call = (peer: string, fields: object = {}): string => {
    count += 1;
    const id = `id ${count}`;
    say(peer, { id, kind: "call", app: "chat", name: "Kitchen", invitation: "lo1abc", ...fields });
    return id;
  };
  const states = (): string[] => all.received.map(({ peer, state }) => `${peer} ${state}`);
  const sent = (): unknown[] => send.mock.calls.map(([peer, , text]) => [peer, JSON.parse(text)]);
  return { all, space, say, call, states, sent, send };
}

describe("calls of others", () => {
  test("one person has one at a time, and it does not change under the finger", () => {
    const { all, call, states } = calls();
    for (let time = 0; time < 20; time += 1) call("mallory", { name: `group ${time}` });
    expect(states()).toEqual(["mallory open"]);
    expect(all.received[0]?.name).toBe("group 0");
    call("bert");
    expect(states()).toEqual(["mallory open", "bert open"]);
  });

  test("whoever calls and takes back again and again is shown three times, and later again", () => {
    const { say, call, states } = calls();
    for (let time = 0; time < 20; time += 1)
      say("mallory", { id: call("mallory"), kind: "cancel" });
    expect(states()).toEqual(["mallory cancelled"]);
    call("mallory");
    expect(states()).toEqual(["mallory cancelled"]);
    vi.advanceTimersByTime(CALL_MS + 1);
    call("mallory");
    expect(states()).toEqual(["mallory open"]);
  });

  test("whoever was declined is answered for a while, and not shown", () => {
    const { all, call, states, sent } = calls();
    const [first] = [call("mallory"), call("bert")];
    all.decline(all.received[0] as never);
    const second = call("mallory");
    expect(states()).toEqual(["bert open"]);
    const no = (id: string) => ["mallory", { id, kind: "decline" }];
    expect(sent()).toEqual([no(first), no(second)]);
    vi.advanceTimersByTime(CALL_MS + 1);
    call("mallory");
    expect(states()).toEqual(["bert expired", "mallory open"]);
  });

  test("all of them expire by themselves, each at its time", () => {
    const { call, states } = calls();
    call("anna");
    vi.advanceTimersByTime(CALL_MS / 2);
    call("bert");
    vi.advanceTimersByTime(CALL_MS / 2);
    expect(states()).toEqual(["anna expired", "bert open"]);
    vi.advanceTimersByTime(CALL_MS / 2);
    expect(states()).toEqual(["anna expired", "bert expired"]);
  });

  test("are eight at the most, and nothing that is none", () => {
    const { all, call, say } = calls();
    for (const fields of [
      { id: "x".repeat(65) },
      { app: "bank" },
      { name: 1 },
      { invitation: {} },
    ]) {
      call("mallory", fields);
    }
    call("mallory", { invitation: "x".repeat(65_537) });
    for (const wire of [null, 1, [], { id: 1 }, { id: "a" }, { id: "a", kind: "accept" }]) {
      say("mallory", wire as object);
    }
    expect(all.received).toEqual([]);
    for (let at = 0; at < 20; at += 1) call(`peer ${at}`);
    expect(all.received).toHaveLength(8);
  });

  test("are taken back by whoever has made them alone", () => {
    const { say, call, states } = calls();
    const id = call("anna");
    say("mallory", { id, kind: "cancel" });
    say("anna", { id, kind: "accept" });
    expect(states()).toEqual(["anna open"]);
    say("anna", { id, kind: "cancel" });
    expect(states()).toEqual(["anna cancelled"]);
  });
});

test("one's own is answered by whom it was made to", async () => {
  const { all, space, say, sent } = calls();
  const made = { peer: "bert", app: "board", name: "Plan", invitation: "lo1abc", space } as const;
  await all.make(made);
  expect(all.own).toMatchObject({ who: "name of bert", state: "open" });
  expect(all.received).toEqual([]);
  const { id } = all.own as { id: string };
  const wire = { id, kind: "call", app: "board", name: "Plan", invitation: "lo1abc" };
  expect(sent()).toEqual([["bert", wire]]);
  say("mallory", { id, kind: "accept" });
  expect(all.own?.state).toBe("open");
  say("bert", { id, kind: "accept" });
  expect(all.own?.state).toBe("accepted");
  all.clear();
  expect(all.own).toBeUndefined();
  expect(vi.getTimerCount()).toBe(0);
});
