// @ts-check
/**
 * Runs the scripts of a full page: each module with `data-mount` exports `mount(root, page)`.
 *
 * @typedef {object} Page what page scripts need of the page around them
 * @property {typeof fetch} fetch
 * @property {new (url: string) => EventSource} EventSource
 * @property {() => string} url of the page as the server knows it
 * @property {(url: string) => void} leave goes to a page of the host site
 * @property {(url: string) => void} navigate replaces the page by another one of this server
 * @property {((url: string) => void)} [statusChanged] receives the page of an onboarding
 *   whose status has changed without replacing the page
 */

/** @type {Page} */
const fullPage = {
  fetch: (...request) => window.fetch(...request),
  EventSource: window.EventSource,
  url: () => window.location.href,
  leave: (url) => window.location.assign(url),
  navigate: (url) => window.location.replace(url),
};

for (const script of document.querySelectorAll("script[data-mount][type=module]")) {
  // The tag has loaded the module already, and all of them before this one.
  import(/** @type {HTMLScriptElement} */ (script).src).then(
    ({ mount }) => mount?.(document, fullPage),
    () => {}, // the browser has reported it, and the page works without
  );
}

export {};
