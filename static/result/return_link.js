// @ts-check
/**
 * Keeps the link back to the host site valid: the signed result in it expires after five minutes.
 * A click on an older link fetches the page again, and follows the link that it has now.
 */

const MAX_AGE_MS = 240_000;
const loadedAt = Date.now();
const returnLink = document.getElementById("return-link");

/** @returns {Promise<string | null>} the link's address on the page as it is now */
async function fetchAddress() {
  const response = await fetch(window.location.href, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  return page.getElementById("return-link")?.getAttribute("href") ?? null;
}

if (returnLink instanceof HTMLAnchorElement) {
  returnLink.addEventListener("click", async (event) => {
    const opensElsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (opensElsewhere || Date.now() - loadedAt < MAX_AGE_MS) return;
    event.preventDefault();
    // Without a new address the host site gets the old one, and asks this server for the result.
    const address = await fetchAddress().catch(() => null);
    window.location.assign(address ?? returnLink.href);
  });
}
