import type { FindingCode, RemoteDiagnosis, SyncState } from "lacis";

const many = (count: number, one: string, more: string): string =>
  `${count.toLocaleString("en")} ${count === 1 ? one : more}`;

/** The words of the inspector, in English. The other languages follow it. */
export const en = {
  language: "en",
  title: "Connections",
  lead: "What this page sees of the others, right now.",
  picture: "The mesh, as this page sees it",
  you: "you",
  /** What the picture says, for whoever cannot see it. */
  pictureSays: (linked: number, known: number): string =>
    known === 0 ? "Nobody else is known here." : `Linked to ${linked} of ${known} others.`,
  more: (count: number): string => `and ${many(count, "other", "others")}`,
  nobody: "Nobody else is known here yet.",
  ms: (ms: number): string => `${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`,
  relay: "relay",
  legend: {
    eager: "what is new goes here at once",
    lazy: "only its name: it comes by another link first",
    broken: "broken, being repaired",
    far: "known, not linked",
  },
  room: "Shown",
  roomName: (fingerprint: string): string => `Room ${fingerprint}`,
  groupName: (id: string): string => `Group ${id.slice(0, 6)}`,

  findings: "What is wrong, or worth knowing",
  fine: "Nothing is wrong.",
  kinds: { problem: "Problem", note: "Note" },
  /** What the package says in English, by its codes; other codes have reasons of their own. */
  found: {
    offline: () => "No server is reached. Links that exist keep working; nobody new is found.",
    "no-server": () => "No server is named: others can only be linked by hand.",
    connecting: () => "No server has answered yet.",
    relayed: () => "Through a relay (TURN) or another page, which passes on what it cannot read.",
    indirect: (count: number) =>
      `${many(count, "page is", "pages are")} not linked, because the room is large: others pass ` +
      "on what is told to all.",
    alone: () => "No other member is linked, so it is not known what is missing here.",
    missing: (count: number) => `${many(count, "record is", "records are")} still on the way here.`,
    "set-aside": (count: number) =>
      `${many(count, "version", "versions")} of somebody who was shut out: an admin decides.`,
  } as Readonly<Partial<Record<FindingCode, (value: number) => string>>>,
  foundAbout: (names: readonly string[], words: string): string => `${names.join(", ")}: ${words}`,
  again: (seconds: number): string =>
    seconds > 0 ? `Trying again in ${seconds} s.` : "Trying again now.",

  people: "Others",
  person: "Who",
  path: "Way",
  trip: "Round trip",
  holds: "Missing",
  indirect: (count: number): string => `${many(count, "page", "pages")} more, through these.`,
  states: {
    connecting: "being linked",
    direct: "direct",
    relayed: "through a relay",
    recovering: "broken, being repaired",
    indirect: "through others",
    left: "gone",
  } as Readonly<Record<RemoteDiagnosis["state"], string>>,
  /** Over what a link goes that no relay is on: whether a router changes addresses between. */
  own: "by their own addresses",
  routers: "through routers",
  routes: { mesh: "set up by members", manual: "set up by hand" },
  failed: (count: number, reason: string): string =>
    `${count === 1 ? "Failed once" : `Failed ${count} times`}: ${reason}`,
  missingHere: (count: number): string => `${count} here`,
  missingThere: (count: number): string => `${count} there`,
  comparing: "comparing",
  allEqual: "nothing",
  unknown: "-",

  group: "Records",
  sync: {
    alone: "Nobody is here to compare with",
    syncing: "Comparing and fetching",
    synced: "All that the others hold is here",
  } as Readonly<Record<SyncState["state"], string>>,
  records: "Records here",
  missing: "Known to be missing",
  members: "Members",
  membersHere: (here: number, all: number): string =>
    all === 1 ? "only you" : `${all}, ${here === 1 ? "1 other is" : `${here} others are`} here`,
  clock: "Clock",
  clockRight: "right",
  clockAdded: (ms: number): string => `${ms > 0 ? "+" : ""}${Math.round(ms)} ms for the group`,
  clockWrong: (seconds: number): string =>
    `${Math.abs(seconds)} s ${seconds > 0 ? "behind" : "ahead of"} the members`,
  store: "Kept on this device",
  storeWorks: "yes",

  servers: "Servers",
  serverStates: {
    dialing: "being called",
    open: "connected",
    waiting: "waiting",
    closed: "closed",
  },
  noServers: "None.",

  copy: "Copy all of it as text",
  copyLead: "Ids, addresses of servers and numbers: no names, no links, no keys, nothing written.",
  copied: "Copied",
  copyByHand: "Press Ctrl+C to copy",
  json: "All of it as text",

  // The page of its own.
  name: "Lacis inspector",
  ownLead:
    "See who is linked with whom in a room, how long messages take, and what is wrong. This page " +
    "joins the room as one more page and shows what it sees from there.",
  link: "Link of a room",
  look: "Join and look",
  joining: "Joining...",
  stop: "Leave the room",
  ofGroup:
    "This is an invitation to a group. A group shows itself to its members alone, and looking " +
    "must not use up an invitation. Open the group, then its details, then Connections.",
  toApps: "Open the groups of this browser",
  groupsLead:
    "Groups are looked at from inside: open one, then its details, then Connections. Your own " +
    "application gets the same from peer.diagnose().",
};

/** What each language has. */
export type Words = typeof en;
