// Dialogs: those that the app opens for somebody in Slack, and the "are you sure?" of a button.

import { post } from "./api.js";
import { blockElements, inputValues } from "./blocks.js";
import { find, make } from "./dom.js";
import { mrkdwn } from "./mrkdwn.js";

let shown = ""; // the hash of the view that is open

/** Show the topmost dialog of this person, or none. */
export function drawDialog(user, views, names) {
  const view = views.at(-1);
  const modal = find("modal");
  if (!view) {
    shown = "";
    if (modal.open) modal.close();
    return;
  }
  if (view.hash === shown) return;
  shown = view.hash;
  const form = make("form", { class: "modal-form", novalidate: true });
  const blocks = make("div", { class: "modal-body" }, blockElements(view.blocks, names, () => {}));
  const submit = view.submit ? make("button", { class: "primary" }, view.submit.text) : null;
  form.append(
    make("h2", { id: "modal-title" }, view.title.text),
    blocks,
    make("div", { class: "modal-foot" }, make("button", { type: "button", onclick: () => dismiss(user) }, view.close?.text ?? "Close"), submit),
  );
  form.addEventListener("submit", (event) => submitted(event, form, user, view));
  modal.replaceChildren(form);
  modal.oncancel = (event) => {
    event.preventDefault();
    dismiss(user);
  };
  if (!modal.open) modal.showModal();
}

/** Ask before a button is pressed, in the app's own words. Gives true where the answer is yes. */
export function confirmed(confirm, names) {
  if (!confirm) return Promise.resolve(true);
  const dialog = find("confirm");
  return new Promise((resolve) => {
    const answer = (yes) => () => {
      dialog.close();
      resolve(yes);
    };
    dialog.replaceChildren(make(
      "div", { class: "modal-form" },
      make("h2", { id: "confirm-title" }, confirm.title.text),
      make("div", { class: "modal-body" }, mrkdwn(confirm.text.text, names)),
      make("div", { class: "modal-foot" },
        make("button", { type: "button", onclick: answer(false) }, confirm.deny.text),
        make("button", { type: "button", class: "primary", onclick: answer(true) }, confirm.confirm.text)),
    ));
    dialog.oncancel = answer(false);
    dialog.showModal();
  });
}

const dismiss = (user) => post("/sandbox/slack/dismiss", { user });

async function submitted(event, form, user, view) {
  event.preventDefault();
  const answer = await post("/sandbox/slack/submit", { user, values: inputValues(form, view) });
  for (const place of form.querySelectorAll("[data-error]")) {
    const words = answer?.errors[place.dataset.error] ?? "";
    place.textContent = words;
    place.hidden = !words;
  }
}
