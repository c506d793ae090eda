// The map by keyboard: one stop for Tab, arrow keys inside. Without this script every day and every name is a stop of
// its own, and every mark leads to what a day or a name leads to as well.
"use strict";

const table = document.querySelector(".heat");
if (table) {
  const rows = [...table.tBodies[0].rows].map((row) => [...row.cells].map((cell) => cell.querySelector("a")));
  rows.unshift([...table.tHead.rows[1].cells].map((cell) => cell.querySelector("a")));
  let here = [1, 0];

  const find = (row, column, down, right) => {
    while (rows[row] && column >= 0 && column < rows[row].length) {
      if (rows[row][column]) return [row, column];
      row += down;
      column += right;
    }
    return null;
  };

  const hold = (place) => {
    rows[here[0]][here[1]].tabIndex = -1;
    here = place;
    rows[here[0]][here[1]].tabIndex = 0;
  };

  const last = rows[0].length - 1;
  const steps = {
    ArrowUp: () => find(here[0] - 1, here[1], -1, 0),
    ArrowDown: () => find(here[0] + 1, here[1], 1, 0),
    ArrowLeft: () => find(here[0], here[1] - 1, 0, -1),
    ArrowRight: () => find(here[0], here[1] + 1, 0, 1),
    Home: () => find(here[0], 0, 0, 1),
    End: () => find(here[0], last, 0, -1),
    PageUp: () => find(1, here[1], 1, 0),
    PageDown: () => find(rows.length - 1, here[1], -1, 0),
  };

  for (const link of rows.flat()) if (link) link.tabIndex = -1;
  hold(here);
  table.addEventListener("keydown", (event) => {
    const place = !event.ctrlKey && !event.altKey && !event.metaKey && steps[event.key] && steps[event.key]();
    if (!place) return;
    event.preventDefault();
    hold(place);
    rows[here[0]][here[1]].focus();
  });
  table.addEventListener("focusin", (event) => {
    rows.forEach((row, number) => {
      const column = row.indexOf(event.target);
      if (column >= 0) hold([number, column]);
    });
  });
  document.documentElement.classList.add("scripted");
}
