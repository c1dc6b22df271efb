// Review queue: send the reviewer's decision, and show the next check when it arrives.

const by = (/** @type {string} */ id) => document.getElementById(id);
const shown = document.body.dataset.queue ?? "[]";
const form = /** @type {HTMLFormElement | null} */ (by("verdict"));
const comment = /** @type {HTMLTextAreaElement | null} */ (by("comment"));

/** @param {string} text */
function showProblem(text) {
  const problem = by("problem");
  if (!problem) return;
  problem.textContent = text;
  problem.hidden = false;
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const verdict = /** @type {HTMLButtonElement} */ (event.submitter).value;
  if (verdict === "reject" && !comment?.value.trim()) {
    showProblem("A rejection needs a comment.");
    comment?.focus();
    return;
  }
  const answer = await fetch(`/_sandbox/api/agent/${form.dataset.process}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ verdict, comment: comment?.value.trim() ?? "" }),
  });
  if (answer.ok) location.assign("/_sandbox/agent");
  else showProblem((await answer.json()).error);
});

/** Whether the reviewer is writing a comment: the page must not reload then. */
const isWriting = () => Boolean(comment?.value) || document.activeElement === comment;

setInterval(async () => {
  if (document.hidden || isWriting()) return;
  const answer = await fetch("/_sandbox/api/agent/queue").catch(() => null);
  if (!answer?.ok) return;
  const now = JSON.stringify((await answer.json()).queue);
  if (now !== JSON.stringify(JSON.parse(shown))) location.reload();
}, 1500);
