import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import {
  errorOfAbort,
  errorOfCode,
  errorOfThrown,
  PeerError,
  peerErrorCodes,
} from "../src/errors.js";

/** Codes that only this layer gives: what they tell happens before there is a core. */
const OWN = [
  "not-initialized",
  "too-slow",
  "unsupported-platform",
  "wasm-failed",
  "identity-damaged",
  "identity-unknown",
  "wrong-password",
];

const rust = readFileSync(new URL("../../crates/wire/src/code.rs", import.meta.url), "utf8");
const core = [...rust.matchAll(/= \d+, "([a-z-]+)";/g)].map((match) => match[1] ?? "");

describe("error codes", () => {
  test("are those of the core and a few of this layer", () => {
    expect(core.length).toBeGreaterThan(30);
    expect([...peerErrorCodes].sort()).toEqual([...core, ...OWN].sort());
  });

  test.each([...peerErrorCodes])("%s comes with a sentence for people", (code) => {
    const error = new PeerError(code);
    expect(error.name).toBe("PeerError");
    expect(error.message).toMatch(/^[A-Z].*[.]$/);
    expect(error.message).not.toMatch(/undefined|null|\bcode\b|[`{}_\n]/);
    expect(error.message.length).toBeLessThan(120);
    expect(typeof error.retryable).toBe("boolean");
  });

  test("that are unknown become internal and keep their cause", () => {
    expect(errorOfCode("from-the-future").code).toBe("internal");
    expect(errorOfCode("from-the-future").cause).toBe("from-the-future");
  });

  test("are taken from whatever was thrown", () => {
    expect(errorOfThrown({ code: "too-large" }).code).toBe("too-large");
    expect(errorOfThrown(new TypeError("x")).code).toBe("internal");
    const given = new PeerError("busy");
    expect(errorOfThrown(given)).toBe(given);
    expect(errorOfAbort(AbortSignal.abort("why")).cause).toBe("why");
  });
});
