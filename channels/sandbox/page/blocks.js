// Block Kit, as far as the gateway uses it: what stands in messages and dialogs, and the inputs of dialogs.

import { make } from "./dom.js";
import { markdown, mrkdwn } from "./mrkdwn.js";

/** The blocks of a message. `press(element)` is called for a button. */
export function blockElements(blocks, names, press) {
  return blocks.map((block) => blockElement(block, names, press)).filter(Boolean);
}

/** The inputs of a dialog, by block id, as the simulator takes them: text, an option's value, a list of values. */
export function inputValues(form, view) {
  const values = {};
  for (const block of view.blocks.filter((each) => each.type === "input")) {
    const fields = [...form.elements].filter((field) => field.name === block.block_id);
    const chosen = fields.filter((field) => field.checked).map((field) => field.value);
    if (block.element.type === "checkboxes") values[block.block_id] = chosen;
    else if (block.element.type === "radio_buttons") values[block.block_id] = chosen[0] ?? null;
    else values[block.block_id] = fields[0]?.value || null;
  }
  return values;
}

function blockElement(block, names, press) {
  switch (block.type) {
    case "header": return make("h4", { class: "b-header" }, block.text.text);
    case "section": return section(block, names, press);
    case "context": return make("p", { class: "b-context" }, block.elements.filter((each) => each.text).map((each) => make("span", {}, words(each, names))));
    case "actions": return make("div", { class: "b-actions" }, block.elements.map((each) => button(each, press)));
    case "markdown": return make("div", { class: "b-text" }, markdown(block.text, names));
    case "divider": return make("hr", {});
    case "input": return input(block);
    default: return null;
  }
}

function section(block, names, press) {
  const parts = [block.text && make("div", { class: "b-text" }, words(block.text, names))];
  if (block.fields) parts.push(make("div", { class: "b-fields" }, block.fields.map((field) => make("div", {}, words(field, names)))));
  if (block.accessory?.type === "button") parts.push(button(block.accessory, press));
  return make("div", { class: "b-section" }, parts);
}

function words(text, names) {
  return text.type === "mrkdwn" ? mrkdwn(text.text, names) : [text.text];
}

function button(element, press) {
  if (element.type !== "button") return null;
  const attributes = { type: "button", class: `b-button ${element.style ?? ""}`, "data-action": element.action_id };
  return make("button", { ...attributes, onclick: () => press(element) }, element.text.text);
}

function input(block) {
  const name = block.block_id;
  const label = block.label.text + (block.optional ? " (optional)" : "");
  const hint = block.hint ? make("small", { class: "hint" }, block.hint.text) : null;
  const error = make("p", { class: "error", id: `error-${name}`, hidden: true, role: "alert", "data-error": name });
  const element = block.element;
  if (element.type === "radio_buttons" || element.type === "checkboxes") {
    return make("fieldset", { class: "b-input" }, make("legend", {}, label), element.options.map((option) => choice(name, element, option)), hint, error);
  }
  return make("div", { class: "b-input" }, make("label", { for: `input-${name}` }, label), field(name, element), hint, error);
}

function field(name, element) {
  const common = { id: `input-${name}`, name, "aria-describedby": `error-${name}`, placeholder: element.placeholder?.text };
  switch (element.type) {
    case "static_select": {
      const options = element.options.map((option) =>
        make("option", { value: option.value, selected: option.value === element.initial_option?.value }, option.text.text));
      return make("select", common, make("option", { value: "" }, "—"), options);
    }
    case "datepicker": return make("input", { ...common, type: "date", value: element.initial_date });
    case "number_input": return make("input", { ...common, inputmode: "decimal", value: element.initial_value, autocomplete: "off" });
    default: {
      if (!element.multiline) return make("input", { ...common, value: element.initial_value, maxlength: element.max_length, autocomplete: "off" });
      const area = make("textarea", { ...common, rows: "4", maxlength: element.max_length });
      area.value = element.initial_value ?? "";
      return area;
    }
  }
}

function choice(name, element, option) {
  const type = element.type === "checkboxes" ? "checkbox" : "radio";
  const chosen = [element.initial_option, ...(element.initial_options ?? [])].some((each) => each?.value === option.value);
  return make("label", { class: "choice" }, make("input", { type, name, value: option.value, checked: chosen }), option.text.text);
}
