import type { ComponentType } from "preact";
import type { AppName } from "./shared/apps.js";
import type { Home } from "./shared/home.js";
import { recall } from "./shared/memory.js";
import { routeOf } from "./shared/route.js";
import type { Space } from "./shared/space.js";

/** What an application is given. */
export interface AppProps {
  readonly home: Home;
  readonly space: Space;
}

/** The code of an application. */
export interface App {
  readonly View: ComponentType<AppProps>;
  /** Begins to read what will be shown. */
  readonly prepare: (space: Space) => void;
  /** Does what a group needs also while nobody looks at it; calls after the first do nothing. */
  readonly attend?: (space: Space) => void;
}

const APPS: Readonly<Record<AppName, () => Promise<App>>> = {
  board: () => import("./board/index.js"),
  chat: () => import("./chat/index.js"),
  letter: () => import("./letter/index.js"),
};
const loaded = new Map<AppName, App>();

/** Loads an application; rejects if its code cannot be had. */
export async function loadApp(name: AppName): Promise<App> {
  const app = loaded.get(name) ?? (await APPS[name]());
  loaded.set(name, app);
  return app;
}

/** An application that is here already. */
export function loadedApp(name: AppName | undefined): App | undefined {
  return name && loaded.get(name);
}

/** Loads what the address asks for while everything else begins, and has it read its group. */
export function hurry(home: Home): void {
  const route = routeOf(location.hash);
  if (route.at !== "space") return;
  const name = recall<AppName | undefined>(`app.${route.id}`, undefined);
  if (name === undefined) return;
  const failed = (): void => {};
  const app = loadApp(name);
  app.catch(failed);
  const end = home.subscribe(() => {
    const space = home.spaces.get(route.id);
    if (space === undefined) return;
    end();
    app.then(({ prepare }) => prepare(space)).catch(failed);
  });
}

/** Loads all that is left, so that a server that goes away does not matter to an open page. */
export async function loadAll(): Promise<void> {
  const names = Object.keys(APPS) as AppName[];
  await Promise.all([
    ...names.map(loadApp),
    import("./inspector/inspector.js"),
    import("qrcode-generator"),
    import("jsqr"),
  ]);
}

/** Has each application attend to its groups from now on, whether or not somebody looks at them. */
export function attendAll(home: Home): void {
  const attend = (): void => {
    for (const space of home.spaces.values()) loadedApp(space.app)?.attend?.(space);
  };
  attend();
  home.subscribe(attend);
}
