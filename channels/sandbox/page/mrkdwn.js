// Slack's text format and the agent's Markdown, as elements. A small reader: what it does not know stays text.

import { make } from "./dom.js";

const EMOJI = {
  white_check_mark: "✅", warning: "⚠️", no_entry: "⛔", hourglass_flowing_sand: "⏳", heavy_check_mark: "✔️", x: "❌",
  speech_balloon: "💬", raised_hand: "✋", wave: "👋", lock: "🔒", robot_face: "🤖", bust_in_silhouette: "👤", memo: "📝",
  information_source: "ℹ️", technologist: "🧑‍💻", raising_hand: "🙋", busts_in_silhouette: "👥", leftwards_arrow_with_hook: "↩️",
  thinking_face: "🤔", tada: "🎉", hammer_and_wrench: "🛠️", checkered_flag: "🏁", mailbox_with_no_mail: "📭", wastebasket: "🗑️", rotating_light: "🚨", octagonal_sign: "🛑", "+1": "👍", envelope: "✉️",
  eyes: "👀", bell: "🔔", inbox_tray: "📥", outbox_tray: "📤", arrow_right: "➡️", paperclip: "📎", pencil2: "✏️",
};
const INLINE = [
  [/^`([^`\n]+)`/, (found) => make("code", {}, plain(found[1]))],
  [/^<!date\^(\d+)\^[^|>]*(?:\|([^>]*))?>/, (found) => make("time", {}, new Date(found[1] * 1000).toLocaleString([], { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" }))],
  [/^<@([A-Z0-9]+)(?:\|[^>]*)?>/, (found, names) => make("span", { class: "mention" }, `@${names(found[1])}`)],
  [/^<#([A-Z0-9]+)(?:\|([^>]*))?>/, (found) => make("span", { class: "mention" }, `#${found[2] || found[1]}`)],
  [/^<(https?:[^|>\s]+)(?:\|([^>]*))?>/, (found) => link(found[1], found[2] || found[1])],
  [/^<!(here|channel|everyone)[^>]*>/, (found) => make("span", { class: "mention" }, `@${found[1]}`)],
  [/^<mailto:([^|>]+)(?:\|([^>]*))?>/, (found) => plain(found[2] || found[1])],
  [/^:([a-z0-9_+-]+):/, (found) => EMOJI[found[1]] ?? found[0]],
];
const SLACK = [...INLINE, [/^\*([^*\n]+)\*/, bold], [/^_([^_\n]+)_(?!\w)/, italic], [/^~([^~\n]+)~/, struck]];
const MARKDOWN = [
  ...INLINE,
  [/^\[([^\]\n]+)\]\((https?:[^)\s]+)\)/, (found) => link(found[2], found[1])],
  [/^\*\*([^\n]+?)\*\*/, bold], [/^\*([^*\n]+)\*/, italic], [/^_([^_\n]+)_(?!\w)/, italic], [/^~~([^\n]+?)~~/, struck],
];

export const emoji = (name) => EMOJI[name] ?? `:${name}:`;

/** Slack's own format. */
export const mrkdwn = (text, names) => blocks(text, SLACK, names);

/** Markdown as agents write it. */
export const markdown = (text, names) => blocks(text, MARKDOWN, names);

function blocks(text, rules, names) {
  const made = [];
  for (const piece of text.split(/(```[\s\S]*?(?:```|$))/)) {
    if (piece.startsWith("```")) made.push(make("pre", {}, plain(piece.replace(/^```\w*\n?|\n?```$/g, ""))));
    else made.push(...lines(piece, rules, names));
  }
  return made;
}

function lines(text, rules, names) {
  const made = [];
  for (const line of text.replace(/^\n+|\n+$/g, "").split("\n")) {
    const quote = /^(?:&gt;|>) ?(.*)/.exec(line);
    const item = /^\s*(?:[-*•]|\d+\.) +(.*)/.exec(line);
    const title = rules === MARKDOWN && /^#{1,6} +(.*)/.exec(line);
    const [tag, content] = quote ? ["blockquote", quote[1]] : item ? ["li", item[1]] : title ? ["b", title[1]] : ["span", line];
    const last = made.at(-1);
    if (tag === "blockquote" && last?.tagName === "BLOCKQUOTE") last.append(make("br"), ...inline(content, rules, names));
    else if (tag === "li" && last?.tagName === "UL") last.append(make("li", {}, inline(content, rules, names)));
    else if (tag === "li") made.push(make("ul", {}, make("li", {}, inline(content, rules, names))));
    else made.push(make(tag, { class: tag === "span" ? "line" : null }, inline(content, rules, names)));
  }
  return made;
}

function inline(text, rules, names) {
  const made = [];
  let word = "";
  for (let rest = text; rest; ) {
    const isAtEdge = !/\w$/.test(word);
    const hit = isAtEdge && firstHit(rest, rules, names);
    if (!hit) {
      word += rest[0];
      rest = rest.slice(1);
      continue;
    }
    if (word) made.push(plain(word));
    word = "";
    made.push(hit.made);
    rest = rest.slice(hit.length);
  }
  return word ? [...made, plain(word)] : made;
}

function firstHit(text, rules, names) {
  for (const [pattern, build] of rules) {
    const found = pattern.exec(text);
    if (found) return { made: build(found, names, rules), length: found[0].length };
  }
  return null;
}

function bold(found, names, rules) {
  return make("strong", {}, inline(found[1], rules, names));
}

function italic(found, names, rules) {
  return make("em", {}, inline(found[1], rules, names));
}

function struck(found) {
  return make("s", {}, plain(found[1]));
}

function link(address, label) {
  return make("a", { href: plain(address), target: "_blank", rel: "noopener noreferrer" }, plain(label));
}

/** Slack escapes three signs and no more. */
function plain(text) {
  return text.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}
