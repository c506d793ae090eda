// Tables, and the order a reader wants them in.

import { el, runs } from "./show.js";

export function table(block) {
  const row = (cells) => el("tr", {}, ...cells.map((cell) => el("td", { dir: "auto" }, ...runs(cell))));
  const body = el("tbody", {}, ...block.rows.map(row));
  const heads = block.header.map((cell) => el("th", { scope: "col", dir: "auto" }, ...runs(cell)));
  if (block.sortable && block.rows.length > 1) for (const [column, head] of heads.entries()) sortable(head, column, heads, body);
  return el("div", { class: "table", tabindex: "0" }, el("table", {}, el("thead", {}, el("tr", {}, ...heads)), body));
}

// The header becomes a button: first upwards, then downwards. Numbers in words are compared as numbers.
function sortable(head, column, heads, body) {
  const name = head.textContent;
  const button = el("button", { type: "button", class: "sort", "aria-label": `${name}, sort` }, ...head.childNodes);
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
  const text = (row) => row.children[column].textContent;
  button.addEventListener("click", () => {
    const up = head.getAttribute("aria-sort") !== "ascending";
    for (const other of heads) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", up ? "ascending" : "descending");
    const rows = [...body.children].sort((one, other) => collator.compare(text(one), text(other)) * (up ? 1 : -1));
    body.replaceChildren(...rows);
  });
  head.replaceChildren(button);
}
