// @ts-check
/** A link is good once: the second click of a double click would find it used. */

const form = document.getElementById("use");

if (form instanceof HTMLFormElement) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
  });
  // Whoever comes back to this page by the browser's own button may press again.
  window.addEventListener("pageshow", () => (sent = false));
}
