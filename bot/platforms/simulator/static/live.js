// What changes in the room, as it changes. The browser reconnects by itself; after a gap everything is read again.

// hears: message, whisper, gone, pins, clock (each with its view), again() after a gap, connected(bool)
export function live(person, hears) {
  const source = new EventSource(`api/live?${new URLSearchParams({ as: person })}`);
  let gap = false;
  const on = (kind, hear) => source.addEventListener(kind, (event) => hear(JSON.parse(event.data)));
  on("hello", (clock) => {
    hears.connected(true);
    hears.clock(clock);
    if (gap) hears.again();
    gap = false;
  });
  for (const kind of ["message", "whisper", "gone", "pins", "clock"]) on(kind, hears[kind]);
  on("reload", hears.again);
  on("people", hears.again);
  let revive = 0;
  source.addEventListener("error", () => {
    gap = true;
    hears.connected(false);
    // A browser gives up for good on an answer that is not a stream, as from a proxy while the room restarts.
    if (source.readyState === EventSource.CLOSED) revive = setTimeout(hears.lost, 3000);
  });
  return {
    close() {
      clearTimeout(revive);
      source.close();
    },
  };
}
