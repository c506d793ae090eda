// A list of messages and private notes in order of time, with a line between days. Showing one again replaces it.

import { finder } from "./finder.js";
import { avatar, blocks, el, icon } from "./show.js";
import { entryMenu } from "./menu.js";

const NEAR = 80; // pixels from the end that still count as being at the end
const TALL = 460; // pixels beyond which an older card is folded
// Drawn, because not every machine has a font with the reactions themselves.
const ICONS = { kept: "M4 10.5l4 4 8-9", complete: "M2 10.5l4 4 7-9M9.5 13.5l1 1 7-9", praised: "M10 16s-6-3.8-6-8a3.3 3.3 0 0 1 6-1.9A3.3 3.3 0 0 1 16 8c0 4.2-6 8-6 8z" };

// deeds: press(view, action, button), find(view, command, text, element), suggest(command, text, signal),
// about(view, command, button), messageCommands(), open(thread, button), edit(view, text), remove(view), like(view, there), dismiss(view),
// you()
export function timeline(list, scroller, deeds) {
  const shown = new Map();

  function put(view) {
    const old = shown.get(view.ref);
    if ((old?.waiting || old?.view)?.told > view.told) return; // an answer that the live update has overtaken
    if (old?.element.classList.contains("editing")) {
      old.waiting = view;
      return;
    }
    const element = entry(view, deeds, () => redraw(view.ref));
    if (old) {
      const key = old.element.contains(document.activeElement) ? document.activeElement.dataset.key : null;
      element.classList.toggle("folded", old.element.classList.contains("folded"));
      old.element.replaceWith(element);
      if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
    } else {
      list.insertBefore(element, follower(view));
    }
    shown.set(view.ref, { view, element });
    separate();
  }

  function redraw(ref) {
    const known = shown.get(ref);
    if (!known) return;
    known.element.classList.remove("editing");
    put(known.waiting || known.view);
  }

  function drop(ref) {
    const known = shown.get(ref);
    if (!known) return false;
    const focused = known.element.contains(document.activeElement);
    known.element.remove();
    shown.delete(ref);
    separate();
    if (focused) scroller.focus({ preventScroll: true });
    return true;
  }

  function follower(view) {
    const later = [...shown.values()].filter((known) => after(known.view, view)).map((known) => known.element);
    return later.length ? [...list.children].find((child) => later.includes(child)) : null;
  }

  function separate() {
    for (const line of list.querySelectorAll(":scope > .day")) line.remove();
    let day = "";
    for (const item of [...list.children]) {
      if (item.dataset.day !== day) item.before(el("li", { class: "day" }, el("span", {}, item.dataset.day)));
      day = item.dataset.day;
    }
  }

  return {
    put,
    drop,
    has: (ref) => shown.has(ref),
    view: (ref) => shown.get(ref)?.view,
    size: () => shown.size,
    first: () => Math.min(...[...shown.values()].filter(({ view }) => !view.private).map(({ view }) => view.number)),
    clear() {
      shown.clear();
      list.replaceChildren();
    },
    atEnd: () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR,
    toEnd: () => (scroller.scrollTop = scroller.scrollHeight),
    toLastDay() {
      const days = list.querySelectorAll(":scope > .day");
      const last = days[days.length - 1];
      if (last) scroller.scrollTop += last.getBoundingClientRect().top - scroller.getBoundingClientRect().top - 8;
    },
    // What is taller than the window is read from its beginning.
    reveal(ref) {
      const element = shown.get(ref)?.element;
      element?.scrollIntoView({ block: element.offsetHeight > scroller.clientHeight ? "start" : "nearest" });
    },
    foldOlder() {
      const last = [...list.children].at(-1)?.dataset.day;
      for (const { element } of shown.values()) {
        const tall = element.querySelector(".blocks")?.scrollHeight > TALL;
        element.classList.toggle("folded", Boolean(tall) && element.dataset.day !== last);
      }
    },
  };
}

// One message or note as a list entry; redraw() puts it back as it was.
export function entry(view, deeds, redraw) {
  const made = view.body ? card(view, deeds) : said(view, deeds, redraw);
  const kind = view.home ? "bot home" : view.private && !direct(view) ? "private" : view.body ? "bot" : "person";
  return el("li", { class: `message ${kind}`, "data-day": view.day, "data-ref": view.ref }, made);
}

export function card(view, deeds) {
  const { body } = view;
  const title = body.title + (body.parts > 1 ? `, part ${body.part} of ${body.parts}` : "");
  const alone = view.private && !direct(view);
  const head = view.home ? null : el(
    "header",
    { class: "card-head" },
    avatar(null),
    el("strong", {}, "Homeroom"),
    el("time", { datetime: view.iso }, view.time),
    body.parts > 1 ? el("span", { class: "part" }, `Part ${body.part} of ${body.parts}`) : null,
    view.edited ? el("span", { class: "edited" }, "edited") : null,
    alone ? el("span", { class: "only-you" }, "Only you can see this") : null,
    alone ? dismissButton(view, deeds) : null,
  );
  const acts = {
    press: (action, button) => deeds.press(view, action, button),
    finder: (block) => finder(block, { suggest: deeds.suggest, find: (command, text, element) => deeds.find(view, command, text, element) }),
  };
  const inner = el("div", { class: "blocks" }, ...blocks(body.blocks, acts));
  const unfold = el("button", { type: "button", class: "button unfold", on: { click: () => open() } }, "Show all of it");
  const made = el("article", { class: "card", "aria-label": `Homeroom: ${title}` }, head, inner, unfold, foot(view, deeds));
  const open = () => made.closest(".message").classList.remove("folded");
  inner.addEventListener("focusin", open);
  if (body.accent) made.style.setProperty("--accent", body.accent);
  return made;
}

// In a direct conversation everything is private, so nothing has to say so.
function direct(view) {
  return (view.place || "").startsWith("d");
}

function dismissButton(view, deeds) {
  return el("button", { type: "button", class: "quiet", on: { click: () => deeds.dismiss(view) } }, "Dismiss");
}

function foot(view, deeds) {
  const { thread } = view;
  if (!thread || !deeds.open) return marks(view);
  const label = `Open thread (${thread.replies})`;
  const open = el(
    "button",
    { type: "button", class: "button thread-open", "data-key": "thread", "aria-label": `${label}: ${thread.title}`, on: { click: (event) => deeds.open(thread.ref, event.currentTarget) } },
    label,
  );
  const who = thread.people === 1 ? "1 person has written here" : `${thread.people} people have written here`;
  return el("footer", { class: "card-foot" }, open, el("span", { class: "count" }, thread.people ? who : "Nobody has written here yet"), marks(view));
}

function marks(view) {
  if (!view.marks?.length) return null;
  const one = (mark) => el("li", { class: "mark" }, icon(ICONS[mark.name]), mark.label);
  return el("ul", { class: "marks", "aria-label": "Homeroom's receipt" }, ...view.marks.map(one));
}

function said(view, deeds, redraw) {
  const mine = view.author.ref === deeds.you();
  const by = el(
    "p",
    { class: "by" },
    el("bdi", {}, view.author.name),
    view.author.manages ? el("span", { class: "role" }, "facilitator") : null,
    el("time", { datetime: view.iso }, view.time),
    view.edited ? el("span", { class: "edited" }, "edited") : null,
  );
  const text = el("p", { class: "text", dir: "auto" }, view.text);
  const body = el("div", { class: "said-body" }, by, text, marks(view), el("div", { class: "own" }, mine ? own(view, deeds, redraw) : like(view, deeds), entryMenu(view, deeds)));
  const made = el("article", { class: mine ? "said mine" : "said" }, avatar(view.author), body);
  return made;
}

function like(view, deeds) {
  const likes = view.likes || [];
  const there = likes.includes(deeds.you());
  const name = likes.length ? `Like (${likes.length})` : "Like";
  const label = `${name}: the message of ${view.author.name}`;
  return el("button", { type: "button", class: "quiet", "data-key": "like", "aria-pressed": String(there), "aria-label": label, on: { click: () => deeds.like(view, !there) } }, name);
}

function own(view, deeds, redraw) {
  const row = el("p", { class: "own-row" });
  const button = (label, key, click) => el("button", { type: "button", class: "quiet", "data-key": key, on: { click } }, label);
  const rest = () => row.replaceChildren(button("Edit", "edit", edit), button("Delete", "delete", sure));
  const sure = () => {
    row.replaceChildren(el("span", {}, "Delete this for everybody?"), button("Delete it", "yes", () => deeds.remove(view)), button("Keep it", "no", () => (rest(), row.lastChild.focus())));
    row.lastChild.focus();
  };
  const edit = () => editor(row.closest(".message"), view, deeds, redraw);
  rest();
  return row;
}

function editor(item, view, deeds, redraw) {
  const box = el("textarea", { "aria-label": "Edit your message", dir: "auto", rows: "4" });
  box.value = view.text;
  const done = () => {
    const { ref } = view;
    const list = item.parentElement;
    redraw();
    list.querySelector(`[data-ref="${CSS.escape(ref)}"] [data-key="edit"]`)?.focus();
  };
  const save = async () => (await deeds.edit(view, box.value)) && done();
  const keys = (event) => {
    if (event.key === "Escape") event.stopPropagation(), done();
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) event.preventDefault(), save();
  };
  box.addEventListener("keydown", keys);
  const row = el(
    "p",
    { class: "own" },
    el("button", { type: "button", class: "button primary", on: { click: save } }, "Save"),
    el("button", { type: "button", class: "button", on: { click: done } }, "Cancel"),
  );
  item.classList.add("editing");
  item.querySelector(".text").replaceWith(box);
  item.querySelector(".own").replaceWith(row);
  box.focus();
}

function after(one, other) {
  return one.at !== other.at ? one.at > other.at : Boolean(one.private) !== Boolean(other.private) ? Boolean(one.private) : one.number > other.number;
}
