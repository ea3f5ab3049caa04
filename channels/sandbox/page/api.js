// Talking to the sandbox: requests out, and the live scene in.

/** Send JSON; gives the answer's JSON, or null where it failed. Failures are shown in the page's status line. */
export async function post(path, body, method = "POST") {
  try {
    const answer = await fetch(path, { method, body: JSON.stringify(body), headers: { "Content-Type": "application/json" } });
    const json = await answer.json().catch(() => ({ error: `the sandbox answered ${answer.status}` }));
    if (answer.ok) return json;
    complain(json.error ?? `the sandbox answered ${answer.status}`);
  } catch {
    complain("the sandbox does not answer");
  }
  return null;
}

/** Follow the scene. `tell(part, value)` is called for each part as it changes. Returns how to stop. */
export function follow(query, tell, connected) {
  const source = new EventSource(`/sandbox/live?${new URLSearchParams(query)}`);
  source.onopen = () => connected(true);
  source.onerror = () => connected(false);
  for (const part of PARTS) source.addEventListener(part, (event) => tell(part, JSON.parse(event.data)));
  return () => source.close();
}

/** Say in the page's status line what went wrong. */
export function complain(words) {
  listener(words);
}

export function onComplaint(other) {
  listener = other;
}

const PARTS = [
  "world", "phone", "mail", "slack", "faults", "happenings", "processes", "console", "conversations", "trace", "tally",
];
let listener = () => {};
