// Post messages to the host page that frames this page, and redirect at the end.

/** @param {DOMStringMap} facts */
export function embedding(facts) {
  const redirectUrl = facts.redirectUrl || null;
  const onboarding = {
    onboardingToken: facts.onboardingToken,
    returnUrl: redirectUrl,
    scanId: facts.scanId,
  };
  // Only the origin of the return address gets messages; without one the origin is unknown.
  const target = redirectUrl ? new URL(redirectUrl).origin : "*";

  /** @param {"Info" | "Error"} type @param {object} value */
  function post(type, value) {
    if (window.parent !== window) window.parent.postMessage({ onboarding, type, value }, target);
  }

  return {
    started: () => post("Info", { name: "OnboardingStarted" }),
    finished: () => post("Info", { name: "OnboardingFinished" }),
    failed: (/** @type {string} */ name, /** @type {object} */ extrainfo) =>
      post("Error", { name, message: name, extrainfo }),
    /** Redirect inside the same frame. @param {string | null} error */
    leave(error) {
      if (!redirectUrl) return;
      const address = new URL(redirectUrl);
      if (error) address.searchParams.append("error", error);
      window.location.replace(address);
    },
  };
}
