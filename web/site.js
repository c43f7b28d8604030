// What all pages of the site have. In a frame of another page (`?embed`) there is less around the content, and the engine
// waits until it is seen. `?embed=queue` names a scene of the story: a fragment (`#queue`) would scroll the other page.
(function (syncasync) {
  "use strict";

  const page = document.documentElement, { make } = syncasync;
  const embed = syncasync.embed = new URLSearchParams(location.search).get("embed"); // null: it is a page of its own

  /** Kept when the page is seen for the first time: a frame far below loads nothing large. */
  syncasync.seen = new Promise((done) => {
    if (embed === null) return done();
    const watch = new IntersectionObserver((entries) => {
      if (!entries.some(({ isIntersecting }) => isIntersecting)) return;
      watch.disconnect();
      done();
    });
    return watch.observe(page);
  });

  /** Whether the page is the single file, which has no other file beside it. */
  syncasync.isOneFile = document.querySelector("template[data-page]") !== null;

  /** What a page that is a single file holds of another file; its id is the file's name. */
  syncasync.inside = (file) => document.getElementById(file)?.textContent;

  /** The address of the same as a page of its own. */
  syncasync.ownAddress = () => {
    const there = new URL(location.href);
    there.searchParams.delete("embed");
    there.hash ||= embed ?? "";
    return there;
  };

  /** A link to it; the address may have changed since, without an event. */
  function whole() {
    const link = make("a", "site-whole", "Open in full", { target: "_blank", rel: "noopener" });
    const follow = () => { link.href = syncasync.ownAddress().href; };
    for (const event of ["pointerenter", "focus"]) link.addEventListener(event, follow);
    follow();
    return link;
  }

  if (embed === null) return;
  page.classList.add("site-embedded");
  document.body.append(make("footer", "site-end", whole()));
})((globalThis.syncasync ??= {}));
