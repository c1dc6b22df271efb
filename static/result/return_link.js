// @ts-check
/**
 * Keeps the link back to the host site valid: the signed result in it expires after five minutes.
 * A click on an older link fetches the page again, and follows the link that it has now.
 */

const MAX_AGE_MS = 240_000;

/**
 * @param {typeof fetch} fetchPage
 * @param {string} url of the page with the link
 * @returns {Promise<string | null>} the link's address on the page as it is now
 */
async function fetchAddress(fetchPage, url) {
  const response = await fetchPage(url, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.getElementById("return-link")?.getAttribute("href") ?? null;
}

/** @param {ParentNode} root @param {import("../page.js").Page} page */
export function mount(root, page) {
  const loadedAt = Date.now();
  const returnLink = root.querySelector("#return-link");
  if (!(returnLink instanceof HTMLAnchorElement)) return;
  returnLink.addEventListener("click", async (event) => {
    const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (opensElsewhere || Date.now() - loadedAt < MAX_AGE_MS) return;
    event.preventDefault();
    // Without a new address the host site gets the old one, and asks this server for the result.
    const address = await fetchAddress(page.fetch, page.url()).catch(() => null);
    page.leave(address ?? returnLink.href);
  });
}
