// The mailbox of one customer: threads, mails in a frame of their own, and a sheet to write on.

import { post } from "./api.js";
import { attachments, fileShown } from "./attach.js";
import { clock, fill, find, make } from "./dom.js";

const FIRST_SUBJECT = "My order";
const FIRST_WORDS = "Hello,\n\nwhere is order A-1001?\n\nThanks, Carla";
let chosen = "";
let open = null; // a thread, "new", or null: the list
let drawn = "";
let reply = { place: "", form: null, answered: "" }; // what is being written under a thread

export function begin({ scene }) {
  find("mail-who").addEventListener("change", (event) => {
    chosen = event.target.value;
    goTo(null, scene);
  });
  find("mail-new").addEventListener("click", () => goTo("new", scene));
  begin.scene = scene;
}

export function draw(scene) {
  offerMailboxes(scene);
  const mails = scene.mail[chosen] ?? [];
  const held = heldBecause(scene);
  const look = JSON.stringify([chosen, open, open === "new" ? 0 : mails, held]);
  if (look === drawn) return; // a frame that is put anew loads anew
  const opened = open === null && !mails.length ? "new" : open;
  const body = find("mail-body");
  const focused = body.contains(document.activeElement) ? document.activeElement : null;
  const isSamePlace = body.dataset.place === `${chosen} ${opened}`;
  if (opened === "new") drawNew(body, isSamePlace);
  else if (opened === null) body.replaceChildren(threadList(mails, scene));
  else drawThread(body, mails.filter((mail) => mail.thread === opened), scene, held);
  if (isSamePlace && body.contains(focused)) focused.focus({ preventScroll: true });
  body.dataset.place = `${chosen} ${opened}`;
  drawn = look;
}

function goTo(place, scene) {
  open = place;
  find("mail-body").dataset.place = "";
  draw(scene);
}

function offerMailboxes(scene) {
  const known = new Map(scene.world.customers.map((customer) => [customer.address, `${customer.name} · ${customer.address}`]));
  for (const address of Object.keys(scene.mail)) if (!known.has(address)) known.set(address, address);
  chosen ||= scene.world.customers[0].address;
  fill(find("mail-who"), [...known].map(([address, name]) => make("option", { value: address, "data-key": address }, name)));
  find("mail-who").value = chosen;
}

function threadList(mails, scene) {
  const threads = new Map();
  for (const mail of mails) threads.set(mail.thread, [...(threads.get(mail.thread) ?? []), mail]);
  const newestFirst = [...threads.entries()].reverse().sort((a, b) => (a[1].at(-1).at < b[1].at(-1).at ? 1 : -1));
  return make("ol", { class: "threads", "aria-label": "Mails" }, newestFirst.map(([id, thread]) => {
    const last = thread.at(-1);
    return make("li", {}, make(
      "button",
      { type: "button", class: last.is_sent ? "" : "answered", onclick: () => goTo(id, scene) },
      make("span", { class: "thread-from" }, last.is_sent ? "You" : nameOf(last), make("time", {}, clock(last.at))),
      make("b", {}, thread[0].subject || "(no subject)", thread.length > 1 ? make("i", {}, String(thread.length)) : null),
      make("span", { class: "thread-words" }, last.text.replace(/\s+/g, " ").slice(0, 120)),
    ));
  }));
}

/** Why the agent does not answer the open thread; empty where it does. */
function heldBecause(scene) {
  const conversation = scene.conversations.find((each) => each.channel === "email" && each.thread.startsWith(`${open}#`));
  if (conversation?.holder !== "human") return "";
  return conversation.held_because ? `Held for staff: ${conversation.held_because}. They decide in Slack.` : "With staff now: they answer.";
}

function drawThread(body, mails, scene, held) {
  const head = make(
    "div", { class: "thread-head" },
    make("button", { type: "button", class: "plain", onclick: () => goTo(null, scene) }, "‹ All"),
    make("h3", {}, mails[0]?.subject || "(no subject)"),
  );
  const newest = mails.at(-1);
  const letters = make("div", { class: "letters", tabindex: "0", role: "group", "aria-label": "The thread's mails" },
    mails.map((mail) => letter(mail, mail === newest)));
  const answerable = mails.filter((mail) => !mail.is_sent).at(-1);
  const state = held || (answerable ? "" : "Sent. The answer will appear here.");
  body.replaceChildren(...[
    head, letters,
    state ? make("p", { class: "waiting", "data-state": held ? "held" : "sent", role: "status" }, state) : null,
    answerable ? replyForm(answerable) : null,
  ].filter(Boolean));
  letters.scrollTop = letters.scrollHeight;
}

function letter(mail, isOpen) {
  const summary = make("summary", {}, make("b", {}, mail.is_sent ? "You" : nameOf(mail)), make("time", {}, clock(mail.at)));
  const files = mail.files.length ? make("p", { class: "files" }, mail.files.map((name) => fileShown(name, "", ""))) : null;
  return make("details", { class: `letter ${mail.is_sent ? "sent" : "got"}`, open: isOpen || mail.is_sent }, summary, page(mail), files);
}

const nameOf = (mail) => (mail.from === begin.scene.world.support ? "Acme Support" : mail.from);

function page(mail) {
  if (!mail.has_html) return make("p", { class: "plain-text" }, mail.text);
  const query = new URLSearchParams({ address: chosen, id: mail.id });
  return make("iframe", { sandbox: "", title: `Mail: ${mail.subject}`, src: `/sandbox/mail/html?${query}`, loading: "lazy" });
}

function drawNew(body, isSamePlace) {
  if (isSamePlace && body.querySelector("form")) return;
  const subject = make("input", { id: "mail-subject", value: FIRST_SUBJECT, autocomplete: "off" });
  const text = make("textarea", { id: "mail-text", rows: "8" });
  text.value = FIRST_WORDS;
  const attached = attachments("Attach a file");
  const form = make(
    "form", { class: "letter-form" },
    make("p", { class: "to" }, "To ", make("b", {}, begin.scene.world.support)),
    make("label", { for: "mail-subject" }, "Subject"), subject,
    make("label", { for: "mail-text" }, "Mail"), text,
    make("div", { class: "letter-foot" }, attached.elements, make("button", { class: "primary" }, "Send mail")),
  );
  sendWithKeys(text, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const sent = await post("/sandbox/mail", { from: chosen, subject: subject.value, text: text.value, files: await attached.take() });
    if (sent) goTo(sent.message_id, begin.scene);
  });
  body.replaceChildren(form);
}

function replyForm(answered) {
  const place = `${chosen} ${open}`;
  if (reply.place !== place) reply = { place, form: newReply(), answered: "" };
  reply.answered = answered.id;
  return reply.form;
}

function newReply() {
  const text = make("textarea", { id: "mail-reply", rows: "2", placeholder: "Reply", "aria-label": "Reply" });
  const attached = attachments();
  const form = make("form", { class: "compose" }, attached.elements, text, make("button", { class: "send", "aria-label": "Send the reply" }, "↑"));
  sendWithKeys(text, form);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const words = text.value.trim();
    if (!words && attached.isEmpty()) return;
    if (await post("/sandbox/mail", { from: chosen, text: words, reply_to: reply.answered, files: await attached.take() })) text.value = "";
  });
  return form;
}

/** Ctrl+Enter sends, as in mail programs; Enter alone makes a new line. */
function sendWithKeys(field, form) {
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
  });
}
