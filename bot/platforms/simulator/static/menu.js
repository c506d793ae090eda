// A message's own menu: what can be done with somebody's words.

import { el } from "./show.js";

// deeds: messageCommands() → [{name, label, description}] that this person may use; about(view, command, button)
export function entryMenu(view, deeds) {
  const commands = deeds.messageCommands();
  if (!commands.length) return null;
  const opener = el("summary", { class: "quiet", "data-key": "menu", "aria-label": `More about the message of ${view.author.name}` }, "More");
  const choose = (command) => (event) => {
    menu.open = false;
    opener.focus({ preventScroll: true });
    deeds.about(view, command.name, event.currentTarget);
  };
  const buttons = commands.map((command) => el("li", {}, el("button", { type: "button", class: "quiet", title: command.description, on: { click: choose(command) } }, command.label)));
  const menu = el("details", { class: "entry-menu" }, opener, el("ul", {}, ...buttons));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    opener.focus();
  });
  menu.addEventListener("focusout", (event) => !menu.contains(event.relatedTarget) && (menu.open = false));
  return menu;
}
