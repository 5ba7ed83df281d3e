import { dateWords } from "../dates.js";

const digits = (count: number): string => count.toLocaleString("en");
const many = (count: number, one: string, more: string): string =>
  `${digits(count)} ${count === 1 ? one : more}`;

/** How far apart two clocks are, in the largest unit of which there are two. */
function span(ms: number): string {
  const minutes = Math.round(Math.abs(ms) / 60_000);
  if (minutes < 120) return many(Math.max(minutes, 1), "minute", "minutes");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? many(hours, "hour", "hours") : many(Math.round(hours / 24), "day", "days");
}

const dayFormat = new Intl.DateTimeFormat("en", { dateStyle: "full" });
const clockFormat = new Intl.DateTimeFormat("en", { timeStyle: "short" });
const BEYOND = "a time beyond any calendar";
const momentFormat = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const moment = (at: Date): string => dateWords(at, momentFormat, BEYOND);

/** Every word that a person sees on these pages, in English. The other languages follow it. */
export const en = {
  language: "en",
  name: "Lacis",

  // In general.
  notAServer: (url: string): string =>
    `The server in this address must begin with ws:// or wss://, but it is "${url}".`,
  broken: "Something went wrong that should not have. Reload the page.",
  cancel: "Cancel",
  close: "Close",
  copied: "Copied",
  copy: "Copy",
  copyByHand: "Press Ctrl+C to copy",
  create: "Create",
  decline: "Decline",
  delete: "Delete",
  edit: "Edit",
  open: "Open",
  rename: "Rename",
  save: "Save",
  saved: "Saved",
  search: "Search",
  share: "Share",
  toStart: "Start page",
  tryAgain: "Try again",
  units: ["bytes", "KB", "MB", "GB", "TB"],
  day: (at: Date): string => dateWords(at, dayFormat, BEYOND),
  clock: (at: Date): string => dateWords(at, clockFormat, BEYOND),

  // How these pages stand.
  starting: "One moment...",
  fatal: "This does not work",
  reload: "Reload",
  notLoaded: "A part of this page could not be loaded. Check your connection, then reload.",
  /** What can be done about it, by code. */
  fatalHelp: {
    "store-unavailable": "A private window often forbids it. Open this page in a normal window.",
    "unsupported-platform": "Open this page in a newer Firefox, Chrome, Edge or Safari.",
    "webrtc-blocked": "Switch the extension off for this page, or open it in another browser.",
    "wasm-failed": "Check your connection to the Internet.",
  } as Readonly<Record<string, string>>,
  elsewhere: "Lacis is open in another tab",
  elsewhereLead:
    "One tab at a time can work for you. When the other one is closed, this one goes on by itself.",
  useHere: "Use it here",
  noGroup: "This group is not on this device",
  noGroupLead: "You may have left it. With an invitation you can join it again.",
  waitingForApp: "Waiting for a member who can say what this group is for...",
  connections: "Connections",
  connecting: "Connecting to the server...",
  slowServer: "The server has not answered yet. It goes on trying.",
  online: "Connected",
  unreachable: "Cannot reach the server.",
  /** Why a server that was reached does not let this page in, by code. */
  refusals: {
    "signaling-refused": "The server refused this page.",
    "server-full": "The server is full.",
    "rate-limited": "The server had too many requests from here.",
    "too-many-rooms": "This page has more groups open than the server allows.",
    "node-taken": "The server takes this tab for another one.",
    "version-mismatch": "The server runs another version than this page.",
  },
  offline: (reason: string, seconds: number): string =>
    `${reason} Links that exist keep working.${
      seconds > 0 ? ` Trying again in ${seconds} s.` : " Trying again now."
    }`,
  offlineShort: (reason: string, seconds: number): string =>
    `${reason}${seconds > 0 ? ` Trying again in ${seconds} s.` : " Trying again now."}`,
  offlineKept: "What you do here is kept, and reaches the others later.",
  refused: (reason: string): string =>
    `${reason} Nobody new can be met. Reload the page in a minute to try again.`,
  left: "You have left.",
  ended: "This page was put aside and has ended. Reload it: what you have typed is kept.",
  memberLeft: "This person is not here any more.",
  /** What codes mean in this language; the package has English sentences for all of them. */
  reasons: {
    "store-failed": "This browser could not keep this. The disk of this device may be full.",
  } as Readonly<Record<string, string>>,

  // What fails inside these pages.
  failure: "Something went wrong",
  failureLead: "What you have typed is kept on this device.",
  failureShow: "What happened",
  report: "Report for whoever looks after this page",
  reportLead: "Nothing is sent. Read it, then copy it, and give it to whom you like.",
  reportCopy: "Copy the report",

  // The first visit.
  welcome:
    "Draw, talk and publish together, directly from browser to browser. No account, no server " +
    "that knows what you say.",
  welcomeInvited: "You have been invited. Say who you are, then have a look.",
  yourName: "Your name",
  nameHelp: "Others in your groups see it. You can change it at any time.",
  nameMissing: "A name is needed, any name.",
  begin: "Begin",
  haveIdentity: "I have an identity on another device",
  newName: "New identity",

  // Who I am.
  you: "You",
  profile: "(you: name, picture, card)",
  me: (name: string): string => `${name} (you)`,
  guest: (id: string): string => `Guest ${id.slice(0, 4)}`,
  colour: "Colour",
  colours: ["red", "brown", "green", "teal", "blue", "indigo", "purple", "pink"],
  picture: "Choose a picture",
  noPicture: "Without picture",
  card: "Your identity card",
  cardLead: "Whoever has it can invite you, and nobody else could use that invitation.",
  cardQr: "Your identity card as a QR code",
  backup: "Identity under a password",
  backupLead: "With this text and the password you are yourself on any device. Keep both well.",
  password: "Password",
  passwordShort: (min: number): string => `A password needs at least ${min} characters.`,
  otherIdentities: "Other identities",
  become: (name: string): string => `Become ${name}`,
  newIdentity: "New identity",
  importIdentity: "Import an identity",
  deleteIdentity: "Delete this identity",
  deleteIdentityLead:
    "It and all its groups are deleted from this device. Without a saved copy nobody can ever be " +
    "this identity again.",

  // Groups.
  groups: "Your groups",
  noGroups: "None yet. Create one, or open an invitation.",
  newGroup: "Something new",
  apps: { board: "Whiteboard", chat: "Chat", letter: "Newsletter" },
  appLeads: {
    board: "Draw and plan together",
    chat: "Talk, share files",
    letter: "Publish to readers who pass it on",
  },
  defaultNames: { board: "Our board", chat: "Our chat", letter: "My newsletter" },
  groupName: "Name",
  unread: (count: number): string => `${many(count, "new entry", "new entries")}`,
  present: (count: number, of: number): string =>
    count >= of ? `${many(count, "other", "others")} here` : `${count} of ${of} others here`,
  presentNobody: "Nobody else is here now. What you do reaches them when they come.",
  presentOffline: "Nobody else is here: there is no server.",
  alone: "Only you so far. Invite somebody.",
  revokedShort: "You are no longer a member",
  details: "People and settings",
  people: "People",
  states: { here: "here", away: "away", gone: "not here" },
  admin: "admin",
  keeper: "a keeper, which stores and cannot read",
  groupId: (id: string): string => `Group ${id}`,
  removeMember: "Remove",
  removeName: (name: string): string => `Remove ${name}`,
  removeLead: (name: string): string =>
    `${name} keeps what is there, but can neither read nor write anything new.`,
  removeUndo: "Undo everything that this person did here",
  removeKeep: "Keep the invitations open that this person made or came by",
  servers: "Where this group meets",
  serversOfPage: "No server is named: everybody meets at the one that their page came from.",
  changeServers: "Change the servers",
  serversLead:
    "Members find each other at these servers. Whoever is here follows a change within half a " +
    "minute, and invitations made from now on name the new servers.",
  serversBefore:
    "For 90 days everybody stays at the servers of before, too: for members who are away, and " +
    "for older invitations. Whoever comes back later needs a new invitation.",
  serversSaved: "Changed. Everybody who is here follows within half a minute.",
  serversOvertaken:
    "Somebody else has changed the servers meanwhile. What you save takes the place of that.",
  serverNumber: (number: number): string => `Server ${number}`,
  addServer: "Add a server",
  serversMost: (max: number): string => `A group meets at ${max} servers at most.`,
  serverFlaws: {
    "none-named": "Name at least one server.",
    "no-address": "This is no address of a server. One looks like this: wss://example.org/ws",
    "not-secure":
      "This must begin with wss://, so that nobody on the way can read along. Only a server on " +
      "this very device may begin with ws://.",
    "not-plain": "An address must have no name, no password, no # and no backslash in it.",
    "too-long": "This address is too long.",
    twice: "This server is named twice.",
  },
  serverStates: { open: "connected", dialing: "connecting...", none: "not connected yet" },
  serverAgain: "It is tried again.",
  clockDiffers: (aheadMs: number): string =>
    `The clock of this device is ${span(aheadMs)} ${aheadMs > 0 ? "behind" : "ahead of"} ` +
    "the others. They may not take what you write until it is set right.",
  keyOld:
    "Whoever was removed may still read what is written here, until an admin is connected again.",
  setAside: (name: string, count: number): string =>
    `${many(count, "entry", "entries")} of ${name} from before the removal came late ` +
    "and is not shown.",
  letStand: "Let it stand",
  exportGroup: "Save as a file",
  importGroup: "Open a saved group",
  leave: "Leave",
  leaveLead: (name: string): string =>
    `"${name}" is deleted from this device. Others keep it, and can invite you again.`,
  unsaved: (reason: string): string => `Not stored yet: ${reason} It is tried again.`,
  refusedByOthers: (reason: string): string => `The others do not let you in: ${reason}`,
  revokedHere: "Your membership was taken back. You can read what is here.",
  mayNotWrite: "You may read here, but not write.",

  // Invitations.
  invite: "Invite somebody",
  inviteLead: "Whoever has this link can join. Send it, or let it be scanned. It says your name.",
  openInvitations: "Links that still let people in",
  usedOf: (used: number, uses: number): string =>
    `${used.toLocaleString("en")} of ${many(uses, "use", "uses")}`,
  madeByYou: "Made by you.",
  madeBy: (name: string): string => `Made by ${name}.`,
  endInvitation: "End",
  inviteKnown: "People who are here",
  inviteByCard: "For one person only",
  theirCard: "That person's identity card",
  makeLink: "Make a link for this person",
  link: "Invitation link",
  qr: "The link as a QR code",
  call: "Invite",
  callName: (name: string): string => `Invite ${name}`,
  calling: (name: string): string => `Inviting ${name}`,
  called: (name: string): string => `${name} invites you`,
  calls: "Invitations to you",
  lookAtCall: "Have a look",
  callStates: {
    open: (name: string): string => `Waiting for ${name} to answer...`,
    accepted: (name: string): string => `${name} is having a look.`,
    declined: (name: string): string => `${name} would rather not.`,
    cancelled: (name: string): string => `${name} has taken the invitation back.`,
    expired: (): string => "Nobody answered in time.",
  },
  byHand: "Without a server",
  byHandLead:
    "One text goes to the other person and one comes back: scanned, or sent in any way you like.",
  byHandBegin: "Begin",
  byHandGive: "1. Give this to the other person",
  byHandTake: "2. Enter what comes back",
  byHandConnect: "Connect",
  byHandDone: "You are connected.",
  byHandBack: "Give this back to whoever invited you",
  byHandWaiting: "Keep this page open until it has been entered there.",
  joinOne: "Join by invitation",
  pasteHere: "Paste the link here",
  scan: "Scan a QR code",
  camera: "What the camera sees",
  noCamera: "There is no camera here, or this page may not use it.",
  badInvitation: "This invitation cannot be used",
  badInvitationHelp:
    "Ask whoever sent it to send it again, whole, or to make a new link. You can also paste it " +
    "here.",
  joinTitle: (name: string): string => `Join "${name}"`,
  joinApp: {
    board: (name: string): string => `Draw with others on "${name}"`,
    chat: (name: string): string => `Talk with others in "${name}"`,
    letter: (name: string): string => `Read the newsletter "${name}"`,
  },
  joinLink: "Join a group",
  joinLinkApp: {
    board: "Draw with others on a whiteboard",
    chat: "Talk with others in a chat",
    letter: "Read a newsletter",
  },
  invitedBy: (name: string): string => `Invited by ${name}.`,
  /** A link may say what it likes. */
  linkSaysFrom: (name: string): string => `The link says that it comes from "${name}".`,
  notMetYet: (id: string): string =>
    `You have not met here yet, so nobody has checked that (${id.slice(0, 8)}).`,
  invitedByStranger: (id: string): string =>
    `Invited by somebody you have not met here yet (${id.slice(0, 8)}).`,
  openInvitation: "Somebody who may let you in must have Lacis open.",
  until: (at: Date): string => `Valid until ${moment(at)}.`,
  memberUntil: (at: Date): string => `Whoever joins now is a member until ${moment(at)}.`,
  usesLeft: (left: number): string => `Of use to ${many(left, "more person", "more people")}.`,
  looking: "Asking what this invitation offers...",
  joinAs: (name: string): string => `You join as ${name}.`,
  join: "Join",
  joining: "Looking for somebody who lets you in...",
  joiningLong:
    "Nobody who can let you in is here right now. Leave this page open: you go in as soon as " +
    "somebody is.",
  lookingLong:
    "Nobody who can say more is here right now. Press Join and leave this page open: you go in " +
    "as soon as somebody is.",
  tellInviter: (name: string): string =>
    `You can ask ${name === "" ? "whoever invited you" : name} to open Lacis.`,
  joinByHand: (name: string): string =>
    `This page goes on trying. ${name === "" ? "Whoever invited you" : name} can also let you in ` +
    `without a server, under "Invite somebody".`,
  joinMoved: (name: string): string =>
    "The group may meet at another server by now: then you need a new link from " +
    `${name === "" ? "whoever invited you" : name}.`,

  // This device.
  device: "On this device",
  used: (used: string, all: string): string => `${used} of ${all} used`,
  kept: "The browser keeps this until you delete it.",
  mayBeEvicted: "The browser may delete this when space is short.",
  pagesKept: "These pages open without a network.",
  pagesComing: "These pages are being kept for times without a network.",
  keep: "Keep it safe",
  notKept: "The browser did not agree. Installing this page as an app usually helps.",

  // The chat.
  messages: "Messages",
  message: "Message",
  write: "Write a message",
  send: "Send",
  attach: "Send a file",
  to: "To",
  everybody: "everybody",
  onlyTo: (name: string): string => `only ${name}`,
  whisperTo: (name: string): string => `Only ${name} reads this`,
  whispered: "only to you",
  whisperedTo: (name: string): string => `only to ${name}`,
  reply: "Reply",
  replying: (name: string): string => `Replying to ${name}:`,
  editing: "Editing:",
  edited: "edited",
  lineTooLong: (length: number, max: number): string =>
    `This is too long for one message: ${digits(length)} characters, at most ` +
    `${digits(max)}. Send it as a file or in parts.`,
  editedBy: (name: string): string => `edited by ${name}`,
  editedGone: "The message that you were changing was deleted. This will be a new one.",
  draftNotKept: "This browser cannot keep what you type: do not close this page before it is sent.",
  fileWithoutName: "file",
  addingFile: (name: string): string => `Adding "${name}"...`,
  fileTooLarge: (size: string, max: string): string =>
    `Too large: this file has ${size}, and ${max} is the most that can be sent here.`,
  quoteGone: "What this replies to is not here.",
  deleteLine: "Delete this message?",
  deleteLineLead:
    "It disappears for everybody in this group, for whoever is away as soon as they come back. " +
    "What somebody has copied stays with them.",
  deleteFileLead: (name: string): string =>
    `"${name}" disappears for everybody in this group, for whoever is away as soon as they come ` +
    "back. Whoever has saved it on their device keeps that copy.",
  storing: "storing",
  stored: "kept here, nobody has it yet",
  delivered: (count: number, of: number): string =>
    of === 1 ? "delivered" : `delivered to ${count} of ${of}`,
  earlier: (count: number): string => `Show earlier messages (${count})`,
  noLines: "Nothing has been said yet.",
  noLinesAlone: "Nothing has been said yet. Whom you invite reads what you write here, later too.",
  newLines: "New",
  found: (count: number): string => many(count, "message", "messages"),
  typing: (names: readonly string[]): string =>
    names.length === 1 ? `${names[0]} is typing...` : `${names.join(", ")} are typing...`,
  notify: "Notifications",
  previewOf: (name: string): string => `Preview of ${name}`,

  // The board.
  tools: "Tools",
  toolNames: {
    select: "Select and move",
    pen: "Pen",
    line: "Line",
    arrow: "Arrow",
    rect: "Rectangle",
    ellipse: "Ellipse",
    text: "Text",
    hand: "Move the view",
  },
  inks: ["black", "red", "orange", "green", "blue", "purple"],
  widths: ["thin", "medium", "thick"],
  steps: { undo: "Undo", redo: "Redo", trash: "Delete selection" },
  notAPicture: "This file is no picture that this browser can read.",
  pictureTooRich: (edge: number): string =>
    `This picture has too much in it: it would not fit even with ${digits(edge)} pixels.`,
  pictureReduced: (edge: number, before: number): string =>
    `The picture was made smaller: ${digits(edge)} of ${digits(before)} ` +
    "pixels of its longer side are kept.",
  addImage: "Add a picture",
  addingPicture: "Adding the picture...",
  tooManyPictures: (max: number): string => `At most ${max} pictures at a time.`,
  nothingLeft: "Others have worked on this since: it stays as it is.",
  zoomIn: "Zoom in",
  zoomOut: "Zoom out",
  fit: "Show everything",
  exportBoard: "Save as a picture",
  textOnBoard: "Text on the board",
  emptyBoard: "Draw something. Everybody here sees it at once.",
  boardWith: (count: number): string => `The board, with ${many(count, "thing", "things")} on it`,

  // The newsletter.
  issues: "Issues",
  noIssues: "No issue has arrived yet. It comes by itself when somebody is here who has it.",
  nothingPublished: "Nothing is published yet.",
  nothingPublishedLead:
    "Write an issue, publish it, and invite your readers. They pass it on to each other, also " +
    "when you are not here.",
  writeFirst: "Write the first issue",
  writeIssue: "Write an issue",
  goOnWriting: "Go on writing",
  draft: "Draft",
  noTitle: "Without a title",
  writing: "Write",
  formatting: "How it looks",
  marks: {
    bold: "Bold (Ctrl+B)",
    italic: "Italic (Ctrl+I)",
    heading: "Heading",
    list: "List",
    quote: "Quotation",
    link: "Link (Ctrl+K)",
  },
  previewEmpty: "What you write appears here as your readers will see it.",
  words: (count: number): string => many(count, "word", "words"),
  readers: (count: number, here: number): string =>
    `${many(count, "reader", "readers")}, ${here === 0 ? "none" : digits(here)} here now.`,
  readersNone: "No readers yet.",
  publishLead: (count: number): string =>
    count === 0
      ? "Nobody reads this yet. Whoever you invite later gets it, too."
      : "Readers who are not here get it when they come.",
  publishedNote: (here: number): string =>
    here > 0
      ? "Published. Readers who are here have it in a moment, the others when they come."
      : "Published and kept here. Your readers get it as soon as they come.",
  correctedNote: "Corrected. Readers get this in place of what they have.",
  withdrawnNote: "Withdrawn.",
  title: "Title",
  markdown: "Text",
  preview: "Preview",
  publish: "Publish",
  correct: "Correct",
  withdraw: "Withdraw",
  withdrawLead: (title: string): string =>
    `"${title}" and its pictures disappear for all readers, for whoever is away as soon as they ` +
    "come back. What somebody has copied stays with them.",
  discardDraft: "Throw the draft away",
  discardDraftLead: "What you have written here is lost.",
  correctedMeanwhile: "Replace a newer correction?",
  correctedMeanwhileLead: (name: string): string =>
    `${name} has corrected this issue while you were writing. Your text would take its place.`,
  issueGone: "This issue was withdrawn. What you publish here becomes a new one.",
  draftKept: "The draft is kept on this device.",
  flaws: {
    "no-title": "An issue needs a title.",
    "no-text": "There is nothing to read yet.",
    "too-long": "This is too long for one issue.",
  },
  signedBy: (name: string, key: string, at: Date): string =>
    ` Signed by ${name} (${key}), ${moment(at)}`,
  correctedOn: (at: Date): string => `Corrected ${moment(at)}`,
  cameFrom: (name: string): string => `Came to you from ${name}`,
  ownIssue: "Kept on this device",
};

/** What each language has. */
export type Texts = typeof en;
