// The message box: a combobox that completes commands, their options, and what options take.

import { el } from "./show.js";
import { candidates } from "./commands.js";

let boxes = 0;

// room: commands() → the commands this person may give; suggest(command, option, text, signal) → [{name, value}];
// send(text) → true when the room took it; hint: what stands in the empty box.
export function composer(form, room) {
  const id = form.id;
  const listId = `${id}-list-${(boxes += 1)}`;
  const box = el("textarea", {
    id: `${id}-text`,
    rows: "1",
    dir: "auto",
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": listId,
    "aria-haspopup": "listbox",
    "aria-describedby": `${id}-hint`,
    autocomplete: "off",
  });
  const list = el("ul", { id: listId, class: "suggestions", role: "listbox", "aria-label": "Commands and suggestions", hidden: true });
  const hint = el("p", { id: `${id}-hint`, class: "option-hint", hidden: true });
  const send = el("button", { class: "button primary send" }, "Send");
  const count = el("span", { class: "limit", hidden: true });
  form.replaceChildren(list, hint, el("div", { class: "box" }, box, count, send));

  let items = [];
  let active = -1;
  let busy = false;
  let closed = false;
  let pending = new AbortController();

  box.addEventListener("input", () => ((closed = false), refresh()));
  box.addEventListener("keydown", keys);
  box.addEventListener("blur", () => hide());
  box.addEventListener("focus", () => box.value && refresh());
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the box keeps the focus
  form.addEventListener("submit", (event) => (event.preventDefault(), submit()));

  async function refresh() {
    grow();
    pending.abort();
    pending = new AbortController();
    const { signal } = pending;
    const { items: found, asks, says } = candidates(box.value, room.commands());
    show(found, says);
    if (!asks || closed) return;
    await new Promise((resolve) => setTimeout(resolve, 90));
    if (signal.aborted) return;
    const choices = await room.suggest(asks.command, asks.option, asks.text, signal).catch(() => []);
    if (signal.aborted) return;
    show([...choices.map((choice) => ({ label: choice.name, detail: "", line: asks.fill(choice.value) })), ...found], says);
  }

  function show(found, says) {
    hint.hidden = !says;
    hint.textContent = says;
    items = closed ? [] : found;
    // A command's name is taken at once; what somebody typed into an option is theirs until they choose another.
    active = items.length && items[0].certain ? 0 : -1;
    list.replaceChildren(...items.map(option));
    const open = items.length > 0 && document.activeElement === box;
    list.hidden = !open;
    box.setAttribute("aria-expanded", String(open));
    mark();
  }

  function option(item, index) {
    const made = el(
      "li",
      { role: "option", id: `${listId}-${index}`, "aria-selected": "false", on: { click: () => take(item) } },
      el("span", { class: "suggestion" }, el("bdi", {}, item.label)),
      item.detail ? el("span", { class: "detail" }, item.detail) : null,
    );
    made.addEventListener("mousemove", () => active !== index && ((active = index), mark()));
    return made;
  }

  function mark() {
    for (const [index, child] of [...list.children].entries()) child.setAttribute("aria-selected", String(index === active));
    if (active < 0) box.removeAttribute("aria-activedescendant");
    else {
      box.setAttribute("aria-activedescendant", `${listId}-${active}`);
      list.children[active].scrollIntoView({ block: "nearest" });
    }
  }

  function hide() {
    list.hidden = true;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function take(item) {
    box.value = item.line;
    closed = Boolean(item.done);
    box.focus();
    box.setSelectionRange(box.value.length, box.value.length);
    refresh();
  }

  function keys(event) {
    if (event.isComposing) return;
    const open = !list.hidden;
    if (open && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      const step = event.key === "ArrowDown" ? 1 : -1;
      active = active < 0 && step < 0 ? items.length - 1 : (active + step + items.length) % items.length;
      mark();
    } else if (open && event.key === "Escape") {
      closed = true;
      hide();
      event.stopPropagation();
    } else if (open && event.key === "Tab" && !event.shiftKey) {
      take(items[Math.max(active, 0)]);
    } else if (open && event.key === "Enter" && !event.shiftKey && active >= 0) {
      take(items[active]);
    } else if (event.key === "Enter" && !event.shiftKey) {
      submit();
    } else return;
    event.preventDefault();
  }

  async function submit() {
    const text = box.value;
    if (busy || !text.trim()) return;
    busy = true;
    hide();
    form.classList.add("busy");
    const taken = await room.send(text);
    form.classList.remove("busy");
    busy = false;
    if (!taken || box.value !== text) return;
    box.value = "";
    closed = false;
    refresh();
  }

  function grow() {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 220)}px`;
    const length = [...box.value].length;
    count.hidden = length < 3500;
    count.textContent = `${length.toLocaleString("en")} / 4,000`;
    count.classList.toggle("over", length > 4000);
  }

  return {
    box,
    place(text) {
      box.placeholder = text;
      box.setAttribute("aria-label", text);
    },
  };
}
