// The identities that a person of this browser has met, with the names under which that was.
import { recall, remember } from "./memory.js";

/** With more of them, a crowd would take the place that drafts need. */
const CONTACTS_MAX = 5_000;
/** Names that come together are written together: a group has thousands. */
const GATHER_MS = 100;

/** Contacts by their ids, as this page knows them. */
const known = new Map<string, Map<string, string>>();
/** Those of them that are not written yet. */
const unwritten = new Map<string, Map<string, string>>();

const keyOf = (me: string): string => `contacts.${me}`;
const stored = (me: string): Record<string, string> => recall(keyOf(me), {});

/** The identities that somebody has as contacts, with their names. */
export function contacts(me: string): Record<string, string> {
  return { ...stored(me), ...Object.fromEntries(unwritten.get(me) ?? []) };
}

/** Keeps the name of a contact. */
export function keepContact(me: string, id: string, name: string): void {
  const all = knownOf(me);
  if (all.get(id) === name || (!all.has(id) && all.size >= CONTACTS_MAX)) return;
  all.set(id, name);
  const waiting = unwritten.get(me) ?? new Map<string, string>();
  if (waiting.size === 0) setTimeout(() => write(me), GATHER_MS);
  unwritten.set(me, waiting.set(id, name));
}

/** Forgets everybody: the identity is deleted here. */
export function forgetContacts(me: string): void {
  known.delete(me);
  unwritten.delete(me);
  remember(keyOf(me), undefined);
}

function knownOf(me: string): Map<string, string> {
  const all = known.get(me) ?? new Map(Object.entries(stored(me)));
  known.set(me, all);
  return all;
}

/** Another tab may have written others meanwhile, which stay. */
function write(me: string): void {
  if (!unwritten.has(me)) return;
  remember(keyOf(me), contacts(me));
  unwritten.delete(me);
}
