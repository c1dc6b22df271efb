// @ts-check
/** Submits the form of a one-time link only once: a double click would find the link used. */

/** @param {ParentNode} root */
export function mount(root) {
  const form = root.querySelector("#use-link");
  if (!(form instanceof HTMLFormElement)) return;
  let isSubmitted = false;
  form.addEventListener("submit", (event) => {
    if (isSubmitted) event.preventDefault();
    isSubmitted = true;
  });
  // A user who comes back with the browser's back button may submit again.
  window.addEventListener("pageshow", () => (isSubmitted = false));
}
