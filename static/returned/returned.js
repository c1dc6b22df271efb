// @ts-check
/**
 * Leaves the return page: in a frame it notifies the page around it, at top level it goes on
 * itself. The next page shows the status, and explains a problem again.
 */

const continueLink = document.getElementById("continue");

if (continueLink instanceof HTMLAnchorElement) {
  if (window.parent === window) {
    window.location.replace(continueLink.href);
  } else {
    window.parent.postMessage({ type: "mobbscan-embed:returned" }, window.location.origin);
  }
}
