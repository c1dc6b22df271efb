// @ts-check
/**
 * Back from the hosted page. In a frame the page around us goes on; at top level we do. The page
 * that follows says where the check stands, and repeats the explanation of a problem.
 */

const onwards = document.getElementById("onwards");

if (onwards instanceof HTMLAnchorElement) {
  if (window.parent === window) {
    window.location.replace(onwards.href);
  } else {
    window.parent.postMessage({ type: "mobbscan-embed:returned" }, window.location.origin);
  }
}
