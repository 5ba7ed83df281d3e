// Whom somebody has met: a group may have thousands of members, and each of them says its name.
import { beforeEach, expect, test, vi } from "vitest";
import { contacts, forgetContacts, keepContact } from "../../apps/shared/contacts.js";
import { pageGlobals } from "./members.js";

let written: Map<string, string>;
const set = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  written = pageGlobals();
  forgetContacts("me");
  const { setItem } = localStorage;
  set.mockReset().mockImplementation((key: string, value: string) => setItem(key, value));
  vi.stubGlobal("localStorage", Object.assign(localStorage, { setItem: set }));
  return () => vi.useRealTimers();
});

const meet = (count: number): void => {
  for (let at = 0; at < count; at += 1) keepContact("me", `id ${at}`, `name ${at}`);
};

test("thousands who come together are written once, and are contacts at once", () => {
  meet(2_000);
  expect(Object.keys(contacts("me"))).toHaveLength(2_000);
  vi.runAllTimers();
  expect(set).toHaveBeenCalledTimes(1);
  expect(Object.keys(contacts("me"))).toHaveLength(2_000);
});

test("whoever says the same name again costs nothing, and another name is kept", () => {
  meet(3);
  vi.runAllTimers();
  meet(3);
  vi.runAllTimers();
  expect(set).toHaveBeenCalledTimes(1);
  keepContact("me", "id 1", "Ada");
  vi.runAllTimers();
  expect(contacts("me")).toEqual({ "id 0": "name 0", "id 1": "Ada", "id 2": "name 2" });
});

test("what another tab has written meanwhile stays", () => {
  meet(1);
  vi.runAllTimers();
  const theirs = { ...contacts("me"), other: "Bob" };
  written.set("lacis.contacts.me", JSON.stringify(theirs));
  keepContact("me", "third", "Cleo");
  vi.runAllTimers();
  expect(contacts("me")).toEqual({ ...theirs, third: "Cleo" });
});

test("a crowd does not fill the place where drafts are kept", () => {
  meet(20_000);
  vi.runAllTimers();
  expect(Object.keys(contacts("me"))).toHaveLength(5_000);
});

test("whoever is forgotten is not written any more", () => {
  meet(2);
  forgetContacts("me");
  vi.runAllTimers();
  expect(contacts("me")).toEqual({});
  expect(written.size).toBe(0);
});
