import type { Group, GroupRecord, Identity } from "lacis";
import { keepContact } from "./contacts.js";
import { colourOf, type Look, PROFILE_TYPE, type Profile, readProfile } from "./people.js";
import { jsonOf } from "./records.js";
import { texts } from "./texts/index.js";

/** How the members of a group show themselves: each has a record of that. */
export class Profiles {
  readonly all = new Map<string, Profile>();
  readonly #group: Group;
  readonly #me: Identity;
  readonly #look: () => Look;
  #own: GroupRecord | undefined;

  constructor(group: Group, me: Identity, look: () => Look) {
    [this.#group, this.#me, this.#look] = [group, me, look];
  }

  /** How a person shows itself, whether or not it has said so. */
  person(id: string): Profile {
    const known = this.all.get(id);
    if (known !== undefined) return known;
    const name = id === this.#me.id ? this.#me.name : texts.guest(id);
    return { name, colour: colourOf(id) };
  }

  async load(): Promise<void> {
    for (const record of await this.#group.find({ type: PROFILE_TYPE })) this.hear(record);
  }

  hear(record: GroupRecord): void {
    const { creator, author, deleted, data } = record;
    const isOwn = creator === this.#me.id;
    if (isOwn && !deleted) this.#own = record;
    const profile = data === undefined ? undefined : readProfile(jsonOf(record));
    // Only a person itself says who it is.
    if (profile === undefined || author !== creator) return;
    this.all.set(creator, profile);
    if (!isOwn) keepContact(this.#me.id, creator, profile.name);
  }

  /** Tells the others how this person shows itself, if they do not know. */
  async introduce(): Promise<void> {
    const { colour, picture } = this.#look();
    const wanted: Profile = { name: this.#me.name, colour, picture };
    const held = this.all.get(this.#me.id);
    if (held !== undefined && JSON.stringify(held) === JSON.stringify(wanted)) return;
    this.all.set(this.#me.id, wanted);
    if (this.#own !== undefined) await this.#group.update(this.#own, { data: wanted });
    else await this.#group.add({ type: PROFILE_TYPE, data: wanted });
  }
}
