import { readFileSync } from "node:fs";
import { inspect } from "node:util";
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
  "insecure-context",
  "member-away",
  "not-initialized",
  "source-failed",
  "too-slow",
  "unsupported-platform",
  "wasm-failed",
  "identity-damaged",
  "identity-known",
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

  test("have a detail for developers, which consoles print and people are not shown", () => {
    const plain = new PeerError("busy");
    expect(plain.detail).toBeUndefined();
    expect(String(plain)).toBe(`PeerError: ${plain.message}`);
    const detail = 'the argument "x" costs $& or $1';
    const error = new PeerError("busy", { detail });
    expect(error.detail).toBe(detail);
    expect(error.message).toBe(plain.message);
    expect(String(error)).toBe(`PeerError: ${plain.message} [${detail}]`);
    expect(error.stack).toMatch(/^PeerError: .*\n {4}at \[the argument .*\]\n {4}at /);
    expect(error.stack).toContain(detail);
    expect(inspect(error)).toContain(detail);
    expect(error.cause).toBeUndefined();
  });

  test("tell the detail as their cause where a stack does not begin with frames of V8", () => {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    try {
      expect(new PeerError("busy", { detail: "why" }).cause).toBe("why");
      expect(new PeerError("busy", { detail: "why", cause: 7 }).cause).toBe(7);
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  });
});
