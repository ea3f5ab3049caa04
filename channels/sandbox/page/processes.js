// The processes of the gateway, each with a switch that kills it; and whether every answer has arrived once.

import { post } from "./api.js";
import { fill, find, make } from "./dom.js";

const DOES = {
  web: "takes webhooks", worker: "runs turns, sends answers", engine: "runs the agent", mailbox: "listens to the mailbox",
};

export function begin() {}

export function draw(scene) {
  fill(find("processes"), scene.processes.map(processItem));
  if (scene.tally) drawTally(scene.tally);
}

export const kill = (name) => post("/demo/kill", { process: name });

function processItem(process) {
  const state = process.is_up ? "up" : "down";
  const again = process.starts > 1 ? `started ${process.starts}×` : state;
  const button = make(
    "button",
    {
      type: "button", "aria-disabled": String(!process.is_up), onclick: () => process.is_up && kill(process.name),
      title: `Kill ${process.name} (${DOES[process.name] ?? ""}) with SIGKILL. It is started again.`,
      "aria-label": `Kill ${process.name}`,
    },
    "✕",
  );
  const name = make("span", { class: "process-name" }, make("b", {}, process.name), make("small", {}, process.is_up ? again : "restarting"));
  return make("li", { "data-key": process.name, "data-state": state }, name, button);
}

function drawTally({ written, under_way, arrived }) {
  const line = find("tally");
  const isEven = written === arrived && !under_way;
  const isTwice = arrived > written;
  const verdict = isTwice ? "something came twice" : isEven ? "each once ✓" : "on the way…";
  line.dataset.state = isTwice ? "ill" : isEven ? "well" : "busy";
  line.replaceChildren(...[
    make("span", {}, make("b", {}, String(written)), ` answer${written === 1 ? "" : "s"}, `, make("b", {}, String(arrived)), " arrived"),
    written ? make("span", { class: "verdict" }, verdict) : null,
  ].filter(Boolean));
}
