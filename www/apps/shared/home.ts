import {
  createPeer,
  type Group,
  type Identities,
  type Identity,
  type InvitationPreview,
  init,
  type JoinGroupOptions,
  openIdentities,
  type Peer,
  PeerError,
  parseInvitation,
} from "lacis";
import { guardIssues } from "../letter/guard.js";
import { APP_TYPE, type AppName } from "./apps.js";
import { CALL, Calls } from "./calls.js";
import { forgetIdentity } from "./forget.js";
import { recall, remember } from "./memory.js";
import { plainName } from "./names.js";
import { takeTurn, turnIsFree } from "./one-tab.js";
import { keepLook, type Look, ownLook } from "./people.js";
import { reasonOf } from "./reasons.js";
import { namedServers } from "./servers.js";
import { Space } from "./space.js";
import { Standing } from "./standing.js";
import { texts } from "./texts/index.js";
import { Observable } from "./watch.js";

/** How far these pages have come. */
export type Phase =
  | { readonly at: "starting" }
  /** Nobody has said who they are yet. */
  | { readonly at: "new" }
  /** Another tab is at work for this identity. */
  | { readonly at: "elsewhere" }
  | { readonly at: "ready" }
  | {
      readonly at: "failed";
      readonly thrown: unknown;
    };

const LAST = "last-identity";
/** By one open invitation; whoever wants more makes another one. */
const USES = 1_000;
/** How long its link is of use; memberships outlast it. */
const LINK_LIFETIME = "30d";
const JOIN_MS = 60_000;

/** This person in this browser: its identities, its peer and its groups. */
export class Home extends Observable {
  readonly standing = new Standing();
  readonly spaces = new Map<string, Space>();
  /** Invitations from and to contacts that somebody still has to look at. */
  readonly calls = new Calls(() => this.changed());
  #identities: Identities | undefined;
  #all: Identity[] = [];
  #me: Identity | undefined;
  #peer: Peer | undefined;
  #phase: Phase = { at: "starting" };
  /** Counts whom this tab has become: what began for an earlier one ends. */
  #turn = 0;
  /** Gives back the turn that this tab has. */
  #giveBack: () => void = () => {};
  /** Waits while another tab is at work. */
  #waiting: AbortController | undefined;

  get phase(): Phase {
    return this.#phase;
  }

  /** Every identity that this browser keeps. */
  get all(): readonly Identity[] {
    return this.#all;
  }

  get me(): Identity | undefined {
    return this.#me;
  }

  get look(): Look {
    return this.#me === undefined ? { colour: 0 } : ownLook(this.#me.id);
  }

  get peer(): Peer | undefined {
    return this.#peer;
  }

  /** The groups, the liveliest first. */
  get sorted(): Space[] {
    return [...this.spaces.values()].sort(
      (a, b) => b.news.activeAt.getTime() - a.news.activeAt.getTime(),
    );
  }

  /** Loads what is needed, and goes on as whoever this browser was last. */
  async start(): Promise<void> {
    try {
      await init();
      this.#identities = await openIdentities();
      await this.#list();
      const last = recall(LAST, "");
      const me = this.#all.find(({ id }) => id === last) ?? this.#all[0];
      if (me === undefined) this.#enter({ at: "new" });
      else await this.become(me);
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Makes an identity and becomes it. */
  async create(name: string): Promise<void> {
    const me = await this.#kept.create(plainName(name));
    await this.#list();
    await this.become(me);
  }

  /** Becomes another identity of this browser. */
  async become(me: Identity): Promise<void> {
    this.#enter({ at: "starting" });
    await this.#become(me);
  }

  async #become(me: Identity): Promise<void> {
    this.#turn += 1;
    const turn = this.#turn;
    this.#waiting?.abort();
    try {
      await this.#leave();
      const giveBack = await takeTurn(me.id, async () => {
        if (turn !== this.#turn) return;
        this.#turn += 1;
        await this.#leave();
        this.#enter({ at: "elsewhere" });
        void this.#goOnAfter(me);
      });
      if (turn !== this.#turn) return giveBack();
      this.#giveBack = giveBack;
      this.#me = me;
      remember(LAST, me.id);
      const signaling = namedServers(location.search);
      const peer = await createPeer({
        identity: me,
        // It is this tab's turn: whoever still owns the store is frozen.
        takeStore: true,
        ...(signaling && { signaling }),
      });
      // Another tab may have taken over meanwhile.
      if (turn !== this.#turn) return await peer.close();
      this.#peer = peer;
      peer.addEventListener("server", ({ detail }) => {
        this.standing.see(detail);
        this.changed();
      });
      peer.addEventListener("statechange", () => this.changed());
      for (const status of peer.servers.values()) this.standing.see(status);
      await Promise.all((await peer.groups()).map(({ id }) => this.#reopen(peer, id)));
      if (turn === this.#turn) this.#enter({ at: "ready" });
    } catch (thrown) {
      if (turn === this.#turn) this.#fail(thrown);
    }
  }

  /** Goes on as soon as the tab that is at work has been closed. */
  async #goOnAfter(me: Identity): Promise<void> {
    const waiting = new AbortController();
    this.#waiting = waiting;
    if (!(await turnIsFree(me.id, waiting.signal))) return;
    await this.#list();
    // The other tab may have deleted it.
    if (this.#all.some(({ id }) => id === me.id)) await this.become(me);
    else await this.#becomeAnybody();
  }

  /** Becomes any identity of this browser, if there is one. */
  async #becomeAnybody(): Promise<void> {
    this.#me = undefined;
    const [next] = this.#all;
    if (next === undefined) this.#enter({ at: "new" });
    else await this.become(next);
  }

  /** Takes over from the other tab. */
  async takeOver(): Promise<void> {
    if (this.#me !== undefined) await this.become(this.#me);
  }

  async rename(name: string, look: Look): Promise<void> {
    const me = this.#me;
    if (me === undefined) return;
    keepLook(me.id, look);
    const plain = plainName(name) || me.name;
    if (plain !== me.name) {
      const renamed = await this.#kept.rename(me.id, plain);
      Object.assign(me, { name: renamed.name, card: renamed.card });
      await this.#list();
    }
    this.changed();
    await Promise.all([...this.spaces.values()].map((space) => space.introduce()));
  }

  /** Forgets the identity in use, then becomes another one if there is one. */
  async deleteMe(groups: "delete" | "keep"): Promise<void> {
    const me = this.#me;
    if (me === undefined) return;
    // Also those that could not be opened.
    const ids = (await this.#running.groups()).map(({ id }) => id);
    await this.#leave();
    try {
      await this.#kept.delete(me.id, { groups });
    } catch (thrown) {
      // All is there as before, and whoever asked for it is told.
      await this.#become(me);
      throw thrown;
    }
    await forgetIdentity(me.id, groups === "delete" ? ids : []);
    await this.#list();
    await this.#becomeAnybody();
  }

  /** The identity in use, under a password. */
  async exportMe(password: string): Promise<string> {
    return this.#kept.export(this.#me?.id ?? "", password);
  }

  /** Keeps an identity from elsewhere and becomes it. */
  async importIdentity(exported: string, password: string): Promise<void> {
    const me = await this.#kept.import(exported, password);
    await this.#list();
    await this.become(me);
  }

  /** Founds a group for one application. */
  async found(app: AppName, name: string): Promise<Space> {
    const servers = namedServers(location.search) ?? [];
    const group = await this.#running.createGroup({
      name: plainName(name) || texts.defaultNames[app],
      servers,
    });
    const space = await this.#add(group, app);
    await group.add({ type: APP_TYPE, data: { app } });
    return space;
  }

  /** Asks what the link of an invitation offers. */
  preview(invitation: string, signal: AbortSignal): Promise<InvitationPreview> {
    return this.#running.preview(invitation, { timeoutMs: JOIN_MS, signal });
  }

  /** Takes an invitation; for an open one somebody who may let people in must be there. */
  async join(
    invitation: string,
    app: AppName | undefined,
    signal?: AbortSignal | undefined,
    pairing?: JoinGroupOptions["pairing"],
  ): Promise<Space> {
    const { groupId: id } = await parseInvitation(invitation);
    const held = this.spaces.get(id);
    if (held !== undefined) {
      if (pairing !== undefined) await answerByHand(held, pairing, signal);
      return held;
    }
    const options = pairing ? { pairing, signal } : { timeoutMs: JOIN_MS, signal };
    const group = await this.#running.joinGroup(invitation, options);
    return this.spaces.get(id) ?? this.#add(group, app);
  }

  /** An invitation for one identity. */
  async inviteOne(space: Space, peer: string): Promise<string> {
    return space.group.invite({ role: "inviter", for: peer });
  }

  /** An invitation for whoever has it: the one that this page made last, while it is of use. */
  async invite(space: Space): Promise<string> {
    const { lastLink } = space;
    const open = space.invitations;
    const last = open.find(({ id }) => id === lastLink?.id);
    const isOfUse = (last?.used ?? 0) < (last?.uses ?? 0);
    if (lastLink !== undefined && isOfUse) return lastLink.text;
    const text = await space.group.invite({
      role: "inviter",
      uses: USES,
      expires: LINK_LIFETIME,
    });
    // Others may have made some meanwhile.
    const made = space.invitations.find(
      ({ id, issuer }) => issuer === space.me.id && open.every((other) => other.id !== id),
    );
    if (made !== undefined) space.lastLink = { id: made.id, text };
    return text;
  }

  /** A group in which that contact is connected now. */
  meetingPlace(peer: string): Space | undefined {
    return [...this.spaces.values()].find((space) => space.member(peer)?.present === true);
  }

  /** Calls a contact into a group; rejects if nobody is connected with it. */
  async call(space: Space, peer: string): Promise<void> {
    const meeting = this.meetingPlace(peer);
    const { app, name } = space;
    if (meeting === undefined || app === undefined) throw new PeerError("not-connected");
    const invitation = await this.inviteOne(space, peer);
    await this.calls.make({ peer, app, name, invitation, space: meeting });
  }

  /** Deletes a group from this device. */
  async leaveSpace(space: Space): Promise<void> {
    this.spaces.delete(space.id);
    space.end();
    this.changed();
    try {
      await space.group.erase();
    } catch (thrown) {
      // All of it is still there: it is shown, meets the others, and can be deleted again.
      space.group.connect().catch(() => {});
      await this.#add(space.group, space.app);
      throw thrown;
    }
    await space.forget();
  }

  /** Opens a group from a file that this identity exported. */
  async importGroup(file: Blob): Promise<Space> {
    const group = await this.#running.importGroup(file);
    return this.spaces.get(group.id) ?? (await this.#add(group, undefined));
  }

  get #kept(): Identities {
    if (this.#identities === undefined) throw new Error("identities are not open yet");
    return this.#identities;
  }

  get #running(): Peer {
    if (this.#peer === undefined) throw new Error("there is no peer yet");
    return this.#peer;
  }

  async #reopen(peer: Peer, id: string): Promise<void> {
    try {
      await this.#add(await peer.openGroup(id), undefined);
    } catch (thrown) {
      // One group that cannot be opened must not keep the others shut.
      console.warn(`group ${id}: ${reasonOf(thrown)}`);
    }
  }

  async #add(group: Group, app: AppName | undefined): Promise<Space> {
    const me = this.#me as Identity;
    const space = new Space(group, me, () => ownLook(me.id), app);
    this.spaces.set(group.id, space);
    this.changed();
    space.subscribe(() => this.changed());
    space.onMessage(CALL, (peer, data) => this.calls.hear(space, peer, textOf(data)));
    // At once, whatever the group is said to be for: it may turn out to be a newsletter.
    guardIssues(space);
    await space.start();
    this.changed();
    return space;
  }

  async #leave(): Promise<void> {
    for (const space of this.spaces.values()) space.end();
    this.spaces.clear();
    this.calls.clear();
    const peer = this.#peer;
    this.#peer = undefined;
    this.standing.clear();
    await peer?.close();
    // Another tab may be whoever this one was.
    this.#giveBack();
    this.#giveBack = () => {};
  }

  async #list(): Promise<void> {
    this.#all = await this.#kept.list();
  }

  #fail(thrown: unknown): void {
    console.error(thrown);
    this.#enter({ at: "failed", thrown });
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    this.changed();
  }
}

const textOf = (data: Uint8Array): string => new TextDecoder().decode(data);

/** Links to another member with no server between. */
async function answerByHand(
  { group }: Space,
  { offer, onAnswer }: NonNullable<JoinGroupOptions["pairing"]>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const pairing = await group.pair(offer, signal && { signal });
  onAnswer(pairing.text);
  await pairing.linked;
}
