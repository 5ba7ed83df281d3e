/** The applications; the names stand in links and records. */
export const APPS = ["board", "chat", "letter"] as const;

export type AppName = (typeof APPS)[number];

export function isApp(name: unknown): name is AppName {
  return APPS.some((app) => app === name);
}

/** The record that says which application a group is for. */
export const APP_TYPE = "app";

/** Of each application, the records that count as news. */
export const NEWS: Readonly<Record<AppName, readonly string[]>> = {
  board: ["board.item"],
  chat: ["chat.line", "chat.file"],
  letter: ["letter.issue"],
};
