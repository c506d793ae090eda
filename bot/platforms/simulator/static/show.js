// Bodies → elements. Text becomes text nodes only: nothing that anybody wrote is ever read as markup.

import { table } from "./table.js";

const LINKS = /^(https?:\/\/|mailto:)/i;

export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function icon(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 20 20");
  svg.setAttribute("aria-hidden", "true");
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("d", path);
  svg.append(line);
  return svg;
}

export function avatar(person) {
  if (!person) return el("span", { class: "avatar bot", "aria-hidden": "true" });
  const tone = Number(person.ref.replace(/\D/g, "")) % 6;
  const initial = [...person.name.trim()][0] || "?";
  return el("span", { class: `avatar tone-${tone}`, "aria-hidden": "true" }, initial.toUpperCase());
}

// acts: press(action, element) for a button; finder(block) → the element of a finder. Without them both are left out.
export function blocks(some, acts) {
  return some.map((block) => shape(block, acts)).filter(Boolean);
}

function shape(block, acts) {
  switch (block.type) {
    case "heading":
      return el(`h${block.level + 2}`, { class: `h${block.level}`, dir: "auto" }, block.text);
    case "paragraph":
      return el("p", { dir: "auto" }, ...runs(block.runs));
    case "title":
      return el("p", { class: "h3", dir: "auto" }, ...runs(block.runs));
    case "item":
      return el(
        "p",
        { class: `item depth-${Math.min(block.depth, 4)}`, dir: "auto" },
        el("span", { class: "marker" }, block.marker),
        el("span", {}, ...runs(block.runs)),
      );
    case "quote":
      return el("blockquote", { dir: "auto" }, ...runs(block.runs));
    case "code":
      return el("pre", { tabindex: "0" }, el("code", {}, block.text));
    case "small":
    case "caption":
      return el("p", { class: block.type, dir: "auto" }, block.text);
    case "callout":
      return callout(block, acts);
    case "words":
      return words(block);
    case "moment":
      return el("p", { class: "moment" }, el("span", { class: "label" }, block.label), " ", el("time", { datetime: block.iso }, block.when));
    case "table":
      return table(block);
    case "picture":
      return el("p", { class: "picture" }, el("img", { src: `data:image/png;base64,${block.png}`, alt: block.alt }));
    case "divider":
      return el("hr");
    case "buttons":
      return acts ? buttonRow(block, acts.press) : null;
    case "finder":
      return acts ? acts.finder(block) : null;
    case "ping":
      return el("p", {}, el("mark", { class: "ping" }, "@", el("bdi", {}, block.name)));
    default:
      return null;
  }
}

export function runs(some) {
  return some.map((run) => {
    let node = document.createTextNode(run.text);
    if (run.code) node = el("code", {}, node);
    if (run.emphasis) node = el("em", {}, node);
    if (run.strong) node = el("strong", {}, node);
    if (run.link && LINKS.test(run.link)) {
      node = el("a", { href: run.link, rel: "noopener noreferrer", target: "_blank" }, node);
    }
    return node;
  });
}

function callout(block, acts) {
  const label = block.label + (block.continued ? " (continued)" : "");
  return el(
    "section",
    { class: "callout" },
    block.label ? el("p", { class: "label", dir: "auto" }, label) : null,
    ...blocks(block.blocks, acts),
  );
}

function words(block) {
  const by = block.by ? el("figcaption", {}, el("bdi", {}, block.by + (block.continued ? " (continued)" : ""))) : null;
  return el("figure", { class: "words" }, el("blockquote", { dir: "auto" }, block.text), by);
}

function buttonRow(block, press) {
  const made = block.buttons.map((button) =>
    el(
      "button",
      {
        type: "button",
        class: `button ${button.style}`,
        "data-key": `press:${button.action}`,
        on: { click: (event) => press(button.action, event.currentTarget) },
      },
      button.label,
    ),
  );
  return el("p", { class: "buttons" }, ...made);
}
