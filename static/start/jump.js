// @ts-check
/**
 * Where the consent is below the edge of a small screen, a button leads down to it. It is not the
 * one that agrees, and it is gone as soon as the heading of the consent stands above it.
 */

/** Its own height, in CSS pixels. */
const ROOM = 80;

const jump = document.getElementById("jump");
const consent = document.getElementById("consent");

if (jump && consent) {
  const hide = (/** @type {IntersectionObserverEntry[]} */ [seen]) => {
    jump.hidden = seen.isIntersecting || seen.boundingClientRect.top < 0;
  };
  const look = new IntersectionObserver(hide, { rootMargin: `0px 0px -${ROOM}px` });
  look.observe(consent);
}
