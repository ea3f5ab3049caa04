// Elements from plain values. Text is only ever set as text: nothing that anybody wrote becomes markup.

export const find = (id) => document.getElementById(id);

/** An element with attributes, listeners (`onclick: f`) and children; strings become text. Null children are left out. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Put new children in the place of the old, keeping those that are the same, so that focus and scroll stay. */
export function fill(parent, children) {
  const wanted = children.filter(Boolean);
  const kept = new Map([...parent.children].map((child) => [child.dataset.key, child]));
  const placed = wanted.map((child) => {
    const old = child.dataset.key && kept.get(child.dataset.key);
    if (!old) return child;
    if (old.isEqualNode(child) || old.contains(document.activeElement)) return old;
    return child;
  });
  for (const child of [...parent.children]) if (!placed.includes(child)) child.remove();
  placed.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
}

/** Run `change`, and stay at the end of the list where its reader was there. */
export function following(list, change) {
  const wasAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  change();
  if (wasAtEnd) list.scrollTop = list.scrollHeight;
}

export function clock(at, { seconds = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}), hour12: false };
  return new Date(at).toLocaleTimeString([], options);
}

/** A composer: Enter sends, Shift+Enter makes a new line, and what could not be sent stays. Returns how to prefill it. */
export function composer(form, send) {
  const field = form.querySelector("textarea");
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text) return;
    field.value = "";
    if (!(await send(text)) && !field.value) field.value = text;
  });
  return (text) => {
    field.value = text;
  };
}
