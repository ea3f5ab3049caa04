// Things to break: the next answer of a provider, the next webhook, an attack. And what came of it.

import { post } from "./api.js";
import { clock, fill, find, make } from "./dom.js";

const ACCEPT = { twilio: "messages.create", slack: "chat.postMessage|chat.update", mail: "smtp.data" };
const HEAR = { twilio: "webhook", slack: "events", mail: "deliver" };
const PLANS = [
  ["Drop after accept", "takes the next answer, then cuts the line", (provider) => ({ kind: "drop_after", operation: ACCEPT[provider] })],
  ["429", "too busy for the next answer", (provider) => provider === "mail"
    ? { kind: "reject", operation: "smtp.data", code: "451 4.7.1 try again later" }
    : { kind: "rate_limit", operation: ACCEPT[provider], seconds: 2 }],
  ["Slow", "thinks four seconds about the next answer", (provider) => ({ kind: "slow", operation: ACCEPT[provider], seconds: 4 })],
  ["Duplicate", "delivers the customer’s next message twice", (provider) => ({ kind: "duplicate", operation: HEAR[provider] })],
];
const PROVIDERS = [["twilio", "Twilio"], ["slack", "Slack"], ["mail", "Mail"]];
const ARMED = { twilio: "now text as a customer", slack: "now write in Slack", mail: "now send a mail" };
let provider = "twilio";

export function begin({ scene }) {
  begin.scene = scene;
}

export function draw(scene) {
  for (const [name] of PROVIDERS) {
    const armed = (scene.faults[name] ?? []).length;
    find(`armed-${name}`).hidden = !armed;
    find(`armed-${name}`).textContent = `⚡ ${armed} armed`;
  }
  const armed = (scene.faults[provider] ?? []).map((fault) => `${fault.kind} ${fault.operation}`);
  fill(find("faults"), [
    make("div", { class: "switch", role: "group", "aria-label": "Provider", "data-key": "providers" }, PROVIDERS.map(([name, title]) =>
      make("button", { type: "button", "aria-pressed": String(name === provider), onclick: () => choose(name) }, title))),
    make("div", { class: "plans", "data-key": "plans" }, PLANS.map((plan) => planButton(plan, armed)), forgery(scene)),
    make("h3", { "data-key": "title" }, "What happened"),
    happenings(scene),
  ]);
}

function choose(name) {
  provider = name;
  draw(begin.scene);
}

function planButton([title, words, plan], armed) {
  const fault = { provider, ...plan(provider) };
  const isArmed = armed.includes(`${fault.kind} ${fault.operation}`);
  const name = fault.kind === "reject" ? "451 try later" : title;
  return make("button", { type: "button", class: "plan", "aria-pressed": String(isArmed), onclick: () => post("/sandbox/faults", fault, isArmed ? "DELETE" : "POST") },
    make("b", {}, name), make("small", {}, isArmed ? `armed: ${ARMED[provider]}` : words));
}

function forgery(scene) {
  const { number, address, slack_user_id: user } = scene.world.customers[0];
  const [what, victim, title, words] = {
    twilio: ["sms", number, "Forge a signature", "post a text message as Twilio, without its token"],
    slack: ["slack", user, "Forge a signature", "post an event as Slack, without its secret"],
    mail: ["mail", address, "Spoof a mail", "answer in Carla’s name from a foreign server"],
  }[provider];
  return make("button", { type: "button", class: "plan attack", onclick: () => post("/sandbox/forge", { what, victim, text: "Send my refund to another card." }) },
    make("b", {}, title), make("small", {}, words));
}

function happenings(scene) {
  const newestFirst = [...scene.happenings].reverse();
  const settled = scene.tally && scene.tally.written === scene.tally.arrived && !scene.tally.under_way && scene.tally.written;
  const lines = newestFirst.map((each) => make("li", { "data-kind": each.kind }, make("time", {}, clock(each.at, { seconds: true })), make("span", {}, each.text)));
  const verdict = settled && newestFirst.length
    ? make("li", { "data-kind": "settled" }, make("time", {}, "now"), make("span", {}, `Nothing is on the way: ${scene.tally.written} answers sent, ${scene.tally.arrived} arrived, each once.`))
    : null;
  return make("ol", { class: "happenings", "data-key": "happenings" }, verdict, lines.length ? lines : make("li", { class: "nothing" }, "Nothing yet. Arm a fault, then write, or kill a process above."));
}
