// The way back: served as /sw.js (YUNFAN_WEB_UNKEEP=1) it takes the kept app off every device that looks in. What members
// entered and hold lies elsewhere and stays.
self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(leave()));

async function leave() {
  const kept = (await caches.keys()).filter((name) => name.startsWith("yunfan-app-"));
  await Promise.all(kept.map((name) => caches.delete(name)));
  await self.registration.unregister();
  // Once: the page that comes then registers this again.
  if (kept.length > 0) for (const tab of await self.clients.matchAll({ type: "window" })) await tab.navigate(tab.url);
}
