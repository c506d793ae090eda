// The rehearsal room's page: who you are, where you are, and what reaches you there.

import { ask, read } from "./api.js";
import { chrome } from "./chrome.js";
import { composer } from "./composer.js";
import { formDialog } from "./form.js";
import { live } from "./live.js";
import { avatar, el } from "./show.js";
import { threadPanel } from "./thread.js";
import { timeline } from "./timeline.js";

const byId = (id) => document.getElementById(id);
const query = new URLSearchParams(location.search);

let state = { you: query.get("as") || remembered() || "", channel: query.get("channel") || "", commands: [], people: [], channels: [] };
let stream = null;
const news = new Set(); // who has something new in their direct conversation
let moving = false;

const around = chrome({ nextDay });
const forms = formDialog(byId("form-dialog"), {
  who: () => state.you,
  send: (action, values) => ask("submit", { as: state.you, place: formPlace, action, values }),
});
let formPlace = "";

const deeds = {
  you: () => state.you,
  press: (view, action, button) => attempt(() => answered("press", { as: state.you, where: view.ref, action, place: placeOf(button) }, button), button),
  find: (view, command, text, element) => attempt(() => answered("find", { as: state.you, where: view.ref, command, text, place: placeOf(element) }, element), element),
  suggest: (command, text, signal) => suggest(() => state.channel)(command, state.commands.find((known) => known.name === command)?.options[0]?.name || "", text, signal),
  about: (view, command, button) => attempt(() => answered("about", { as: state.you, message: view.ref, command, place: view.place }, button), button),
  messageCommands: () => (state.message_commands || []).filter((command) => person(state.you)?.manages || !command.for_facilitators),
  open: (thread, button) => panel.open(thread, button),
  edit: (view, text) => attempt(async () => put((await ask("edit", { as: state.you, message: view.ref, text })).message)),
  remove: (view) => attempt(async () => (await ask("delete", { as: state.you, message: view.ref }), gone(view))),
  like: (view, there) => attempt(async () => put((await ask("like", { as: state.you, message: view.ref, there: there ? "yes" : "" })).message)),
  dismiss: (view) => attempt(async () => (await ask("dismiss", { as: state.you, whisper: view.ref }), gone(view))),
};
const centre = timeline(byId("messages"), byId("timeline"), deeds);
const panel = threadPanel({ deeds, say, commands, suggest, you: () => person(state.you), failed: around.toast });
const box = composer(byId("composer"), { commands, suggest: suggest(() => state.channel), send: (text) => say(text, state.channel) });

byId("as").addEventListener("change", (event) => enter(event.target.value, state.channel));
byId("side").addEventListener("click", (event) => {
  const link = event.target.closest("[data-channel]");
  if (link && !event.metaKey && !event.ctrlKey) event.preventDefault(), enter(state.you, link.dataset.channel);
});
byId("earlier").addEventListener("click", earlier);
byId("below").addEventListener("click", () => (centre.toEnd(), (byId("below").hidden = true)));
byId("timeline").addEventListener("scroll", () => centre.atEnd() && (byId("below").hidden = true), { passive: true });
document.addEventListener("keydown", (event) => event.key === "Escape" && !event.defaultPrevented && !document.querySelector("dialog[open]") && panel.close());

enter(state.you, state.channel);

// Take this person's place in this channel: everything is read anew.
async function enter(you, channel) {
  stream?.close();
  await attempt(async () => {
    state = await read("state", { as: you, channel });
    history.replaceState(null, "", `?${new URLSearchParams({ as: state.you, channel: state.channel })}`);
    remember(state.you);
    dress();
    centre.clear();
    fill(state);
    centre.foldOlder();
    centre.toLastDay();
    await panel.again();
    document.body.dataset.ready = state.you;
  });
  stream = live(state.you || you, {
    message: put,
    whisper: put,
    gone,
    pins: (view) => view.place === state.channel && around.pins(view.pins, toPin),
    clock: around.clock,
    connected: around.connected,
    again,
    lost: () => enter(state.you, state.channel),
  });
}

// After a gap: what is new is added, what is gone is dropped, and the reader stays where they are.
async function again() {
  await attempt(async () => {
    const place = byId("timeline").scrollTop;
    state = await read("state", { as: state.you, channel: state.channel });
    dress();
    centre.clear();
    fill(state);
    byId("timeline").scrollTop = place;
    await panel.again();
  });
}

function dress() {
  const you = person(state.you);
  byId("as").replaceChildren(...around.people(state.people));
  byId("as").value = state.you;
  byId("who-avatar").replaceWith(Object.assign(you ? avatar(you) : avatar(null), { id: "who-avatar" }));
  byId("channels").replaceChildren(...around.channels(state.channels, state.you, state.channel));
  if (state.channel === state.direct) news.delete(state.you);
  byId("yours").replaceChildren(...around.yours(state, news.has(state.you)));
  around.pins(state.pins, toPin);
  const own = { [state.home]: "Home", [state.direct]: "Direct messages" }[state.channel];
  byId("composer").hidden = state.channel === state.home;
  document.body.classList.toggle("at-home", state.channel === state.home);
  const name = state.channels.find((channel) => channel.ref === state.channel)?.name;
  byId("place-name").replaceChildren(...(name ? [el("span", { class: "hash", "aria-hidden": "true" }, "#"), el("bdi", {}, name)] : [own || "No channel yet"]));
  byId("who-hint").textContent = you?.manages ? "As facilitator you also have /report and /cohort." : "Change places to see what each person sees.";
  box.place(`Write as ${you?.name || "nobody"}, or type /`);
  around.clock(state.clock);
}

function fill(view) {
  for (const home of view.home_page || []) centre.put(home);
  if (view.trouble) around.toast(view.trouble, true);
  for (const message of view.messages) centre.put(message);
  for (const whisper of view.whispers) centre.put(whisper);
  byId("earlier").hidden = !view.earlier;
  byId("empty").hidden = centre.size() > 0;
}

// A message or note as it now stands, wherever it is shown.
function put(view) {
  const here = view.place === state.channel || (view.private && !view.place);
  if (here) {
    const fresh = !centre.has(view.ref);
    const follow = centre.atEnd() && !moving;
    centre.put(view);
    byId("empty").hidden = true;
    if (fresh && view.private) centre.reveal(view.ref);
    else if (fresh && (follow || view.author?.ref === state.you)) centre.toEnd();
    else if (fresh && !moving && !view.private) byId("below").hidden = false;
    if (fresh) around.announce(view, state.you);
  }
  if (view.place === state.direct && !here && view.author?.ref !== state.you) {
    news.add(state.you);
    byId("yours").replaceChildren(...around.yours(state, true));
  }
  panel.put(view);
}

// The page of one's own as the bot fills it now.
function refill(home) {
  for (const view of [...home, ...(state.home_page || [])]) centre.drop(view.ref);
  state.home_page = home;
  for (const view of home) centre.put(view);
  byId("timeline").scrollTop = 0;
  byId("timeline").focus({ preventScroll: true });
}

// What is pinned may lie further back than what is shown.
async function toPin(ref) {
  for (let tries = 0; !centre.has(ref) && !byId("earlier").hidden && tries < 50; tries += 1) await earlier();
  centre.reveal(ref);
}

function gone({ ref }) {
  centre.drop(ref);
  panel.drop(ref);
  byId("empty").hidden = centre.size() > 0;
}

async function earlier() {
  await attempt(async () => {
    const scroller = byId("timeline");
    const fromEnd = scroller.scrollHeight - scroller.scrollTop;
    const view = await read("place", { as: state.you, place: state.channel, before: centre.first() });
    fill({ ...view, whispers: [] });
    scroller.scrollTop = scroller.scrollHeight - fromEnd;
  });
}

// Say something in a channel or a thread: true when the room took it.
function say(text, place) {
  return attempt(() => answered("say", { as: state.you, place, text }));
}

async function answered(path, asked, opener) {
  const { you } = state;
  const answer = await ask(path, asked);
  if (you !== state.you) return; // somebody else's seat by now
  if (answer.message) put(answer.message);
  if (answer.home) refill(answer.home);
  for (const whisper of answer.whispers || []) put(whisper);
  const last = answer.whispers?.at(-1);
  if (last) (panel.has(last.ref) ? panel : centre).reveal(answer.whispers[0].ref);
  if (answer.form) {
    formPlace = asked.place;
    forms.open(answer.form, (took) => {
      for (const whisper of took.whispers || []) put(whisper);
      if (took.whispers?.length) (panel.has(took.whispers[0].ref) ? panel : centre).reveal(took.whispers[0].ref);
      if (took.form) forms.open(took.form, () => {});
      else opener?.isConnected && opener.focus({ preventScroll: true });
    });
  }
}

async function nextDay() {
  moving = true;
  const { happened } = await ask("next-day").finally(() => setTimeout(() => (moving = false), 400));
  around.toast(happened);
  await new Promise((resolve) => setTimeout(resolve, 150)); // the last of the day's messages
  centre.toLastDay();
  byId("below").hidden = true;
}

async function attempt(deed, button) {
  button?.setAttribute("aria-busy", "true");
  try {
    await deed();
    return true;
  } catch (error) {
    around.toast(error.message, true);
    return false;
  } finally {
    button?.removeAttribute("aria-busy");
  }
}

function commands() {
  const manages = person(state.you)?.manages;
  return state.commands.filter((command) => manages || !command.for_facilitators);
}

function suggest(place) {
  return (command, option, text, signal) => (state.suggests ? read("suggest", { as: state.you, place: place(), command, option, text }, signal) : Promise.resolve([]));
}

function placeOf(element) {
  return element.closest("#thread") ? panel.place() : state.channel;
}

function person(ref) {
  return state.people.find((known) => known.ref === ref);
}

function remembered() {
  try {
    return localStorage.getItem("you");
  } catch {
    return null;
  }
}

function remember(you) {
  try {
    localStorage.setItem("you", you);
  } catch {
    // the address remembers as well
  }
}
