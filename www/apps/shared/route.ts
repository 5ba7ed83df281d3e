import { useLayoutEffect, useState } from "preact/hooks";
import { type AppName, isApp } from "./apps.js";

/** Where in the pages somebody is; it stands behind the # of the address. */
export type Route =
  | { readonly at: "start" }
  | { readonly at: "space"; readonly id: string }
  | {
      readonly at: "join";
      readonly app: AppName | undefined;
      readonly invitation: string;
      /** The first text of a pairing by hand, where no server is. */
      readonly offer?: string;
    };

export function routeOf(hash: string): Route {
  const [first = "", second = "", third = "", offer = ""] = hash.replace(/^#?\/?/, "").split("/");
  if (first === "g" && second !== "") return { at: "space", id: second };
  if (first === "join") {
    const app = isApp(second) ? second : undefined;
    const invitation = third || (app === undefined ? second : "");
    return { at: "join", app, invitation, ...(offer !== "" && { offer }) };
  }
  // An invitation that was put behind a # by hand.
  if (first !== "") return { at: "join", app: undefined, invitation: first };
  return { at: "start" };
}

export function hashOf(route: Route): string {
  switch (route.at) {
    case "start":
      return "#/";
    case "space":
      return `#/g/${route.id}`;
    case "join":
      return joined("#/join", route.app, route.invitation, route.offer);
  }
}

function joined(...parts: (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join("/");
}

/** Goes there; `replace` leaves no step back to here. */
export function go(route: Route, { replace = false } = {}): void {
  const hash = hashOf(route);
  if (location.hash === hash) return;
  if (!replace) location.hash = hash;
  else {
    history.replaceState(null, "", hash);
    dispatchEvent(new HashChangeEvent("hashchange"));
  }
}

/** The route of the address, as it changes. */
export function useRoute(): Route {
  const [hash, setHash] = useState(location.hash);
  useLayoutEffect(() => {
    const follow = (): void => setHash(location.hash);
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  return routeOf(hash);
}

/** An invitation as people send it: opening it leads to the right application. */
export function linkOf(app: AppName, invitation: string, offer?: string | undefined): string {
  const page = new URL(location.href);
  page.hash = hashOf({ at: "join", app, invitation, ...(offer !== undefined && { offer }) });
  return page.href;
}

/** What somebody pasted or scanned: a link of any host, or the invitation alone. */
export function readLink(text: string): Route {
  const trimmed = text.trim();
  return routeOf(trimmed.slice(trimmed.lastIndexOf("#") + 1));
}
