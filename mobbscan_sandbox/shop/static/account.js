// Lists the events of the element, and shows the account anew after a check.
const NAMES = ["ready", "started", "submitted", "status", "error", "closed"];
const element = document.querySelector("mobbscan-onboarding");
const events = document.getElementById("events");
let hasChanged = false;

for (const name of NAMES) {
  element?.addEventListener(name, ({ detail }) => {
    const entry = document.createElement("li");
    const code = document.createElement("code");
    // A signed result is long, and nothing to read.
    const shown = { ...detail, ...(detail.result && { result: "…" }) };
    code.textContent = `${name} ${JSON.stringify(shown)}`;
    entry.append(code);
    events.querySelector("ol").append(entry);
    events.hidden = false;
    hasChanged ||= name === "started" || name === "status";
    // The result itself comes by a signed message.
    if (name === "closed" && hasChanged) location.reload();
  });
}
