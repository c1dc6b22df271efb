// What the page that frames this one is told, and where the browser goes at the end.

/** @param {DOMStringMap} facts */
export function embedding(facts) {
  const redirectUrl = facts.redirectUrl || null;
  const onboarding = {
    onboardingToken: facts.onboardingToken,
    returnUrl: redirectUrl,
    scanId: facts.scanId,
  };
  // Only who may receive the return may listen; without an address for it nobody is known.
  const target = redirectUrl ? new URL(redirectUrl).origin : "*";

  /** @param {"Info" | "Error"} type @param {object} value */
  function tell(type, value) {
    if (window.parent !== window) window.parent.postMessage({ onboarding, type, value }, target);
  }

  return {
    started: () => tell("Info", { name: "OnboardingStarted" }),
    finished: () => tell("Info", { name: "OnboardingFinished" }),
    failed: (/** @type {string} */ name, /** @type {object} */ extrainfo) =>
      tell("Error", { name, message: name, extrainfo }),
    /** Go back, inside this same frame. @param {string | null} error */
    leave(error) {
      if (!redirectUrl) return;
      const address = new URL(redirectUrl);
      if (error) address.searchParams.append("error", error);
      window.location.replace(address);
    },
  };
}
