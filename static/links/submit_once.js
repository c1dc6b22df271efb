// @ts-check
/** Submits the form of a one-time link only once: a double click would find the link used. */

const form = document.getElementById("use-link");

if (form instanceof HTMLFormElement) {
  let isSubmitted = false;
  form.addEventListener("submit", (event) => {
    if (isSubmitted) event.preventDefault();
    isSubmitted = true;
  });
  // A user who comes back with the browser's back button may submit again.
  window.addEventListener("pageshow", () => (isSubmitted = false));
}
