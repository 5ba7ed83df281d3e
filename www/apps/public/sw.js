// Keeps the files of these pages, so that they open without a network. What people write is none of
// its business: that is in the browser's database.
const CACHE = "lacis-pages";
const PAGE = new URL("./", self.location).href;
/** What keeps its name when it changes. */
const INSPECTOR = new URL("inspector.html", PAGE).href;
/** A server that says nothing for so long is as good as none. */
const PATIENCE_MS = 2_500;
const UNHASHED = [PAGE, INSPECTOR, new URL("first.js", PAGE).href];

/** Everything that was built, as the builder's own list says. */
async function keepAll() {
  const list = new URL("files.json", PAGE);
  const built = await (await fetch(list, { cache: "no-cache" })).json();
  const files = Object.values(built).flatMap(({ file, css = [], assets = [] }) => [
    file,
    ...css,
    ...assets,
  ]);
  const wanted = [...UNHASHED, ...new Set(files.map((file) => new URL(file, PAGE).href))];
  const cache = await caches.open(CACHE);
  // Files with a hash in their name never change: those that are here need not come again.
  const missing = [];
  for (const url of wanted) {
    if (UNHASHED.includes(url) || !(await cache.match(url))) missing.push(url);
  }
  await cache.addAll(missing);
  for (const { url } of await cache.keys()) {
    if (url.includes("/assets/") && !wanted.includes(url)) await cache.delete(url);
  }
}

self.addEventListener("install", (event) => {
  event.waitUntil(keepAll().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(self.clients.claim());
});

/** The newest page if the server answers in time, otherwise the one that was kept. */
async function page(event) {
  const name = event.request.url.split(/[?#]/)[0] === INSPECTOR ? INSPECTOR : PAGE;
  const kept = await caches.match(name);
  if (kept === undefined) return fetch(event.request);
  const fresh = freshPage(event, await kept.clone().text());
  // It is of use also after the one that was kept is shown.
  event.waitUntil(fresh.catch(() => {}));
  return Promise.race([fresh.catch(() => kept), later(kept)]);
}

async function freshPage(event, known) {
  const fresh = await fetch(event.request);
  if (!fresh.ok) throw new Error(String(fresh.status));
  // Another page needs other files; without them it would not open later.
  if ((await fresh.clone().text()) !== known) event.waitUntil(keepAll().catch(() => {}));
  return fresh;
}

function later(kept) {
  return new Promise((resolve) => setTimeout(resolve, PATIENCE_MS, kept));
}

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") event.respondWith(page(event));
  else if (url.href.startsWith(PAGE)) {
    event.respondWith(caches.match(request).then((kept) => kept ?? fetch(request)));
  }
});

/** Whoever follows a notification comes to the page that is open already. */
async function show({ tag }) {
  const open = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const pages = open.filter(({ url }) => url.startsWith(PAGE));
  const named = pages.find(({ url }) => url.endsWith(`#/g/${tag}`)) ?? pages[0];
  if (named === undefined) await self.clients.openWindow(`${PAGE}#/g/${tag}`);
  else await named.focus();
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(show(event.notification));
});
