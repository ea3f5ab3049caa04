// Files that somebody attaches before they send, and the files of what was sent.

import { complain } from "./api.js";
import { make } from "./dom.js";

const MOST_BYTES = 20_000_000;
const PICTURES = ["image/png", "image/jpeg", "image/gif", "image/webp"];

/** A button that chooses files for a form, and the row that shows them. `take()` empties it and gives what to send. */
export function attachments(words = "") {
  let chosen = [];
  const field = make("input", { type: "file", class: "hidden", multiple: true, tabindex: "-1", "aria-hidden": "true", onchange: add });
  const button = make("button", { type: "button", class: words ? "plain" : "attach", "aria-label": "Attach a file", title: "Attach a file", onclick: () => field.click() }, words || "+");
  const row = make("ul", { class: "chosen", "aria-label": "Attached files", hidden: true });

  function add() {
    for (const file of field.files) {
      if (file.size <= MOST_BYTES) chosen.push(file);
      else complain(`${file.name} is larger than ${MOST_BYTES / 1e6} MB`);
    }
    field.value = "";
    show();
  }

  function show() {
    row.hidden = !chosen.length;
    row.replaceChildren(...chosen.map((file) => make("li", {}, make("span", {}, file.name),
      make("button", { type: "button", "aria-label": `Do not attach ${file.name}`, onclick: () => leaveOut(file) }, "✕"))));
  }

  function leaveOut(file) {
    chosen = chosen.filter((other) => other !== file);
    show();
    button.focus();
  }

  return {
    elements: [row, field, button],
    isEmpty: () => !chosen.length,
    async take() {
      const files = chosen;
      chosen = [];
      show();
      return Promise.all(files.map(encoded));
    },
  };
}

/** A file that was sent: a picture, or its name. `path` gives its bytes; without one the name is all there is. */
export function fileShown(name, mimeType, path) {
  if (path && PICTURES.includes(mimeType)) return make("a", { class: "picture", href: path, target: "_blank", rel: "noopener" }, make("img", { src: path, alt: name }));
  const label = [make("i", { "aria-hidden": "true" }, "↧"), name];
  return path ? make("a", { class: "file", href: path, download: name }, label) : make("span", { class: "file" }, label);
}

function encoded(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve({ name: file.name, type: file.type || "application/octet-stream", content: reader.result.split(",", 2)[1] ?? "" });
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
