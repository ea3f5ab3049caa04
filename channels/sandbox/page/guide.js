// Things to try, in order: each starts with one click, and is ticked off when it has really happened.

import { fill, find, make } from "./dom.js";
import * as phone from "./phone.js";
import * as processes from "./processes.js";
import * as slack from "./slack.js";
import { see } from "./trace.js";

const REFUND = 'call refund_order {"order_id": "A-1001", "amount": 25}';
const PERSON = 'call handoff_to_human {"reason": "wants to talk to a person"}';
const HELLO = "Hello Carl, this is Stan. How can I help?";
const AGAIN = "Are you still there?";
const APPROVALS = "C0APPROVERS";
const CARD = /^(Approval needed|Approved|Denied|Expired|Withdrawn)/; // how a card's title begins
const PATIENCE_MS = 60_000;
let page = null;
let awaited = []; // what a step waits for before it goes on

const STEPS = [
  { title: "Ask for a refund", short: "Refund", action: "Text as Carla", start: askForRefund, isDone: (scene) => cards(scene).length > 0 },
  { title: "Approve it", short: "Approval", action: "Press as Ada", start: approve, isDone: (scene) => cards(scene).some((card) => !button(card)) },
  { title: "Take over as staff", short: "Takeover", action: "Be Stan", start: takeOver, isDone: (scene) => hasRelayed(scene) },
  { title: "Kill the worker, write again", short: "Killed worker", action: "Kill and text", start: killAndWrite, isDone: survived },
];

export function begin(context) {
  page = context;
}

export function draw(scene) {
  for (const wish of awaited) if (wish.look(scene)) wish.resolve(wish.look(scene));
  const done = STEPS.map((step) => step.isDone(scene));
  const next = done.indexOf(false);
  const steps = STEPS.map((step, index) => stepItem(step, index, done[index], index === next));
  fill(find("guide"), next < 0 ? [...steps, farewell()] : steps);
}

function stepItem(step, index, isDone, isNext) {
  const state = isDone ? "done" : isNext ? "next" : "later";
  return make(
    "li", { class: "step", "data-state": state, "data-key": `${index}` },
    make("span", { class: "step-number", "aria-hidden": "true" }, isDone ? "✓" : String(index + 1)),
    make("span", { class: "step-title" }, isDone ? step.short : step.title, isDone ? make("span", { class: "hidden" }, " (done)") : null),
    make(
      "button",
      { type: "button", class: "step-go", disabled: state === "later", onclick: step.start, "aria-label": isDone ? `Again: ${step.title}` : null },
      isDone ? "↻" : step.action,
    ),
  );
}

function farewell() {
  return make(
    "li", { class: "step", "data-state": "last", "data-key": "farewell" },
    make("span", { class: "step-title" }, "Nothing lost"),
    make("button", { type: "button", class: "step-go", onclick: breakThings }, "Break more"),
  );
}

function breakThings() {
  page.show("inside");
  see("faults");
}

const customer = (index) => page.scene.world.customers[index];

const approvals = (scene) => scene.slack.channels.find((each) => each.id === APPROVALS)?.messages ?? [];

const cards = (scene) => approvals(scene).filter((message) => message.blocks?.some((block) => block.type === "header" && CARD.test(block.text.text)));

const button = (card, action = "approval.approve") => card.blocks.flatMap((block) => block.elements ?? []).find((element) => element.action_id === action);

function askForRefund() {
  page.show("phone");
  see("trace");
  phone.text(customer(0).number, REFUND);
}

function approve() {
  const card = cards(page.scene).filter((each) => button(each)).at(-1);
  page.show("slack");
  slack.goTo("U0ADA", APPROVALS);
  if (card) slack.press(APPROVALS, card, button(card));
}

async function killAndWrite() {
  page.show("phone");
  see("trace");
  await processes.kill("worker");
  phone.text(customer(0).number, AGAIN);
}

/** Carl asks for a person, Stan takes the conversation, and what he would say stands in the thread: Enter sends it. */
async function takeOver() {
  page.show("slack");
  see("trace");
  slack.goTo("U0STAN", APPROVALS);
  const before = new Set(waiting(page.scene).map((message) => message.ts));
  await phone.text(customer(1).number, PERSON);
  const brief = await until((scene) => waiting(scene).find((message) => !before.has(message.ts)));
  await slack.press(APPROVALS, brief, button(brief, "conversation.take_over"));
  slack.goTo("U0STAN", APPROVALS, brief.ts, HELLO);
}

/** The first true value that `look` finds in the scene, now or later. */
function until(look) {
  return new Promise((resolve, reject) => {
    const wish = { look, resolve };
    const forget = () => {
      awaited = awaited.filter((other) => other !== wish);
    };
    wish.resolve = (found) => {
      forget();
      resolve(found);
    };
    awaited.push(wish);
    setTimeout(() => {
      forget();
      reject(new Error("it did not happen"));
    }, PATIENCE_MS);
  });
}

/** Conversations that wait for a person, as staff see them. */
const waiting = (scene) => approvals(scene).filter((message) => message.blocks && !button(message) && button(message, "conversation.take_over"));

/** What somebody wrote in a handoff thread has reached the customer, and is marked so. */
const hasRelayed = (scene) => approvals(scene).some((message) => message.user !== scene.world.bot && message.reactions?.some((each) => each.name === "white_check_mark"));

/** A text that was written after a worker was killed has been answered. */
function survived(scene) {
  const killed = scene.happenings.find((each) => each.kind === "process.killed" && each.subject === "worker");
  const written = killed && scene.phone.find((each) => each.is_inbound && Date.parse(each.at) > Date.parse(killed.at));
  return Boolean(written) && scene.phone.some((each) => !each.is_inbound && each.customer === written.customer && Date.parse(each.at) > Date.parse(written.at));
}
