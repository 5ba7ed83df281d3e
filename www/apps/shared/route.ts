import { useLayoutEffect, useState } from "preact/hooks";
import { type AppName, isApp } from "./apps.js";
import { nameForLink, saidName } from "./names.js";

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
      /** Who has sent it, as the link says; nobody has checked that. */
      readonly by?: string;
    };

export function routeOf(hash: string): Route {
  const parts = hash.replace(/^#?\/?/, "").split("/");
  const [first = "", second = "", third = "", offer = "", name = ""] = parts;
  if (first === "g" && second !== "") return { at: "space", id: second };
  if (first === "join") {
    const app = isApp(second) ? second : undefined;
    const invitation = third || (app === undefined ? second : "");
    const by = saidName(name);
    return { at: "join", app, invitation, ...(offer !== "" && { offer }), ...(by && { by }) };
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
      return joinHash(route);
  }
}

function joinHash({ app, invitation, offer, by }: Extract<Route, { at: "join" }>): string {
  const start = ["#/join", app, invitation].filter((part) => part !== undefined).join("/");
  if (by !== undefined) return `${start}/${offer ?? ""}/${nameForLink(by)}`;
  return offer === undefined ? start : `${start}/${offer}`;
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

/**
 * An invitation as people send it: opening it leads to the right application, and says who has
 * sent it.
 */
export function linkOf(app: AppName, invitation: string, by: string, offer?: string): string {
  const page = new URL(location.href);
  const said = saidName(nameForLink(by));
  page.hash = hashOf({
    ...{ at: "join", app, invitation },
    ...(offer !== undefined && { offer }),
    ...(said !== undefined && { by: said }),
  });
  return page.href;
}

/** A link without the name in it: whoever scans it sees who shows it, and the code is coarser. */
export function withoutName(link: string): string {
  const page = new URL(link);
  const { by: _, ...route } = routeOf(page.hash) as Extract<Route, { at: "join" }>;
  page.hash = hashOf(route);
  return page.href;
}

/** What somebody pasted or scanned: a link of any host, or the invitation alone. */
export function readLink(text: string): Route {
  const trimmed = text.trim();
  return routeOf(trimmed.slice(trimmed.lastIndexOf("#") + 1));
}
