// @ts-check
/** Copies the link, or hands it to the device's own way of sending things. */

const DONE_FOR_MS = 2500;

/** @param {HTMLInputElement} field */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // No clipboard for this page: the older way works on what is selected.
    return document.execCommand("copy");
  }
}

/** @param {HTMLInputElement} field @param {HTMLButtonElement} button */
function offerCopy(field, button) {
  const words = button.textContent ?? "";
  let timer = 0;
  button.dataset.ready = "";
  button.addEventListener("click", async () => {
    if (!(await copy(field))) return;
    button.textContent = button.dataset.done ?? words;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (button.textContent = words), DONE_FOR_MS);
  });
}

/** @param {HTMLInputElement} field @param {HTMLButtonElement} button */
function offerShare(field, button) {
  if (!navigator.share) return;
  button.dataset.ready = "";
  button.addEventListener("click", () => {
    // Closing the device's own dialog without choosing is no error.
    navigator.share({ title: button.dataset.title, url: field.value }).catch(() => {});
  });
}

const field = document.getElementById("link");
const copyButton = document.getElementById("copy");
const shareButton = document.getElementById("share");
if (field instanceof HTMLInputElement) {
  field.addEventListener("focus", () => field.select());
  if (copyButton instanceof HTMLButtonElement) offerCopy(field, copyButton);
  if (shareButton instanceof HTMLButtonElement) offerShare(field, shareButton);
}
