import { recall, remember } from "./memory.js";
import { plainName } from "./names.js";

/** How a person shows itself. */
export interface Look {
  /** Which of the eight colours. */
  readonly colour: number;
  /** A small picture, as a `data:` address. */
  readonly picture?: string | undefined;
}

/** What the others in a group know of a person: a record of this type, one for each. */
export interface Profile extends Look {
  readonly name: string;
}

export const PROFILE_TYPE = "profile";
export const COLOURS = 8;

/** Larger ones are not kept: every member of every group has it. */
export const PICTURE_MAX = 24_000;
const NAME_MAX = 60;

/** One of eight, always the same for the same text. */
export function colourOf(text: string): number {
  let sum = 0;
  for (const letter of text) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 8191;
  return sum % COLOURS;
}

/** How an identity of this browser shows itself. */
export function ownLook(id: string): Look {
  return { colour: colourOf(id), ...recall<Partial<Look>>(`look.${id}`, {}) };
}

export function keepLook(id: string, look: Look): void {
  remember(`look.${id}`, look);
}

/** Forgets how an identity showed itself: it is deleted here. */
export function forgetLook(id: string): void {
  remember(`look.${id}`, undefined);
}

/** Reads what a member wrote of itself; it may have written anything. */
export function readProfile(value: unknown): Profile | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { name, colour, picture } = value as Record<string, unknown>;
  const plain = typeof name === "string" ? plainName(name, NAME_MAX) : "";
  if (plain === "") return undefined;
  const hasColour = Number.isInteger(colour) && (colour as number) >= 0;
  const isPicture = typeof picture === "string" && picture.length <= PICTURE_MAX;
  return {
    name: plain,
    colour: hasColour ? (colour as number) % COLOURS : colourOf(plain),
    picture:
      isPicture && /^data:image\/(png|jpeg|webp);base64,/.test(picture) ? picture : undefined,
  };
}
