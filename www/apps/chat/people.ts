import type { Member, Room } from "lacis";
import { avatar, find, make } from "../shared/dom.js";
import { texts } from "../shared/texts.js";
import type { MessageLog } from "./log.js";

/** Under which label names travel. */
const NAME = "name";
const KEY = "lacis-name";

/** Who is called what. */
export interface Names {
  readonly mine: string;
  of(member: Member): string;
}

class People implements Names {
  mine = stored() ?? randomName();
  readonly #names = new Map<string, string>();
  readonly #greeted = new Set<string>();
  readonly #room: Room;
  readonly #log: MessageLog;

  constructor(room: Room, log: MessageLog) {
    this.#room = room;
    this.#log = log;
  }

  of(member: Member): string {
    return this.#names.get(member.id) ?? texts.guest(member.id);
  }

  rename(name: string): void {
    this.mine = name.trim() === "" ? randomName() : name.trim();
    store(this.mine);
    for (const member of this.#room.members.values()) this.#introduce(member);
  }

  /** A member appeared or its link changed. */
  see(member: Member): void {
    if (member.connected && !this.#greeted.has(member.id)) {
      this.#greeted.add(member.id);
      this.#introduce(member);
      // On a phone the invitation has done its work and makes room for what is said.
      if (matchMedia("(max-width: 760px)").matches) find<HTMLDetailsElement>("invite").open = false;
    }
    this.show();
  }

  /** A member tells its name; the first time it is news to everybody. */
  learn(member: Member, name: string): void {
    const isNew = !this.#names.has(member.id);
    this.#names.set(member.id, name.slice(0, 40) || "?");
    if (isNew) this.#log.note(texts.joined(this.of(member)));
    this.show();
  }

  leave(member: Member, code: string): void {
    if (this.#greeted.delete(member.id)) this.#log.note(texts.gone(this.of(member), code));
    this.#names.delete(member.id);
    this.show();
  }

  #introduce(member: Member): void {
    if (!member.connected) return;
    // Whoever is gone by now needs no name; whoever comes back is greeted again.
    this.#room.send(member.id, NAME, this.mine).catch(() => this.#greeted.delete(member.id));
  }

  show(): void {
    const members = [...this.#room.members.values()];
    const list = find("members");
    list.replaceChildren(...members.map((member) => this.#item(member)));
    find("alone").textContent = members.length === 0 ? texts.alone : "";
  }

  #item(member: Member): HTMLElement {
    const name = this.of(member);
    const rtt = member.rttMs === undefined ? "" : ` · ${texts.roundTrip(member.rttMs)}`;
    const item = make(
      "li",
      {},
      avatar(name, member.id),
      make("span", { className: "name", text: name }),
      make(
        "span",
        { className: "path" },
        make("span", { className: "dot", attributes: { "aria-hidden": "true" } }),
        `${texts.states[member.state]}${member.connected ? rtt : ""}`,
      ),
    );
    item.dataset.node = member.id;
    item.dataset.state = member.state;
    return item;
  }
}

/** Where storage is switched off, reading it throws; a name then lasts as long as the page. */
function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function store(name: string): void {
  try {
    localStorage.setItem(KEY, name);
  } catch {
    // The page goes on with the name it has.
  }
}

function randomName(): string {
  return texts.friends[Math.floor(Math.random() * texts.friends.length)] ?? "Robin";
}

/** Shows who is here, exchanges names, and notes who comes and goes. */
export function watchPeople(room: Room, log: MessageLog): Names {
  const people = new People(room, log);
  const field = find<HTMLInputElement>("me-name");
  field.value = people.mine;
  field.addEventListener("change", () => {
    people.rename(field.value);
    field.value = people.mine;
  });
  room.addEventListener("memberjoin", ({ detail }) => people.see(detail));
  room.addEventListener("memberchange", ({ detail }) => people.see(detail));
  room.addEventListener("memberleave", ({ detail }) => people.leave(detail.member, detail.code));
  room.addEventListener("message", ({ detail }) => {
    if (detail.label === NAME) people.learn(detail.from, detail.text());
  });
  const reported = new Map<string, string>();
  room.addEventListener("connectfailed", ({ detail }) => {
    // Attempts are repeated; the same reason is told once. That somebody just left is no trouble.
    const { code, message } = detail.error;
    if (code === "no-answer" || code === "replaced") return;
    if (reported.get(detail.memberId) === code) return;
    reported.set(detail.memberId, code);
    log.note(texts.notReached(message));
  });
  for (const member of room.members.values()) people.see(member);
  people.show();
  return people;
}
