// Things to try, in order: each starts with one click, and is ticked off when it has really happened.

import { fill, find, make } from "./dom.js";
import * as phone from "./phone.js";
import * as processes from "./processes.js";
import * as slack from "./slack.js";
import { see } from "./trace.js";

const REFUND = 'call refund_order {"order_id": "A-1001", "amount": 25}';
const AGAIN = "Are you still there?";
const APPROVALS = "C0APPROVERS";
let page = null;

const STEPS = [
  { title: "Ask for a refund", action: "Text as Carla", start: askForRefund, isDone: (scene) => cards(scene).length > 0 },
  { title: "Approve it", action: "Press as Ada", start: approve, isDone: (scene) => cards(scene).some((card) => !button(card)) },
  { title: "Kill the worker, write again", action: "Kill and text", start: killAndWrite, isDone: survived },
];

export function begin(context) {
  page = context;
}

export function draw(scene) {
  const done = STEPS.map((step) => step.isDone(scene));
  const next = done.indexOf(false);
  const steps = STEPS.map((step, index) => stepItem(step, index, done[index], index === next));
  fill(find("guide"), next < 0 ? [...steps, farewell()] : steps);
}

function stepItem(step, index, isDone, isNext) {
  const state = isDone ? "done" : isNext ? "next" : "later";
  return make(
    "li", { class: "step", "data-state": state, "data-key": `${index} ${state}` },
    make("span", { class: "step-number", "aria-hidden": "true" }, isDone ? "✓" : String(index + 1)),
    make("span", { class: "step-title" }, step.title, isDone ? make("span", { class: "hidden" }, " (done)") : null),
    make(
      "button",
      { type: "button", class: "step-go", disabled: state === "later", onclick: step.start, "aria-label": isDone ? `Again: ${step.title}` : null },
      isDone ? "Again" : step.action,
    ),
  );
}

function farewell() {
  return make(
    "li", { class: "step", "data-state": "last", "data-key": "farewell" },
    make("span", { class: "step-title" }, "Nothing was lost"),
    make("button", { type: "button", class: "step-go", onclick: breakThings }, "Break more"),
  );
}

function breakThings() {
  page.show("inside");
  see("faults");
}

const carla = () => page.scene.world.customers[0];

const cards = (scene) => (scene.slack.channels.find((each) => each.id === APPROVALS)?.messages ?? [])
  .filter((message) => message.user === scene.world.bot && message.blocks?.some((block) => block.type === "header"));

const button = (card) => card.blocks.flatMap((block) => block.elements ?? []).find((element) => element.action_id === "approval.approve");

function askForRefund() {
  page.show("phone");
  see("trace");
  phone.text(carla().number, REFUND);
}

function approve() {
  const card = cards(page.scene).filter(button).at(-1);
  page.show("slack");
  slack.goTo("U0ADA", APPROVALS);
  if (card) slack.press(APPROVALS, card, button(card));
}

async function killAndWrite() {
  page.show("phone");
  see("trace");
  await processes.kill("worker");
  phone.text(carla().number, AGAIN);
}

/** A text that was written after a worker was killed has been answered. */
function survived(scene) {
  const killed = scene.happenings.find((each) => each.kind === "process.killed" && each.subject === "worker");
  const written = killed && scene.phone.find((each) => each.is_inbound && Date.parse(each.at) > Date.parse(killed.at));
  return Boolean(written) && scene.phone.some((each) => !each.is_inbound && each.customer === written.customer && Date.parse(each.at) > Date.parse(written.at));
}
