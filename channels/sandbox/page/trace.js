// The trace of one conversation: every hop as it happens, where it happened, and how long it took to get there.

import { clock, fill, find, following, make } from "./dom.js";

// What an event's name begins with: where it happens, and what it means.
const HOPS = [
  ["message.received", "provider", "Received by the provider"], ["message.stored", "web", "Stored, then acknowledged"],
  ["turn.started", "worker", "Turn started"], ["turn.done", "worker", "Turn done"], ["turn.paused", "worker", "Turn paused, no worker waits"],
  ["turn.failed", "worker", "Turn failed"], ["turn.", "worker", "Turn"], ["session.", "engine", "Session"], ["tool.", "engine", "Tool"], ["event.", "engine", "Session"],
  ["approval.requested", "desk", "Approval asked for"], ["approval.approved", "desk", "Approved"], ["approval.rejected", "desk", "Denied"],
  ["approval.answered", "engine", "Session told of the decision"], ["approval.", "desk", "Approval"], ["decision", "desk", "Decision"],
  ["handoff", "desk", "Handoff"], ["staff", "desk", "Staff"], ["delivery.queued", "outbox", "Written to the outbox"], ["delivery.sent", "outbox", "Sent"], ["delivery.delivered", "outbox", "Delivered"],
  ["delivery.unknown", "outbox", "Fate unknown: asking the provider"], ["delivery.", "outbox", "Delivery"], ["receipt.", "provider", "Receipt"], ["audit: conversation.held", "desk", "Held for a person"], ["audit", "audit", "Audit"],
];
const OUR_OWN = { "process.killed": "Killed", "process.ended": "Ended, started again", "fault.struck": "Fault", forgery: "Forgery" };
const JUST_BEFORE_MS = 1000; // a fault strikes before the message that it befalls is received
let wanted = "";

export function begin({ connect }) {
  find("trace-of").addEventListener("change", (event) => {
    wanted = event.target.value;
    find("hops").replaceChildren();
    connect(wanted);
  });
  find("see-trace").addEventListener("click", () => see("trace"));
  find("see-faults").addEventListener("click", () => see("faults"));
}

export function draw(scene) {
  offerConversations(scene);
  const steps = merged(scene).map((step, index, all) => hopItem(step, all[index - 1]));
  const list = find("hops");
  following(list, () => fill(list, steps.length ? steps : [make("li", { class: "nothing", "data-key": "nothing" }, "Write to somebody: every hop of the conversation appears here as it happens.")]));
}

/** The trace, or what can be broken. */
export function see(which) {
  for (const name of ["trace", "faults"]) {
    find(`view-${name}`).hidden = name !== which;
    find(`see-${name}`).setAttribute("aria-pressed", String(name === which));
  }
}

function offerConversations(scene) {
  const known = scene.conversations.map((each) => [each.id, `${each.channel} · ${nameOf(each, scene)}${each.holder === "human" ? " · with staff" : ""}`]);
  const options = [["", known.length ? "Newest activity" : "No conversation yet"], ...known];
  fill(find("trace-of"), options.map(([id, name]) => make("option", { value: id, "data-key": `${id} ${name}` }, name)));
  find("trace-of").value = wanted;
}

function nameOf({ address }, scene) {
  const customer = scene.world.customers.find((each) => [each.number, each.address, each.slack_user_id].some((known) => address.includes(known)));
  return customer?.name ?? address;
}

function merged(scene) {
  const hops = scene.trace?.hops ?? [];
  if (!hops.length) return [];
  const own = scene.happenings.filter((each) => Date.parse(each.at) >= Date.parse(hops[0].at) - JUST_BEFORE_MS).map((each) => ({ at: each.at, what: each.kind, detail: each.text, isOwn: true }));
  return [...hops, ...own].sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
}

function hopItem(step, before) {
  const [place, words] = step.isOwn ? ["player", OUR_OWN[step.what] ?? step.what] : placeOf(step);
  const apart = before ? Date.parse(step.at) - Date.parse(before.at) : 0;
  return make(
    "li", { class: "hop", "data-place": place, "data-key": `${step.at} ${step.what} ${step.detail}` },
    make("span", { class: "hop-place" }, place),
    make("div", { class: "hop-body" },
      make("p", {}, make("b", {}, words), make("time", { title: new Date(step.at).toLocaleString() }, before ? `+${lasted(apart)}` : clock(step.at, { seconds: true }))),
      make("small", { title: step.detail }, step.isOwn ? step.detail : [step.what, step.detail].filter(Boolean).join(" · "))),
  );
}

function placeOf({ what, detail }) {
  if (what === "delivery.queued") return ["outbox", `To send: ${detail.split(" ").slice(1).join(" by ")}`];
  if (what.startsWith("tool.")) return ["engine", `Tool ${what.slice(5)}: ${detail}`];
  const [prefix, place, words] = HOPS.find(([start]) => what.startsWith(start)) ?? ["", "other", what];
  const rest = what.slice(prefix.length).replace(/^[:. ]+/, "").replaceAll("_", " ");
  return [place, rest ? `${words}: ${rest}` : words];
}

const lasted = (ms) => (ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`);
