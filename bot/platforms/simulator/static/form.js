// A form in a dialog: the prompt stays in view, the count is told, and a draft outlives every failure.

import { blocks, el, icon } from "./show.js";

// deeds: who() → the person's reference; send(action, values) → answer, or throws an Error with a sentence.
// took(answer) is called once the form was taken.
export function formDialog(dialog, deeds) {
  function open(form, took) {
    const fields = form.fields.map((field) => fieldset(field, draftKey(deeds.who(), form.action, field.id)));
    const trouble = el("div", { class: "trouble", role: "alert", hidden: true });
    const send = el("button", { class: "button primary" }, "Send");
    const cancel = el("button", { type: "button", class: "button", on: { click: () => dialog.close() } }, "Close");
    const kept = el("p", { class: "hint" }, "A draft is kept in this browser until it is sent.");
    const inner = el(
      "form",
      { novalidate: true },
      el(
        "div",
        { class: "sheet-head" },
        el("h2", { id: "form-title", dir: "auto" }, form.title),
        el("button", { type: "button", class: "icon", "aria-label": "Close", on: { click: () => dialog.close() } }, icon("M5 5l10 10M15 5L5 15")),
      ),
      el("div", { class: "sheet-body" }, el("div", { class: "intro blocks" }, ...blocks(form.intro)), trouble, ...fields.map((field) => field.element)),
      el("div", { class: "sheet-foot" }, kept, cancel, send),
    );
    inner.addEventListener("submit", (event) => (event.preventDefault(), submit()));
    dialog.replaceChildren(inner);
    dialog.showModal();
    (fields[0]?.box || send).focus();

    async function submit() {
      if (send.disabled || !fields.map((field) => field.valid()).every(Boolean)) {
        return fields.find((field) => field.box.getAttribute("aria-invalid") === "true")?.show();
      }
      trouble.hidden = true;
      send.disabled = true;
      send.textContent = "Sending…";
      try {
        const answer = await deeds.send(form.action, Object.fromEntries(fields.map((field) => [field.id, field.box.value])));
        if (answer.errors) refuse(answer);
        else {
          for (const field of fields) field.forget();
          dialog.close();
          took(answer);
        }
      } catch (error) {
        say(el("p", {}, error.message), el("p", {}, "What you wrote is still here."));
      }
      send.disabled = false;
      send.textContent = "Send";
    }

    function refuse(answer) {
      const placed = fields.filter((field) => answer.errors[field.id] && (field.fail(answer.errors[field.id]), true));
      if (placed.length) placed[0].show();
      else say(...answer.bodies.flatMap((body) => blocks(body.blocks)));
    }

    function say(...nodes) {
      trouble.replaceChildren(...nodes);
      trouble.hidden = false;
      trouble.scrollIntoView({ block: "nearest" });
    }
  }

  return { open };
}

function fieldset(field, key) {
  const id = `field-${field.id}`;
  const box = field.choices?.length ? selectOf(field, id) : field.long ? el("textarea", { id, rows: "9", dir: "auto" }) : el("input", { id, type: "text", dir: "auto", autocomplete: "off" });
  const count = el("span", { class: "limit", id: `${id}-count`, hidden: Boolean(field.choices?.length) });
  const problem = el("p", { class: "problem", id: `${id}-problem`, hidden: true });
  const hint = el("p", { class: "hint", id: `${id}-field-hint` }, field.hint);
  const kept = load(key);
  const draft = field.choices?.length && !field.choices.some((choice) => choice.value === kept) ? null : kept;
  const restored = el("p", { class: "hint restored", hidden: true }, "Your unsent draft is back.");
  box.value = draft ?? field.value;
  restored.hidden = draft === null || draft === field.value;
  box.setAttribute("aria-describedby", `${id}-field-hint ${id}-count ${id}-problem`);
  if (field.required) box.setAttribute("aria-required", "true");
  const tell = () => {
    const length = [...box.value].length;
    count.textContent = `${length.toLocaleString("en")} / ${field.max_length.toLocaleString("en")}`;
    count.classList.toggle("over", length > field.max_length);
  };
  const fail = (sentence) => {
    problem.textContent = sentence;
    problem.hidden = !sentence;
    box.setAttribute("aria-invalid", String(Boolean(sentence)));
  };
  box.addEventListener("input", () => (tell(), fail(""), store(key, box.value)));
  tell();
  return {
    id: field.id,
    box,
    fail,
    show() {
      box.focus();
      problem.scrollIntoView({ block: "nearest" });
    },
    element: el("div", { class: "field" }, el("label", { for: id, dir: "auto" }, field.label), field.hint ? hint : null, restored, box, el("div", { class: "field-foot" }, problem, count)),
    forget: () => store(key, null),
    valid() {
      const over = [...box.value].length - field.max_length;
      const sentence = over > 0 ? `This is ${over.toLocaleString("en")} characters too long. Nothing was cut: shorten it and send again.` : field.required && !box.value.trim() ? (field.choices?.length ? "Choose one first." : "Write something first.") : "";
      fail(sentence);
      return !sentence;
    },
  };
}

function selectOf(field, id) {
  const chosen = field.choices.some((choice) => choice.value === field.value);
  const none = field.required && chosen ? null : el("option", { value: "" }, field.required ? "Choose …" : "None");
  return el("select", { id, dir: "auto" }, none, ...field.choices.map((choice) => el("option", { value: choice.value }, choice.name)));
}

function draftKey(person, action, field) {
  return `draft:${person}:${action}:${field}`;
}

function load(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function store(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // a browser that keeps nothing still keeps the open form
  }
}
