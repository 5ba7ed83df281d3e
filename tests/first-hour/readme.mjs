// What the README tells somebody who makes a first app: its files and its commands, word for word.
import { readFileSync } from "node:fs";

const README = new URL("../../README.md", import.meta.url);
const [section] = /^## A first app\n[\s\S]*?(?=^## )/m.exec(readFileSync(README, "utf8")) ?? [""];

/** A fenced block of this kind begins here; before one of a file stands the name of the file. */
const blocks = [...section.matchAll(/(?:`([\w.]+)`:\n\n)?^```(\w+)\n([\s\S]*?)^```$/gm)];

/** Name and text of each file. */
export const files = new Map(
  blocks.filter(([, name]) => name !== undefined).map(([, name, , text]) => [name, text]),
);

const commands = blocks
  .filter(([, , kind]) => kind === "sh")
  .map(([, , , text]) => text.trim().split("\n"));
if (commands.length !== 3) throw new Error(`the section has ${commands.length} blocks of commands`);

/** What is typed before the first file is written, to develop, and to show the app to others. */
export const [install, develop, show] = commands;
