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
    return old.isEqualNode(child) ? old : child;
  });
  const path = focusedPath(parent);
  for (const child of [...parent.children]) if (!placed.includes(child)) child.remove();
  placed.forEach((child, index) => {
    if (parent.children[index] !== child) parent.insertBefore(child, parent.children[index] ?? null);
  });
  if (path && !parent.contains(document.activeElement)) refocus(parent, path);
}

/** Where the focus is in a list: the key of the child, and the way down from there. */
function focusedPath(parent) {
  let element = document.activeElement;
  if (!element || element === parent || !parent.contains(element)) return null;
  const steps = [];
  for (; element.parentElement !== parent; element = element.parentElement) steps.unshift([...element.parentElement.children].indexOf(element));
  return { key: element.dataset.key, steps };
}

/** Give the focus to what now stands where it was. */
function refocus(parent, { key, steps }) {
  const child = [...parent.children].find((each) => each.dataset.key === key);
  steps.reduce((element, index) => element?.children[index], child)?.focus({ preventScroll: true });
}

/** Run `change`, and stay at the end of the list where its reader was there; also when the list itself changes size. */
export function following(list, change) {
  if (!followed.has(list)) follow(list);
  change();
  if (followed.get(list).isAtEnd) list.scrollTop = list.scrollHeight;
}

const followed = new Map();

function follow(list) {
  const state = { isAtEnd: true };
  followed.set(list, state);
  list.addEventListener("scroll", () => {
    state.isAtEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  }, { passive: true });
  const stay = () => state.isAtEnd && (list.scrollTop = list.scrollHeight);
  new ResizeObserver(stay).observe(list);
  list.addEventListener("load", stay, true); // a picture that takes its room
}

export function clock(at, { seconds = false } = {}) {
  const options = { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}), hour12: false };
  return new Date(at).toLocaleTimeString([], options);
}

/** A composer: Enter sends, Shift+Enter makes a new line, and a text that could not be sent stays. Returns how to prefill it. */
export function composer(form, send, attached) {
  const field = form.querySelector("textarea");
  form.prepend(...attached.elements);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = field.value.trim();
    if (!text && attached.isEmpty()) return;
    field.value = "";
    if (!(await send(text, await attached.take())) && !field.value) field.value = text;
  });
  return (text) => {
    field.value = text;
  };
}
