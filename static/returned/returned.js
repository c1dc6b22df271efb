// @ts-check
/**
 * Back from the hosted page. In a frame the page around us goes on; at top level we do.
 * After an error the person reads first and goes on by the link.
 */

const onwards = document.getElementById("onwards");

if (onwards instanceof HTMLAnchorElement) {
  const error = onwards.dataset.error || null;
  if (window.parent !== window) {
    document.documentElement.classList.add("framed");
    window.parent.postMessage({ type: "mobbscan-embed:returned", error }, window.location.origin);
  } else if (!error) {
    window.location.replace(onwards.href);
  }
}
