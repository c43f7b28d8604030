// The service worker: it keeps every file of the site, so that it works without a network after the first visit.
const KEPT = `syncasync-sim ${VERSION}`;
const OLD = /^syncasync-sim /;

/** What has a hash in its name never changes; a page may. */
const request = (path) => new Request(path, { cache: path.startsWith("assets/") ? "default" : "no-cache" });

addEventListener("install", (event) => {
  event.waitUntil(caches.open(KEPT).then((cache) => cache.addAll(FILES.map(request))).then(() => skipWaiting()));
});

addEventListener("activate", (event) => {
  const others = (names) => names.filter((name) => OLD.test(name) && name !== KEPT);
  event.waitUntil(caches.keys().then((names) => Promise.all(others(names).map((name) => caches.delete(name)))).then(() => clients.claim()));
});

addEventListener("fetch", (event) => {
  const { request: asked } = event;
  if (asked.method !== "GET" || new URL(asked.url).origin !== location.origin) return;
  event.respondWith(caches.open(KEPT).then(async (cache) => (await cache.match(asked, { ignoreSearch: true })) ?? fetch(asked)));
});
