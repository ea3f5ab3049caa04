// The Slack client: who you are, the channels that you see, threads, messages that grow, buttons and dialogs.

import { post } from "./api.js";
import { attachments, fileShown } from "./attach.js";
import { blockElements } from "./blocks.js";
import { confirmed, drawDialog } from "./dialog.js";
import { clock, composer, fill, find, following, make } from "./dom.js";
import { emoji, mrkdwn } from "./mrkdwn.js";

const FIRST_WORDS = { dm: "My name is Carla. Where is order A-1001?", C0SUPPORT: "@frontdesk Where is order A-1001?" };
const HINTS = { dm: "Message Frontdesk", C0SUPPORT: "@frontdesk starts a conversation" };
let me = "";
let room = "dm";
let thread = ""; // the root's ts, where a thread is open
let whispersSeen = null;
let put = () => {};
let scene = null;

export function begin(page) {
  scene = page.scene;
  put = composer(find("slack-form"), write, attachments());
  find("pane-slack").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && thread) goTo(me, room);
  });
}

export function draw() {
  if (!me) {
    me = scene.world.people.find((person) => person.does === "customer").id;
    enter(room);
  }
  whispersSeen ??= new Set(scene.slack.whispers.keys());
  const people = scene.world.people.filter((person) => person.does);
  fill(find("rail"), people.map(face));
  const rooms = roomsOf(me);
  if (!rooms.some((each) => each.id === room)) enter(rooms[0].id);
  fill(find("rooms"), rooms.map(roomTab));
  drawHead();
  drawPosts();
  drawWhispers();
  drawPrompts();
  drawDialog(me, scene.slack.views[me] ?? [], nameOf);
}

/** Become somebody, and go somewhere: "dm" is the app's direct messages. */
export function goTo(user, channel, root = "", words = "") {
  me = user;
  enter(channel, root);
  draw();
  find("posts").scrollTop = find("posts").scrollHeight;
  if (!words) return;
  put(words);
  find("slack-text").focus();
}

/** Press a message's button, after asking where the app wants it. */
export async function press(channel, message, element) {
  if (!(await confirmed(element.confirm, nameOf))) return null;
  return post("/sandbox/slack/press", { user: me, channel, ts: message.ts, action: element.action_id });
}

function enter(channel, root = "") {
  if (room !== channel || thread !== root) find("posts").replaceChildren();
  room = channel;
  thread = root;
  const place = find("slack-text");
  place.placeholder = root ? "Reply in the thread" : HINTS[channel] ?? "Message";
  const isNew = !messages().length && people(me).does === "customer";
  put(isNew && !root ? FIRST_WORDS[channel] ?? "" : "");
}

async function write(text, files = []) {
  const sent = await post("/sandbox/slack", { user: me, channel: room, text, thread, files });
  if (sent) find("posts").scrollTop = find("posts").scrollHeight;
  return sent;
}

const people = (id) => scene.world.people.find((person) => person.id === id) ?? { id, name: id, does: "" };
const nameOf = (id) => (id.startsWith("S0") ? "approvers" : people(id).name.split(" ")[0]);
const channelId = () => (room === "dm" ? `D${me.slice(1)}` : room);
const channelNow = () => scene.slack.channels.find((channel) => channel.id === channelId());
const messages = () => channelNow()?.messages ?? [];

function roomsOf(user) {
  const shared = scene.slack.channels.filter((channel) => channel.name && channel.members.includes(user) && channel.name !== "general");
  const rooms = shared.map((channel) => ({ id: channel.id, name: `# ${channel.name}` }));
  const direct = { id: "dm", name: "Frontdesk" };
  return people(user).does === "customer" ? [direct, ...rooms] : [...rooms, direct];
}

function face(person) {
  const initials = person.name.split(" ")[0].slice(0, 2);
  return make(
    "button",
    {
      type: "button", class: "face", "data-key": person.id, "data-person": person.id, "data-does": person.does, "aria-pressed": String(person.id === me),
      "aria-label": `Be ${person.name}`, onclick: () => goTo(person.id, roomsOf(person.id)[0].id),
    },
    make("span", { class: "avatar", "data-person": person.id }, initials),
    make("small", {}, nameOf(person.id)),
  );
}

function roomTab({ id, name }) {
  return make("button", { type: "button", "data-key": id, "aria-pressed": String(id === room), onclick: () => goTo(me, id) }, name);
}

function drawHead() {
  const head = find("room-head");
  head.hidden = !thread;
  if (!thread) return;
  head.replaceChildren(make("button", { type: "button", class: "plain", onclick: () => goTo(me, room) }, "‹ Back"), make("b", {}, "Thread"));
}

function drawPosts() {
  const list = find("posts");
  const all = messages();
  const shown = thread
    ? all.filter((message) => message.ts === thread || message.thread_ts === thread)
    : all.filter((message) => !message.thread_ts || message.thread_ts === message.ts);
  const items = shown.map((message) => postItem(message, all));
  const status = scene.slack.statuses.find((each) => each.channel === channelId() && (!thread || each.thread === thread));
  if (status) items.push(make("li", { class: "status", "data-key": "status" }, `Frontdesk ${status.text}`));
  if (!items.length) items.push(make("li", { class: "nothing", "data-key": "nothing" }, emptyWords()));
  following(list, () => fill(list, items));
}

function emptyWords() {
  if (room === "dm") return "Direct messages with Frontdesk. Write, and the agent answers.";
  return room === "C0APPROVERS" ? "Requests that need a person’s word appear here." : "Mention @frontdesk to get an answer in a thread.";
}

function postItem(message, all) {
  const author = people(message.user);
  const replies = thread ? [] : all.filter((each) => each.thread_ts === message.ts && each.ts !== message.ts);
  const isBot = message.user === scene.world.bot;
  return make(
    "li",
    { class: `post ${isBot ? "ours" : ""} ${message.grows ? "grows" : ""}`, "data-key": message.ts, "data-ts": message.ts },
    make("span", { class: "avatar", "data-person": message.user, "aria-hidden": "true" }, isBot ? "f" : author.name.slice(0, 2)),
    make(
      "div", { class: "post-body" },
      make("p", { class: "post-head" }, make("b", {}, author.name), isBot ? make("i", {}, "app") : null,
        make("time", {}, clock(Number(message.ts) * 1000)), message.edited && !isBot ? make("small", {}, "edited") : null),
      content(message),
      (message.files ?? []).map((file) => fileShown(file.name ?? file.title ?? file.id, file.mimetype, `/sandbox/files/slack/${file.id}`)),
      reactions(message),
      replies.length ? repliesLine(message, replies) : null,
    ),
  );
}

function content(message) {
  const pressed = async (element) => {
    const answer = await press(channelId(), message, element);
    if (answer && answer.status !== 200) find("connection").textContent = "the app did not take the click: web is away?";
  };
  if (message.blocks?.length) return make("div", { class: message.blocks.some((block) => block.type === "actions" || block.type === "header") ? "card" : "" }, blockElements(message.blocks, nameOf, pressed));
  return make("div", { class: "b-text" }, mrkdwn(message.text ?? "", nameOf));
}

function reactions(message) {
  if (!message.reactions?.length) return null;
  return make("p", { class: "reactions" }, message.reactions.map((each) => make("span", { title: `:${each.name}:` }, `${emoji(each.name)} ${each.count}`)));
}

function repliesLine(message, replies) {
  const last = replies.at(-1);
  const words = (last.text ?? "").replace(/[<>*_`]/g, "").replace(/\s+/g, " ").slice(0, 90);
  return make(
    "button", { type: "button", class: "replies", onclick: () => goTo(me, room, message.ts) },
    make("b", {}, replies.length === 1 ? "1 reply" : `${replies.length} replies`), make("span", {}, words),
  );
}

function drawWhispers() {
  const unseen = [...scene.slack.whispers.entries()].filter(([index, each]) => each.user === me && !whispersSeen.has(index));
  fill(find("whispers"), unseen.slice(-2).map(([index, each]) => make(
    "div", { class: "whisper", "data-key": `${index}` },
    make("small", {}, "Only visible to you"), make("div", { class: "b-text" }, mrkdwn(each.text, nameOf)),
    make("button", { type: "button", "aria-label": "Dismiss", onclick: () => { whispersSeen.add(index); draw(); } }, "✕"),
  )));
}

function drawPrompts() {
  const prompts = messages().length ? [] : scene.slack.prompts[channelId()] ?? [];
  fill(find("prompts"), prompts.map((prompt) => make("button", { type: "button", "data-key": prompt.title, onclick: () => write(prompt.message) }, prompt.title)));
}
