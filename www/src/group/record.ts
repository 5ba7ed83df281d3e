import { Body } from "../body.js";
import type { CoreAttribute, CoreRecord } from "../core.js";
import { dateOf, dateOrNever } from "../date.js";
import { PeerError } from "../errors.js";
import type { PeerId, RecordId } from "../ids.js";

/** The value of an attribute: a safe integer, a time, or a text of at most 1,024 bytes. */
export type AttributeValue = number | Date | string;

/** What a record can be found by. Names have 1 to 40 letters and digits. */
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** A record of a group, as it was when this object was made. */
export class GroupRecord<Data = unknown, Type extends string = string> extends Body<Data> {
  /** Which record it is, through all its versions. */
  readonly id: RecordId;
  /** Its type, as the application calls it. */
  readonly type: Type;
  /** Counts changes, from 1. */
  readonly version: number;
  /** The identity that made it. */
  readonly creator: PeerId;
  /** The identity that changed it last, if anybody has. */
  readonly modifier: PeerId | undefined;
  /** When it was made, in group time. */
  readonly created: Date;
  /** When it was changed last. */
  readonly modified: Date;
  /** When it expires; undefined for never. */
  readonly expires: Date | undefined;
  /** Whether it was deleted; there is no data then. */
  readonly deleted: boolean;
  /** Its bytes; undefined if it was deleted or its key is not known here yet. */
  readonly data: Uint8Array | undefined;
  /** What it can be found by. */
  readonly attributes: Attributes;
  /** @internal What was signed. */
  readonly header: Uint8Array;

  /** @internal */
  constructor(core: CoreRecord) {
    super();
    this.id = core.id;
    this.type = core.kind as Type;
    this.version = core.version;
    this.creator = core.creator;
    this.modifier = core.modifier ?? undefined;
    this.created = dateOf(core.created);
    this.modified = dateOf(core.modified);
    this.expires = dateOrNever(core.expires);
    this.deleted = core.deleted;
    this.data = core.data ?? undefined;
    this.attributes = Object.fromEntries(
      core.attributes.map((it) => [it.name, attributeValue(it)]),
    );
    this.header = core.header;
  }

  /** Who made this version. */
  get author(): PeerId {
    return this.modifier ?? this.creator;
  }

  /** @internal */
  protected override bytes(): Uint8Array {
    if (this.data === undefined) throw new PeerError(this.deleted ? "record-unknown" : "no-key");
    return this.data;
  }
}

/** Attributes as the core takes them. */
export function coreAttributes(attributes: Attributes | undefined): CoreAttribute[] {
  return Object.entries(attributes ?? {}).map(([name, value]) => coreAttribute(name, value));
}

/** One attribute as the core takes it. */
export function coreAttribute(name: string, value: AttributeValue): CoreAttribute {
  if (typeof value === "string") return { name, kind: "text", text: value };
  if (value instanceof Date) return { name, kind: "date", number: value.getTime() };
  return { name, kind: "int", number: value };
}

function attributeValue({ kind, number, text }: CoreAttribute): AttributeValue {
  if (kind === "text") return text ?? "";
  return kind === "date" ? dateOf(number ?? 0) : (number ?? 0);
}
