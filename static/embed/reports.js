// @ts-check
/** Reports the progress of an onboarding to the host page, each change once. */

/** Statuses after which the gateway, and no longer the user, has to act. */
const AFTER_THE_USER = ["submitted", "deciding", "in_review", "verified", "rejected"];

export class Reports {
  #port;
  #last = "";
  /** @type {Set<string>} ids of onboardings that this document has reported as started */
  #started = new Set();
  /** @type {Set<string>} */
  #submitted = new Set();

  /** @param {Pick<import("./port.js").HostPort, "started" | "submitted" | "status">} port */
  constructor(port) {
    this.#port = port;
  }

  /** @param {DOMStringMap} state data attributes of a fragment */
  send({ onboarding, status, next, final, result }) {
    if (!onboarding || !status || !next) return;
    if (status === "started" && !this.#started.has(onboarding)) {
      this.#started.add(onboarding);
      this.#port.started(onboarding);
    }
    const isDone = AFTER_THE_USER.includes(status) && this.#started.has(onboarding);
    if (isDone && !this.#submitted.has(onboarding)) {
      this.#submitted.add(onboarding);
      this.#port.submitted(onboarding);
    }
    const state = [onboarding, status, next].join(" ");
    if (state === this.#last) return;
    this.#last = state;
    this.#port.status({ status, next, final: final === "true", result: result || null });
  }
}
