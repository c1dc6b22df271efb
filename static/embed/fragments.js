// @ts-check
/** Prepares a fragment before it is shown: its styles are loaded, its scripts imported. */

/** @typedef {(root: ParentNode, page: import("../page.js").Page) => (() => void) | void} Mount */
/** @typedef {{ content: HTMLElement, mounts: Mount[], refreshSeconds: number }} Fragment */

/**
 * @param {string} html
 * @returns {Promise<Fragment>} rejected if the answer is no fragment, or a script cannot be loaded
 */
export async function prepareFragment(html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  const content = parsed.getElementById("fragment");
  if (!content) throw new Error("no fragment");
  const styles = takeAll(content, "link[rel=stylesheet]").map((link) => addStyles(link));
  const scripts = takeAll(content, "script[data-mount]").map((script) => importMount(script));
  const refresh = content.querySelector(":scope > meta[http-equiv=refresh]");
  const refreshSeconds = Number(refresh?.getAttribute("content") ?? 0) || 0;
  for (const each of takeAll(content, "meta, noscript")) each.remove();
  await Promise.all(styles);
  return { content, mounts: await Promise.all(scripts), refreshSeconds };
}

/** @param {HTMLElement} content @param {string} selector @returns {Element[]} removed from it */
function takeAll(content, selector) {
  const found = [...content.querySelectorAll(selector)];
  for (const each of found) each.remove();
  return found;
}

/** Adds a style sheet to the document, once. @param {Element} link */
function addStyles(link) {
  const href = link.getAttribute("href") ?? "";
  const known = [...document.head.querySelectorAll("link")];
  if (known.some((each) => each.getAttribute("href") === href)) return Promise.resolve();
  const added = document.createElement("link");
  added.rel = "stylesheet";
  added.href = href;
  return new Promise((resolve) => {
    // A page without a style sheet is better than none.
    added.onload = added.onerror = () => resolve(undefined);
    document.head.append(added);
  });
}

/** @param {Element} script @returns {Promise<Mount>} */
async function importMount(script) {
  const url = new URL(script.getAttribute("src") ?? "", document.baseURI).href;
  const exported = await import(url);
  // The script of the hosted page's frame is no module, see present/frame.js.
  return exported.mount ?? /** @type {any} */ (window).mountHostedFrame;
}
