// Everything around the conversation: clock, next day, theme, menu, toasts, and what a screen reader is told.

import { el } from "./show.js";

const byId = (id) => document.getElementById(id);
const THEMES = { auto: "as the system", light: "light", dark: "dark" };

export function chrome({ nextDay }) {
  const next = byId("next-day");
  let toasting = 0;

  next.addEventListener("click", async () => {
    if (next.getAttribute("aria-disabled") === "true") return;
    working(true);
    try {
      await nextDay();
    } catch (error) {
      toast(error.message, true);
    }
    working(false);
  });
  byId("help").addEventListener("click", () => byId("about").showModal());
  byId("theme").addEventListener("click", () => {
    const names = Object.keys(THEMES);
    paint(names[(names.indexOf(document.documentElement.dataset.theme) + 1) % names.length]);
  });
  byId("menu").addEventListener("click", () => menu(byId("menu").getAttribute("aria-expanded") !== "true"));
  byId("centre").addEventListener("click", () => menu(false));
  byId("side").addEventListener("click", (event) => event.target.closest("a") && menu(false));
  byId("side").addEventListener("change", () => menu(false));
  byId("room").addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("menu-open")) event.preventDefault(), menu(false), byId("menu").focus();
  });
  paint(document.documentElement.dataset.theme);

  // aria-disabled rather than disabled: the focus stays on the button, so a keyboard does not lose its place.
  function working(on) {
    next.setAttribute("aria-disabled", String(on));
    next.classList.toggle("working", on);
    byId("next-day-label").textContent = on ? "Moving on…" : "Next day";
  }

  function paint(theme) {
    document.documentElement.dataset.theme = theme;
    byId("theme").setAttribute("aria-label", `Colours: ${THEMES[theme]}`);
    byId("theme").title = `Colours: ${THEMES[theme]}`;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // it lasts as long as the page
    }
  }

  function menu(open) {
    byId("menu").setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("menu-open", open);
    if (open) byId("as").focus();
  }

  function toast(sentence, bad = false) {
    clearTimeout(toasting);
    byId("toast").textContent = sentence;
    byId("toast").classList.toggle("bad", bad);
    byId("toast").hidden = false;
    toasting = setTimeout(() => (byId("toast").hidden = true), bad ? 9000 : 6000);
  }

  return {
    toast,
    clock(view) {
      byId("clock-day").textContent = view.day;
      byId("clock-short").textContent = view.short_day;
      byId("clock-time").textContent = view.time;
      byId("clock-time").dateTime = view.iso;
      byId("clock-zone").textContent = view.zone;
      byId("status").textContent = view.status;
    },
    connected(on) {
      byId("connection").textContent = on ? "" : "Connection lost. Trying again…";
    },
    announce(view, you) {
      if (view.author?.ref === you) return;
      const who = view.private ? "Only for you, from Homeroom" : view.author?.name || "Homeroom";
      const what = (view.body?.title || view.text || "").slice(0, 140);
      byId("announcer").append(el("p", {}, `${who}: ${what}`));
      while (byId("announcer").children.length > 6) byId("announcer").firstChild.remove();
    },
    people(people) {
      const group = (label, some) => el("optgroup", { label }, ...some.map((one) => el("option", { value: one.ref }, one.name)));
      const leads = people.filter((one) => one.manages);
      return [group("Members", people.filter((one) => !one.manages)), ...(leads.length ? [group("Facilitators", leads)] : [])];
    },
    channels(channels, you, current) {
      return channels.map((channel) => way(you, channel.ref, current, el("span", { class: "hash", "aria-hidden": "true" }, "#"), el("bdi", {}, channel.name)));
    },
    yours(state, news) {
      const told = news ? el("span", { class: "news" }, "new") : null;
      return [way(state.you, state.home, state.channel, "Home"), way(state.you, state.direct, state.channel, "Direct messages", told)];
    },
    pins(pins, reveal) {
      byId("pins").hidden = !pins.length;
      byId("pins-title").textContent = `Pinned (${pins.length})`;
      const one = (pin) => el("li", {}, el("button", { type: "button", class: "quiet", on: { click: () => reveal(pin.ref) } }, el("bdi", {}, pin.title)), el("time", { datetime: pin.iso }, pin.day));
      byId("pins-list").replaceChildren(...pins.map(one));
    },
  };
}

// A way to a channel or a place of one's own.
function way(you, ref, current, ...name) {
  const link = { href: `?${new URLSearchParams({ as: you, channel: ref })}`, "data-channel": ref, "aria-current": ref === current ? "page" : null };
  return el("li", {}, el("a", link, ...name));
}
