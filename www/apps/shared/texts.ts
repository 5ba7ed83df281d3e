/** Every word that a person sees on these pages; the HTML files name them by their keys. */
export const texts = {
  language: "en",
  /** What the HTML files ask for with `data-text` and the like. */
  page: {
    name: "Lacis",
    description: "Talk directly, from browser to browser.",
    lead:
      "Talk and share files directly, from browser to browser. The server only introduces you to " +
      "each other: what you say never passes through it.",
    startRoom: "Start a chat room",
    paste: "Or open an invitation",
    pasteHere: "Paste the link here",
    pasteOpen: "Open",
    apps: "What you can do here",
    chat: "Chat room",
    chatTitle: "Chat room - Lacis",
    chatLead: "Messages and files of any size, between up to twelve people. No account.",
    fatal: "This does not work",
    toStart: "Go to the start page",
    home: "Start page",
    people: "Who is here",
    yourName: "Your name",
    invite: "Invite somebody",
    inviteLead: "Whoever has this link can join. Open it on another device or send it.",
    qr: "The link as a QR code",
    link: "Invitation link",
    share: "Share",
    messages: "Messages",
    attach: "Send a file",
    files: "Files to send",
    message: "Message",
    write: "Write a message",
    send: "Send",
  },
  broken: "Something went wrong that should not have. Reload the page.",
  connecting: "Connecting to the server...",
  open: "Connected. New people can join.",
  unreachable: "Cannot reach the server.",
  /** Why a server that was reached does not let this page in, by code. */
  refusals: {
    "signaling-refused": "The server refused this page.",
    "server-full": "The server is full.",
    "rate-limited": "The server had too many requests from here.",
    "too-many-rooms": "This page has more rooms open than the server allows.",
    "node-taken": "The server takes this tab for another one.",
    "version-mismatch": "The server runs another version than this page.",
  },
  offline: (reason: string, seconds: number): string =>
    `${reason} Links that exist keep working.${
      seconds > 0 ? ` Trying again in ${seconds} s.` : " Trying again now."
    }`,
  refused: (reason: string): string =>
    `${reason} Nobody new can join. Reload the page in a minute to try again.`,
  left: "You have left this room.",
  alone: "Nobody else is here yet. Send them the link.",
  guest: (id: string): string => `Guest ${id.slice(0, 4)}`,
  states: {
    connecting: "connecting",
    direct: "direct",
    relayed: "through a relay",
    recovering: "reconnecting",
    left: "gone",
  },
  roundTrip: (ms: number): string => `${Math.max(1, Math.round(ms))} ms`,
  joined: (name: string): string => `${name} is here.`,
  gone: (name: string, code: string): string =>
    code === "left" ? `${name} has left.` : `${name} is gone: the connection was lost.`,
  notReached: (reason: string): string => `Somebody could not be reached. ${reason}`,
  dropped: (max: number): string =>
    `Older lines are gone: this page keeps the newest ${max.toLocaleString("en")}.`,
  sending: "sending",
  delivered: (count: number, of: number): string =>
    of === 1 ? "delivered" : `delivered to ${count} of ${of}`,
  failed: (count: number, of: number, reason: string): string =>
    `${count > 0 ? `delivered to ${count} of ${of}. ` : "not delivered. "}${reason}`,
  again: (count: number): string => (count > 0 ? "Send again to the rest" : "Send again"),
  memberLeft: "This person has left the room.",
  tooLong: "This is too long for one message. Send it as a file.",
  offered: (name: string): string => `${name} wants to send you a file`,
  waiting: (name: string): string => `waiting for ${name} to accept`,
  percent: (part: number): string => `${Math.floor(100 * part)} %`,
  sent: (name: string): string => `${name} has it`,
  accept: "Accept",
  decline: "Decline",
  cancel: "Cancel",
  save: "Save",
  declined: "declined",
  received: "received",
  copied: "Copied",
  copy: "Copy link",
  friends: ["Robin", "Sasha", "Charlie", "Camille", "Noa", "Alix", "Sam", "Lou"],
  invitation: "Join me on Lacis",
  noLink: "This address lacks its invitation: nothing stands behind the #.",
  unknownSize: "unknown size",
  units: ["bytes", "KB", "MB", "GB", "TB"],
} as const;

/** A size as people write it. */
export function readableSize(bytes: number | undefined): string {
  if (bytes === undefined) return texts.unknownSize;
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < texts.units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${texts.units[unit]}`;
}
