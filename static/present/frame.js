// @ts-check
/**
 * Watches the hosted page in its frame: believes messages only from its origin, its window and
 * for its onboarding token, and goes on as soon as the frame is back on our own return page.
 * No message decides anything: the server asks the gateway itself.
 *
 * A browser tells nobody that a page refuses to be framed: it shows a page of its own and calls
 * that loaded. So a frame that stays without any sign of life gets the offer of a full screen.
 */

const SLOW_AFTER_MS = 15_000;
const RETURN_AFTER_MS = 4_000;
const DIALOG_READ_AFTER_MS = 60_000;

/** How the hosted page's own words for problems begin, and our notes for them. */
const PROBLEMS = /** @type {const} */ ([
  ["permission", "permission_denied"],
  ["hardware", "camera_unavailable"],
  ["connection", "connection_lost"],
  ["timeout", "timed_out"],
]);

/** @param {HTMLElement} stage @param {HTMLIFrameElement} frame */
function watch(stage, frame) {
  const { hostedOrigin, onboardingToken, pageUrl, returnPrefix } = /** @type {Record<string, string>} */ (
    /** @type {unknown} */ (stage.dataset)
  );
  let alive = false;
  let leaving = false;
  /** The note for a problem that the hosted page has told; empty without one. */
  let trouble = "";
  let explanation = 0;

  window.setTimeout(() => {
    if (alive || leaving) return;
    // The window is complete only when its frame has loaded, so a load before this script counts.
    show(document.readyState === "complete" ? "silent" : "slow");
  }, SLOW_AFTER_MS);

  const lives = () => {
    alive = true;
    hide("slow");
    hide("silent");
  };

  // Somebody who has clicked into the frame sees something there.
  window.addEventListener("blur", () => document.activeElement === frame && lives());

  /** Once only: the message and the frame's own load both tell, and a second call would abort the first. */
  const goOn = (address = pageUrl) => {
    if (leaving) return;
    leaving = true;
    window.location.replace(address);
  };

  /** The frame's path while it shows one of our own pages, else an empty string. */
  const ownPath = () => {
    try {
      return frame.contentWindow?.location.pathname ?? "";
    } catch {
      return "";
    }
  };

  const loaded = () => {
    hide("slow");
    hide("loading");
    if (ownPath().startsWith(returnPrefix)) return goOn();
    // Whatever the frame shows now, its dialog about a problem is gone.
    explainIn(0);
  };

  const explainIn = (/** @type {number} */ milliseconds) => {
    window.clearTimeout(explanation);
    explanation = window.setTimeout(() => trouble && show(trouble), milliseconds);
  };

  /** The hosted page explains a problem in a dialog of its own: ours would only repeat it. */
  const troubled = (name = "") => {
    hideAll();
    trouble = name;
    explainIn(DIALOG_READ_AFTER_MS);
  };

  /**
   * The gateway forwards to our return address by itself; where it does not, we go there.
   * After a problem the way on is the person's choice.
   */
  const finished = (/** @type {unknown} */ address) => {
    if (trouble) return explainIn(RETURN_AFTER_MS);
    show("done");
    window.setTimeout(() => {
      goOn(ownReturn(address, returnPrefix) ?? pageUrl);
    }, RETURN_AFTER_MS);
  };

  window.addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow) return;
    if (event.origin === window.location.origin) {
      if (event.data?.type === "mobbscan-embed:returned") goOn();
      return;
    }
    if (event.origin !== hostedOrigin) return;
    const { onboarding, type, value } = event.data ?? {};
    if (onboarding?.onboardingToken !== onboardingToken) return;
    lives();
    if (type === "Error") {
      troubled(problem(value));
    } else if (type === "Info" && value?.name === "OnboardingStarted") {
      troubled();
    } else if (type === "Info" && value?.name === "OnboardingFinished") {
      finished(onboarding.returnUrl);
    }
  });

  frame.addEventListener("load", loaded);
  // A frame that was faster than this script has loaded by the time the window has.
  window.addEventListener("load", loaded);
}

/**
 * @param {unknown} address as the hosted page names it
 * @param {string} prefix
 * @returns {string | null} the address when it is our own return page
 */
function ownReturn(address, prefix) {
  try {
    const url = new URL(String(address));
    return url.origin === window.location.origin && url.pathname.startsWith(prefix) ? url.href : null;
  } catch {
    return null;
  }
}

/** @param {any} value of an Error message; the vendor names the kind in one of two keys */
function problem(value) {
  const word = String(value?.message ?? value?.name ?? "").toLowerCase();
  return PROBLEMS.find(([beginning]) => word.startsWith(beginning))?.[1] ?? "hosted_error";
}

/** @param {string} name */
const notes = (name) =>
  /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll(`[data-note${name && `="${name}"`}]`));

function hideAll() {
  for (const note of notes("")) note.hidden = true;
}

/** @param {string} name */
function hide(name) {
  for (const note of notes(name)) note.hidden = true;
}

/** @param {string} name */
function show(name) {
  hideAll();
  for (const note of notes(name)) note.hidden = false;
}

const stage = document.getElementById("stage");
const frame = document.getElementById("hosted");
if (stage && frame instanceof HTMLIFrameElement) watch(stage, frame);
