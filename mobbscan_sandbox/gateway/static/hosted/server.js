// The calls of the hosted page to the gateway.

/** @param {DOMStringMap} facts */
export function connect(facts) {
  const base = `/onboarding/${facts.scanId}`;

  /** @param {string} path @param {BodyInit} body @param {string} type */
  async function post(path, body, type) {
    const headers = { "Content-Type": type, "X-Onboarding-Token": facts.onboardingToken ?? "" };
    const answer = await fetch(base + path, { method: "POST", headers, body });
    if (!answer.ok) throw new RequestRefused(answer.status);
    return answer;
  }
  const json = (/** @type {string} */ path, /** @type {object} */ body) =>
    post(path, JSON.stringify(body), "application/json");

  return {
    begin: () => json("/begin", {}),
    choose: (/** @type {string} */ docType) => json("/document", { docType }),
    upload: (/** @type {Blob} */ picture) => post("/uploads", picture, picture.type),
    // `sendBeacon` can set no header, so the token is the body.
    left: () => navigator.sendBeacon(`${base}/left`, facts.onboardingToken ?? ""),
    end: async (/** @type {string} */ outcome) => (await json("/end", { outcome })).json(),
  };
}

/** The gateway answered with an error status; other errors are network errors. */
export class RequestRefused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(`status ${status}`);
    this.status = status;
  }
}
