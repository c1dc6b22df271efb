// Control page: render the state of the control API every second, and send clicks to it.

const by = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const outcomes = JSON.parse(document.body.dataset.outcomes ?? "[]");
/** @type {Record<string, any[]>} */
const choices = JSON.parse(document.body.dataset.choices ?? "{}");

const MOODS = {
  VERIFIED: "good", delivered: "good",
  NOT_VERIFIED: "bad", ABORTED: "bad", failed: "bad",
};

/** @param {string} method @param {string} path @param {object} [body] */
async function call(method, path, body) {
  const answer = await fetch(`/_sandbox/api${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: method === "GET" ? undefined : JSON.stringify(body ?? {}),
  });
  const content = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) throw new Error(content.error ?? `status ${answer.status}`);
  return content;
}

/** @param {string} tag @param {Record<string, string>} attributes @param {(Node | string)[]} content */
function make(tag, attributes, ...content) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...content);
  return element;
}

/** @param {string} text @param {() => Promise<unknown>} action */
function button(text, action) {
  const element = make("button", { type: "button" }, text);
  element.addEventListener("click", () => act(action));
  return element;
}

/** @param {() => Promise<unknown>} action */
async function act(action) {
  try {
    await action();
    by("problem").hidden = true;
    await draw();
  } catch (error) {
    by("problem").textContent = String(error instanceof Error ? error.message : error);
    by("problem").hidden = false;
  }
}

const badge = (/** @type {string} */ state) =>
  make("span", { class: "state", "data-mood": MOODS[state] ?? "" }, state);

/** @param {any} process */
function processRow(process) {
  const end = (/** @type {string} */ outcome) => () =>
    call("POST", `/processes/${process.id}/outcome`, { outcome });
  return make(
    "li",
    { "data-process": process.id },
    make("div", { class: "line" }, make("code", {}, process.id), badge(process.state)),
    make("p", { class: "quiet" }, process.history.map((/** @type {any} */ each) =>
      `${each.at.slice(11, 19)} ${each.state}`).join("  →  ")),
    make(
      "div",
      { class: "line" },
      ...outcomes.map((/** @type {string} */ outcome) => button(outcome, end(outcome))),
      button("delete", () => call("DELETE", `/processes/${process.id}`)),
    ),
  );
}

/** @param {any} delivery */
function deliveryRow(delivery) {
  const tries = delivery.attempts.map((/** @type {any} */ each) =>
    `${each.at.slice(11, 19)} ${each.status ?? each.error} in ${each.milliseconds} ms`);
  return make(
    "li",
    { "data-delivery": delivery.id },
    make("div", { class: "line" }, make("code", {}, delivery.verification_id),
      make("span", {}, delivery.status), badge(delivery.state),
      button("send again", () => call("POST", `/deliveries/${delivery.id}/redeliver`))),
    make("p", { class: "quiet" }, tries.join(" · ") || `queued ${delivery.queued_at.slice(11, 19)}`),
  );
}

/** @param {string} name @param {any} value */
function switchField(name, value) {
  /** @type {any} */
  let field;
  let read = () => field.checked;
  if (name in choices) {
    const values = choices[name];
    field = make("select", {}, ...values.map((/** @type {any} */ each) => make("option", {}, String(each ?? "none"))));
    field.selectedIndex = values.indexOf(value);
    read = () => values[field.selectedIndex];
  } else if (typeof value === "number") {
    field = make("input", { type: "number", value: String(value) });
    read = () => Number(field.value);
  } else {
    field = make("input", { type: "checkbox" });
    field.checked = value;
  }
  field.addEventListener("change", () => act(() => call("PATCH", "/switches", { [name]: read() })));
  return make("label", {}, name.replaceAll("_", " "), field);
}

/** @param {any} fault */
function faultRow({ id, at, kind, applied, times, ...more }) {
  const left = times === null ? "no limit" : `${times} more`;
  const facts = Object.entries(more).filter(([, value]) => value !== null && value !== 0);
  return make(
    "li",
    { "data-fault": id },
    make("div", { class: "line" }, make("code", {}, `${at.join(", ")}: ${kind}`), make("span", { class: "quiet" }, left)),
    make("p", { class: "quiet" }, facts.map(([name, value]) => `${name} ${value}`).join(" · ")),
  );
}

let drawn = "";

async function draw() {
  const [{ processes }, { deliveries }, { faults }, switches, counters] = await Promise.all(
    ["/processes", "/deliveries", "/faults", "/switches", "/counters"].map((path) => call("GET", path)),
  );
  const now = JSON.stringify([processes, deliveries, faults, switches, counters]);
  if (now === drawn) return; // rendering again would lose the keyboard focus
  drawn = now;
  by("no-processes").hidden = processes.length > 0;
  by("processes").replaceChildren(...processes.map(processRow));
  by("no-deliveries").hidden = deliveries.length > 0;
  by("deliveries").replaceChildren(...deliveries.map(deliveryRow));
  by("no-faults").hidden = faults.length > 0;
  by("faults").replaceChildren(...faults.map(faultRow));
  by("switches").replaceChildren(...Object.keys(switches).map((name) => switchField(name, switches[name])));
  by("counters").textContent =
    `${counters.token_log_ins} log-ins, ${counters.creates} created, ${counters.reads} reads.`;
}

by("release").addEventListener("click", () => act(() => call("POST", "/deliveries/release")));
by("heal").addEventListener("click", () => act(() => call("PUT", "/faults", { faults: [] })));
by("new-fault").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = /** @type {HTMLInputElement} */ (by("fault-json"));
  act(() => call("POST", "/faults", JSON.parse(field.value)));
});
by("revoke").addEventListener("click", () => act(() => call("POST", "/tokens/revoke")));
by("reset").addEventListener("click", () => act(() => call("POST", "/reset")));

async function refresh() {
  if (!document.hidden) await act(async () => {});
  setTimeout(refresh, 1000);
}
refresh();
