// Who is a member, and what ends of memberships take away (section 15, Ends). Places are not
// counted, since the groups of tests are far from filling them; and an end is known by its
// revocation, not by a key record that overtook it.

import { isValidAt } from "./chains.mjs";
import { hex, isEqual } from "./crypto.mjs";
import { ADMIN, INVITER } from "./group_schema.mjs";

const ALL = 1;

export class Credentials {
  /** By id: a credential with its `depth`, its `above`, and what is signed under it. */
  #known = new Map();
  /** Ends that hold: `{ id, subject, depth, scope, actions }`, the nearest to the founder first. */
  ends = [];

  /** A chain that is valid for the group is shown by a live record. */
  learn(all) {
    let above;
    for (const [at, credential] of all.entries()) {
      const id = hex(credential.id);
      if (!this.#known.has(id)) this.#known.set(id, { ...credential, depth: at + 1, above });
      above = this.#known.get(id);
    }
  }

  find(id) {
    return this.#known.get(hex(id));
  }

  all() {
    return [...this.#known.values()];
  }

  of(subject) {
    return this.all().filter((it) => isEqual(it.subject, subject));
  }

  /**
   * Finds which ends hold. A revocation is `{ id, author, credential, action, subject, adds, scope,
   * actions }`; whatever its depth is follows from shorter chains alone.
   */
  judge(revocations) {
    this.ends = [];
    const known = revocations
      .map((it) => ({ ...it, under: this.find(it.credential) }))
      .filter(({ under }) => under !== undefined)
      .sort((one, other) => one.under.depth - other.under.depth);
    for (const { under, ...it } of known) {
      const { author, subject, adds, scope, actions } = it;
      const isGiven = !isEqual(author, subject) && under.roles === ADMIN;
      if (!isGiven || !this.stands(it.action, under, true)) continue;
      if (!this.mayRevoke(under, subject)) continue;
      const id = adds ?? it.id;
      const depth = under.depth;
      const end = this.ends.find((other) => isEqual(other.id, id));
      if (end !== undefined && end.depth === depth) {
        end.scope = Math.max(end.scope, scope);
        for (const action of actions) end.actions.add(hex(action));
      } else if (adds === null) {
        this.ends.push({ id, subject, depth, scope, actions: new Set(actions.map(hex)) });
      }
    }
  }

  /** An admin is shut out by somebody nearer to the founder, others by any admin. */
  mayRevoke(under, subject) {
    return this.of(subject).every((it) => {
      const counts = it.roles === ADMIN && this.endsOf(it).length === 0 && this.standsAbove(it);
      return !counts || it.depth > under.depth;
    });
  }

  endsOf({ subject, lifts }) {
    const isOf = (end) => isEqual(end.subject, subject);
    return this.ends.filter((end) => isOf(end) && !lifts.some((id) => isEqual(id, end.id)));
  }

  /** Whether an action counts under a credential, and that under its own, up to the root key. */
  stands(action, credential, tookRights) {
    return this.#isNamed(action, credential, tookRights) && this.standsAbove(credential);
  }

  /** Whether the giving of a credential, and of those above, counts. */
  standsAbove({ id, above }) {
    return above === undefined || this.stands(id, above, true);
  }

  #isNamed(action, credential, tookRights) {
    const ends = this.endsOf(credential);
    if (ends.length === 0) return true;
    const nearest = ends.filter(({ depth }) => depth === ends[0].depth);
    if (nearest.some(({ actions }) => actions.has(hex(action)))) return true;
    return !tookRights && nearest.every(({ scope }) => scope !== ALL);
  }

  /** Whether a credential makes a member at a time; it may be one that a chain has just shown. */
  isMemberNow(credential, now) {
    return (
      isValidAt(credential, now) &&
      this.endsOf(credential).length === 0 &&
      this.standsAbove(credential)
    );
  }

  /** The credential under which somebody acts now, if it is a member. */
  best(subject, now) {
    const [best] = this.of(subject)
      .filter((it) => this.isMemberNow(it, now))
      .sort(
        (one, other) =>
          other.roles - one.roles ||
          one.depth - other.depth ||
          compare(other.notAfter, one.notAfter) ||
          compare(BigInt(other.serial), BigInt(one.serial)) ||
          Buffer.compare(other.id, one.id),
      );
    return best;
  }

  /** The chain that ends with a known credential. */
  chainOf(credential) {
    const above = credential.above === undefined ? [] : this.chainOf(credential.above);
    return [...above, credential.fields];
  }
}

const compare = (one, other) => (one < other ? -1 : Number(one > other));

export const mayLetIn = ({ roles }) => roles === INVITER || roles === ADMIN;
