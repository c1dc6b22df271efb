// The reviewer's desk: passes the verdict on, and turns to the next check when one arrives.

const by = (/** @type {string} */ id) => document.getElementById(id);
const shown = document.body.dataset.queue ?? "[]";
const form = /** @type {HTMLFormElement | null} */ (by("verdict"));
const comment = /** @type {HTMLTextAreaElement | null} */ (by("comment"));

/** @param {string} words */
function complain(words) {
  const problem = by("problem");
  if (!problem) return;
  problem.textContent = words;
  problem.hidden = false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const verdict = /** @type {HTMLButtonElement} */ (event.submitter).value;
  if (verdict === "reject" && !comment?.value.trim()) {
    complain("Say why it is rejected.");
    comment?.focus();
    return;
  }
  const answer = await fetch(`/_sandbox/api/agent/${form.dataset.process}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ verdict, comment: comment?.value.trim() ?? "" }),
  });
  if (answer.ok) location.assign("/_sandbox/agent");
  else complain((await answer.json()).error);
});

/** Somebody who writes is not interrupted. */
const busy = () => Boolean(comment?.value) || document.activeElement === comment;

setInterval(async () => {
  if (document.hidden || busy()) return;
  const answer = await fetch("/_sandbox/api/agent/queue").catch(() => null);
  if (!answer?.ok) return;
  const now = JSON.stringify((await answer.json()).queue);
  if (now !== JSON.stringify(JSON.parse(shown))) location.reload();
}, 1500);
