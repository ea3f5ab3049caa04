// Puts the page together: the scene comes in, each part of the page draws what it knows of it.

import { follow, onComplaint } from "./api.js";
import { find, make } from "./dom.js";
import * as faults from "./faults.js";
import * as guide from "./guide.js";
import * as mail from "./mail.js";
import * as phone from "./phone.js";
import * as processes from "./processes.js";
import * as slack from "./slack.js";
import * as trace from "./trace.js";

const scene = { phone: [], mail: {}, slack: null, faults: {}, happenings: [], processes: [], conversations: [] };
const parts = [phone, mail, slack, processes, trace, faults, guide];
const TABS = [["phone", "Phone"], ["mail", "Mail"], ["slack", "Slack"], ["inside", "Inside"]];
let stop = () => {};
let isDrawing = false;

/** Show one pane, where there is room for one only. */
export function show(tab) {
  document.body.dataset.tab = tab;
  for (const button of find("tabs").children) button.setAttribute("aria-pressed", String(button.dataset.tab === tab));
}

function draw() {
  isDrawing = false;
  if (!scene.world || !scene.slack) return;
  for (const part of parts) part.draw(scene);
}

function tell(part, value) {
  scene[part] = value;
  if (part === "console") showConsole(value);
  if (!isDrawing) requestAnimationFrame(draw);
  isDrawing = true;
}

function connect(conversation) {
  stop();
  stop = follow({ conversation }, tell, (isConnected) => say(isConnected ? "live" : "reconnecting…", isConnected));
}

function say(words, isWell) {
  const line = find("connection");
  line.textContent = words;
  line.dataset.state = isWell ? "well" : "ill";
}

function showConsole({ url, token }) {
  const link = find("console");
  link.href = url;
  link.title = `The console of the operators. Password: ${token}`;
  link.hidden = false;
}

find("tabs").append(
  ...TABS.map(([tab, name]) => make("button", { type: "button", "data-tab": tab, onclick: () => show(tab) }, name)),
);
onComplaint((words) => {
  say(words, false);
  setTimeout(() => say("live", true), 4000);
});
for (const part of parts) part.begin({ show, scene, connect });
show("phone");
connect("");
