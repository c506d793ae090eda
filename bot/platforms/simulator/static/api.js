// Asking the room. Every failure is an Error whose message is one sentence for the person who asked.

const HEADERS = { "Content-Type": "application/json", "X-Rehearsal-Room": "1" };

export function read(path, query = {}, signal = undefined) {
  return answered(fetch(`api/${path}?${new URLSearchParams(query)}`, { signal }));
}

export function ask(path, asked = {}) {
  return answered(fetch(`api/${path}`, { method: "POST", headers: HEADERS, body: JSON.stringify(asked) }));
}

async function answered(request) {
  let response;
  try {
    response = await request;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The room cannot be reached. Is Homeroom still running? Your words are still here.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error || `The room answered with an error (${response.status}). Try again.`);
  return answer;
}
