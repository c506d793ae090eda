// The thread beside the channel: its prompt, the replies, and a box of its own. On a narrow screen it covers the channel.

import { read } from "./api.js";
import { composer } from "./composer.js";
import { card, timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const narrow = matchMedia("(max-width: 1100px)");

// room: deeds, say(text, place), commands(), suggest(place), you() → the person, failed(sentence, true)
export function threadPanel(room) {
  const aside = byId("thread");
  const deeds = { ...room.deeds, open: null };
  const list = timeline(byId("thread-messages"), byId("thread-timeline"), deeds);
  const box = composer(byId("thread-composer"), { commands: room.commands, suggest: room.suggest(() => thread), send: (text) => room.say(text, thread) });
  let thread = null;
  let opener = null;

  byId("thread-close").addEventListener("click", () => close());
  narrow.addEventListener("change", cover);

  async function open(ref, button) {
    opener = button?.dataset.key ? button.closest("[data-ref]").dataset.ref : null;
    thread = ref;
    if (await again()) box.box.focus();
  }

  // Read the open thread anew; false when there is none, or when it cannot be read.
  async function again() {
    if (!thread) return false;
    try {
      const view = await read("place", { as: room.you()?.ref || "", place: thread });
      list.clear();
      root(view.root);
      for (const one of [...view.messages, ...view.whispers]) list.put(one);
    } catch (error) {
      room.failed(error.message, true);
      return false;
    }
    box.place(`Answer here as ${room.you()?.name || "nobody"}`);
    aside.hidden = false;
    document.body.classList.add("threaded");
    cover();
    const scroller = byId("thread-timeline");
    if (scroller.scrollHeight > scroller.clientHeight * 1.6) list.toEnd();
    else scroller.scrollTop = 0; // the prompt stays in view while there is room
    return true;
  }

  function root(view) {
    const same = byId("thread-root").dataset.ref === view.ref;
    const focused = byId("thread-root").contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const folded = same ? byId("thread-root").className : "message";
    byId("thread-title").textContent = view.thread.title;
    byId("thread-count").textContent = view.thread.replies === 1 ? "1 reply" : `${view.thread.replies} replies`;
    byId("thread-root").className = folded || "message";
    byId("thread-root").dataset.ref = view.ref;
    byId("thread-root").replaceChildren(card({ ...view, marks: [] }, deeds));
    if (focused) byId("thread-root").querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  }

  function put(view) {
    if (!thread) return;
    if (view.thread?.ref === thread) root(view);
    if (view.place !== thread) return;
    const fresh = !list.has(view.ref);
    const follow = list.atEnd();
    list.put(view);
    if (fresh && (follow || view.private || view.author?.ref === room.you()?.ref)) list.toEnd();
  }

  // The bot may take back the message that the open thread hangs on.
  function drop(ref) {
    if (thread && byId("thread-root").dataset.ref === ref) close();
    return list.drop(ref);
  }

  function close() {
    if (!thread) return;
    thread = null;
    aside.hidden = true;
    document.body.classList.remove("threaded");
    cover();
    document.querySelector(`#messages [data-ref="${CSS.escape(opener || "")}"] [data-key="thread"]`)?.focus();
  }

  // What is covered cannot be reached by Tab either.
  function cover() {
    byId("centre").inert = Boolean(thread) && narrow.matches;
  }

  return { open, again, close, put, drop, has: list.has, reveal: list.reveal, place: () => thread };
}
