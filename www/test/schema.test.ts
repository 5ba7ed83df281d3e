import { describe, expect, test } from "vitest";
import * as z from "zod";
import { Answer } from "../src/body.js";
import { bytesOfJson } from "../src/bytes.js";
import type { CoreRecord } from "../src/core.js";
import { GroupRecord } from "../src/group/record.js";
import { isTaken } from "../src/group/validation.js";
import { isSchema, type Schema } from "../src/schema.js";

const todo = z.object({ title: z.string(), tags: z.array(z.string()).default([]) });

const written: CoreRecord = {
  ...{ id: "id", kind: "todo", version: 1, creator: "ada", created: 0, modified: 0 },
  ...{ deleted: false, attributes: [], header: new Uint8Array() },
};
const record = (data: unknown): GroupRecord =>
  new GroupRecord({ ...written, data: bytesOfJson(data) });

describe("what arrives is read with a schema", () => {
  test("as what the schema makes of it, with its type", () => {
    const { title, tags } = record({ title: "Write" }).json(todo);
    expect([title.toUpperCase(), tags.length]).toEqual(["WRITE", 0]);
    expect(new Answer(bytesOfJson(7)).json(z.number()).toFixed(1)).toBe("7.0");
  });

  test("and refused where it does not fit, with the places that do not", () => {
    const read = (): unknown => record({ title: 7, tags: ["a", null] }).json(todo);
    expect(read).toThrow(
      expect.objectContaining({
        code: "protocol",
        detail: expect.stringMatching(/^title: .*string.*; tags\.1: .*string/),
      }),
    );
  });

  test("but not with one that answers later", () => {
    const late = z.string().refine(() => Promise.resolve(true));
    expect(() => new Answer(bytesOfJson("x")).json(late)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});

describe("a record of others is validated", () => {
  test("by a schema", async () => {
    expect(await isTaken(todo as Schema<unknown>, record({ title: "Write" }))).toBe(true);
    expect(await isTaken(todo as Schema<unknown>, record({ title: 7 }))).toBe(false);
    const deleted = new GroupRecord({ ...written, deleted: true });
    expect(await isTaken(todo as Schema<unknown>, deleted)).toBe(true);
    const late = z.object({ title: z.string().refine((text) => Promise.resolve(text !== "")) });
    expect(await isTaken(late as Schema<unknown>, record({ title: "" }))).toBe(false);
  });

  test("by a function, or by nobody", async () => {
    expect(await isTaken(() => false, record({}))).toBe(false);
    expect(await isTaken(async ({ id }) => id === "id", record({}))).toBe(true);
    expect(await isTaken(undefined, record({}))).toBe(true);
  });

  test("by what is no JSON it throws, and so is not taken", async () => {
    const broken = new GroupRecord({ ...written, data: Uint8Array.of(0xff) });
    await expect(isTaken(todo as Schema<unknown>, broken)).rejects.toThrow(SyntaxError);
  });

  test("only by what is a schema", () => {
    for (const none of [undefined, null, 7, "text", {}, () => true]) {
      expect(isSchema(none)).toBe(false);
    }
    expect(isSchema(todo)).toBe(true);
  });
});
