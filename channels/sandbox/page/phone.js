// The phone: text messages of one customer, to and from the support number.

import { post } from "./api.js";
import { attachments, fileShown } from "./attach.js";
import { clock, composer, fill, find, following, make } from "./dom.js";

const FIRST_WORDS = "Where is order A-1001?";
const STATUSES = { queued: "sending", accepted: "sending", sent: "sent", delivered: "delivered", read: "read" };
let chosen = "";

export function begin({ scene }) {
  const put = composer(find("phone-form"), (text, files) => post("/sandbox/sms", { from: chosen, text, files }), attachments());
  put(FIRST_WORDS);
  find("phone-who").addEventListener("change", (event) => {
    chosen = event.target.value;
    draw(scene);
    find("bubbles").scrollTop = find("bubbles").scrollHeight;
  });
}

export function draw(scene) {
  offerPhones(scene);
  const texts = scene.phone.filter((message) => message.customer === chosen);
  const list = find("bubbles");
  following(list, () => fill(list, texts.length ? texts.map(bubble) : [nothingYet(scene)]));
}

/** Text as this customer, as if it had been typed. */
export function text(number, words) {
  chosen = number;
  find("phone-who").value = number;
  return post("/sandbox/sms", { from: number, text: words });
}

function offerPhones(scene) {
  const known = new Map(scene.world.customers.map((customer) => [customer.number, `${customer.name} ${customer.number}`]));
  for (const message of scene.phone) if (!known.has(message.customer)) known.set(message.customer, message.customer);
  chosen ||= scene.world.customers[0].number;
  const options = [...known].map(([number, name]) => make("option", { value: number, "data-key": number }, name));
  fill(find("phone-who"), options);
  find("phone-who").value = chosen;
}

function bubble(message) {
  const state = message.is_inbound ? "" : STATUSES[message.status] ?? message.status;
  return make(
    "li",
    { class: `bubble ${message.is_inbound ? "mine" : "theirs"}`, "data-key": message.sid },
    message.files.map((file) => fileShown("Picture", file.mimetype, `/sandbox/files/twilio/${file.id}`)),
    message.text ? make("p", {}, message.text) : null,
    make("small", {}, [clock(message.at), state].filter(Boolean).join(" · ")),
  );
}

function nothingYet(scene) {
  return make("li", { class: "nothing", "data-key": "nothing" }, `Write to ${scene.world.number}: the agent answers here.`);
}
