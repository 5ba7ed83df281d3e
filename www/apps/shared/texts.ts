/** Every text that code puts on a page. */
export const texts = {
  broken: "Something went wrong that should not have. Reload the page.",
  connecting: "Connecting to the server...",
  open: "Connected. New people can join.",
  offline: (seconds: number): string =>
    `Cannot reach the server. Links that exist keep working.${
      seconds > 0 ? ` Trying again in ${seconds} s.` : " Trying again now."
    }`,
  left: "You have left this room.",
  alone: "Nobody else is here yet. Send them the link.",
  you: "you",
  states: {
    connecting: "connecting",
    direct: "direct",
    relayed: "through a relay",
    recovering: "reconnecting",
    left: "gone",
  },
  joined: (name: string): string => `${name} is here.`,
  gone: (name: string, code: string): string =>
    code === "left" ? `${name} has left.` : `${name} is gone: the connection was lost.`,
  notReached: (reason: string): string => `Somebody could not be reached. ${reason}`,
  sending: "sending",
  nobody: "nobody is here to read this",
  delivered: (count: number, of: number): string =>
    of === 1 ? "delivered" : `delivered to ${count} of ${of}`,
  failed: (count: number, of: number, reason: string): string =>
    `${count > 0 ? `delivered to ${count} of ${of}. ` : "not delivered. "}${reason}`,
  tooLong: "This is too long for one message. Send it as a file.",
  offered: (name: string): string => `${name} wants to send you a file`,
  waiting: (name: string): string => `waiting for ${name} to accept`,
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
} as const;

/** A size as people write it. */
export function readableSize(bytes: number | undefined): string {
  if (bytes === undefined) return "unknown size";
  const units = ["bytes", "KB", "MB", "GB", "TB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}
