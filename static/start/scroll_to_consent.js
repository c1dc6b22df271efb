// @ts-check
/**
 * Shows a button that scrolls to the consent while its heading is below the edge of the screen.
 * The button does not agree to anything.
 */

/** The button's height in CSS pixels. */
const BUTTON_HEIGHT = 80;

/** @param {ParentNode} root @returns {(() => void) | void} ends it */
export function mount(root) {
  const scrollButton = /** @type {HTMLElement | null} */ (root.querySelector("#scroll-to-consent"));
  const consent = root.querySelector("#consent");
  if (!scrollButton || !consent) return;
  const update = (/** @type {IntersectionObserverEntry[]} */ [entry]) => {
    scrollButton.hidden = entry.isIntersecting || entry.boundingClientRect.top < 0;
  };
  // Without a root, browsers ignore the margin in a frame of another origin.
  const options = { root: document, rootMargin: `0px 0px -${BUTTON_HEIGHT}px` };
  const observer = new IntersectionObserver(update, options);
  observer.observe(consent);
  return () => observer.disconnect();
}
