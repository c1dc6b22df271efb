// @ts-check
"use strict";
/**
 * Watches the hosted page in its frame: accepts messages only from its origin, its window and for
 * its onboarding token, and leaves as soon as the frame shows our own return page. No message
 * decides anything: the server polls the gateway itself.
 *
 * A browser does not report that a page refuses to be framed: it shows an error page and fires
 * `load`. So beside a frame that gives no sign of life a note offers the full screen. A page that the
 * user only reads gives none either: the note must not alarm.
 *
 * The page runs this script before it creates the frame, so that no message is lost. That makes it
 * a classic script, which cannot export: in a frame of a host page, embed/frame.js loads it and calls
 * `mountHostedFrame`.
 */

const SLOW_AFTER_MS = 15_000;
const RETURN_AFTER_MS = 4_000;
const DIALOG_READ_AFTER_MS = 60_000;

/** @typedef {[string, string][]} Notes beginnings or parts of words, and the note that explains each */

/**
 * @param {HTMLElement} stage the element around the frame, with the page's data attributes
 * @param {Pick<import("../page.js").Page, "fetch" | "navigate">} page
 * @param {AbortSignal} signal ends it
 */
function watchFrame(stage, page, signal) {
  const { hostedOrigin, onboardingToken, pageUrl, returnPrefix, errorNotes, failedChecks } =
    /** @type {Record<string, string>} */ (/** @type {unknown} */ (stage.dataset));
  let isAlive = false;
  let hasLoaded = false;
  let isLeaving = false;
  /** The note for the problem that the hosted page has reported; empty without one. */
  let reportedProblem = "";
  let explanationTimer = 0;

  const hostedFrame = () => /** @type {HTMLIFrameElement | null} */ (document.getElementById("hosted"));

  window.setTimeout(() => {
    if (isAlive || isLeaving || signal.aborted) return;
    showNote(hasLoaded ? "silent" : "slow");
  }, SLOW_AFTER_MS);

  const markAlive = () => {
    isAlive = true;
    hideNote("slow");
    hideNote("silent");
  };

  // A user who has clicked into the frame sees something there.
  window.addEventListener("blur", () => document.activeElement === hostedFrame() && markAlive(), { signal });

  /** At most once: the message and the frame's `load` both call it, and a second call would abort the first. */
  const leave = () => {
    if (isLeaving || signal.aborted) return;
    isLeaving = true;
    page.navigate(pageUrl);
  };

  /** The frame's path while it shows one of our own pages, else an empty string. */
  const ownPath = () => {
    try {
      return hostedFrame()?.contentWindow?.location.pathname ?? "";
    } catch {
      return "";
    }
  };

  const onFrameLoad = () => {
    hasLoaded = true;
    hideNote("slow");
    hideNote("loading");
    if (ownPath().startsWith(returnPrefix)) return leave();
    // Whatever the frame shows now, its dialog about a problem is gone.
    explainProblemIn(0);
  };

  const explainProblemIn = (/** @type {number} */ milliseconds) => {
    window.clearTimeout(explanationTimer);
    explanationTimer = window.setTimeout(() => reportedProblem && showNote(reportedProblem), milliseconds);
  };
  // The next fragment has notes of the same names.
  signal.addEventListener("abort", () => window.clearTimeout(explanationTimer));

  /** The hosted page explains a problem in a dialog of its own, which our note must not repeat. */
  const recordProblem = (name = "") => {
    hideAllNotes();
    reportedProblem = name;
    explainProblemIn(DIALOG_READ_AFTER_MS);
  };

  /**
   * The gateway redirects to our return address; where it does not, this page fetches it, which
   * records the return. After a problem the user chooses what to do next.
   */
  const onFinished = (/** @type {unknown} */ address) => {
    if (reportedProblem) return explainProblemIn(RETURN_AFTER_MS);
    showNote("done");
    window.setTimeout(async () => {
      const returnAddress = ownReturnAddress(address, returnPrefix);
      if (isLeaving || signal.aborted) return;
      if (returnAddress) await page.fetch(returnAddress).catch(() => {});
      leave();
    }, RETURN_AFTER_MS);
  };

  window.addEventListener("message", (event) => {
    if (!event.source || event.source !== hostedFrame()?.contentWindow) return;
    if (event.origin === window.location.origin) {
      if (event.data?.type === "mobbscan-embed:returned") leave();
      return;
    }
    if (event.origin !== hostedOrigin) return;
    const { onboarding, type, value } = event.data ?? {};
    if (onboarding?.onboardingToken !== onboardingToken) return;
    markAlive();
    if (type === "Error") {
      recordProblem(noteOf(value, JSON.parse(errorNotes), JSON.parse(failedChecks)));
    } else if (type === "Info" && value?.name === "OnboardingStarted") {
      recordProblem();
    } else if (type === "Info" && value?.name === "OnboardingFinished") {
      onFinished(onboarding.returnUrl);
    }
  }, { signal });

  const watchLoads = () => hostedFrame()?.addEventListener("load", onFrameLoad);
  if (hostedFrame()) return watchLoads();
  document.addEventListener("DOMContentLoaded", watchLoads);
  // A frame that loads before DOMContentLoaded has loaded by the time the window has.
  window.addEventListener("load", onFrameLoad);
}

/**
 * @param {unknown} address as the hosted page names it
 * @param {string} prefix
 * @returns {string | null} the address when it is our own return page
 */
function ownReturnAddress(address, prefix) {
  try {
    const url = new URL(String(address));
    return url.origin === window.location.origin && url.pathname.startsWith(prefix) ? url.href : null;
  } catch {
    return null;
  }
}

/** The vendor writes `PermissionError`, `PERMISSION_ERROR` and `ERROR_PERMISSION`. @param {unknown} word */
const lettersOf = (word) => (typeof word === "string" ? word : "").toLowerCase().replace(/[^a-z]/g, "").replace(/^error/, "");

/**
 * Returns the note for an Error message. The vendor's pages name the kind of error in one of four
 * keys, and failed checks of the document in a list whose place is not documented.
 * @param {any} value @param {Notes} notes @param {Notes} failedChecks
 */
function noteOf(value, notes, failedChecks) {
  const words = [value?.message, value?.name, value?.errorCode, value?.code, value].map(lettersOf);
  const found = words.map((word) => notes.find(([beginning]) => word.startsWith(beginning))?.[1]);
  const note = found.find(Boolean) ?? "hosted_error";
  if (note !== "checks_failed") return note;
  const everything = lettersOf(JSON.stringify(value));
  return failedChecks.find(([part]) => everything.includes(part))?.[1] ?? note;
}

/** @param {string} name of the notes to find; all notes for an empty string */
const findNotes = (name) =>
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-note${name && `="${name}"`}]`));

function hideAllNotes() {
  for (const note of findNotes("")) note.hidden = true;
}

/** @param {string} name */
function hideNote(name) {
  for (const note of findNotes(name)) note.hidden = true;
}

/** @param {string} name */
function showNote(name) {
  hideAllNotes();
  for (const note of findNotes(name)) note.hidden = false;
}

/** `mount` of a page script. @param {ParentNode} root @param {Pick<import("../page.js").Page, "fetch" | "navigate">} page */
function mountHostedFrame(root, page) {
  const stage = root.querySelector("#stage");
  const ending = new AbortController();
  if (stage instanceof HTMLElement) watchFrame(stage, page, ending.signal);
  return () => ending.abort();
}

Object.assign(window, { mountHostedFrame });
// Null in a module, as which the script of a frame loads it.
if (document.currentScript) {
  mountHostedFrame(document, {
    fetch: (...request) => window.fetch(...request),
    navigate: (url) => window.location.replace(url),
  });
}
