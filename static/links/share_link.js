// @ts-check
/** Copies the one-time link, or opens the device's share dialog with it. */

const COPIED_SHOWN_MS = 2500;

/** @param {HTMLInputElement} field */
async function copy(field) {
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    return true;
  } catch {
    // Without clipboard permission the older command still copies the selection.
    return document.execCommand("copy");
  }
}

/** @param {HTMLInputElement} field @param {HTMLButtonElement} button */
function enableCopy(field, button) {
  const label = button.textContent ?? "";
  let timer = 0;
  button.dataset.ready = "";
  button.addEventListener("click", async () => {
    if (!(await copy(field))) return;
    button.textContent = button.dataset.done ?? label;
    window.clearTimeout(timer);
    timer = window.setTimeout(() => (button.textContent = label), COPIED_SHOWN_MS);
  });
}

/** @param {HTMLInputElement} field @param {HTMLButtonElement} button */
function enableShare(field, button) {
  if (!navigator.share) return;
  button.dataset.ready = "";
  button.addEventListener("click", () => {
    // The promise is rejected when the user closes the dialog, which is no error.
    navigator.share({ title: button.dataset.title, url: field.value }).catch(() => {});
  });
}

/** @param {ParentNode} root */
export function mount(root) {
  const field = root.querySelector("#link");
  const copyButton = root.querySelector("#copy");
  const shareButton = root.querySelector("#share");
  if (!(field instanceof HTMLInputElement)) return;
  field.addEventListener("focus", () => field.select());
  if (copyButton instanceof HTMLButtonElement) enableCopy(field, copyButton);
  if (shareButton instanceof HTMLButtonElement) enableShare(field, shareButton);
}
