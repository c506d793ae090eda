// A field that completes names while somebody types, and looks one up.

import { el } from "./show.js";

let finders = 0;

// deeds: suggest(command, text, signal) → [{name, value}]; find(command, text, element).
export function finder(block, deeds) {
  const id = `finder-${(finders += 1)}`;
  const known = new Map();
  const list = el("datalist", { id: `${id}-list` });
  const box = el("input", { id, type: "text", dir: "auto", list: list.id, autocomplete: "off", "data-key": `find:${block.command}` });
  const form = el("form", { class: "finder" }, el("label", { for: id, dir: "auto" }, block.label), el("div", { class: "finder-box" }, box, list, el("button", { class: "button" }, "Look up")));
  let pending = new AbortController();

  box.addEventListener("input", async () => {
    pending.abort();
    pending = new AbortController();
    const { signal } = pending;
    await new Promise((resolve) => setTimeout(resolve, 90));
    if (signal.aborted) return;
    const choices = await deeds.suggest(block.command, box.value, signal).catch(() => []);
    if (signal.aborted) return;
    for (const choice of choices) known.set(choice.name, choice.value);
    list.replaceChildren(...choices.map((choice) => el("option", { value: choice.name })));
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (box.value.trim()) deeds.find(block.command, known.get(box.value) || box.value, form);
  });
  return form;
}
