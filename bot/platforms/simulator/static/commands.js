// What can come next in a line that begins with "/". Pure: a line and the commands in, candidates out.

// → {items: [{label, detail, line, certain?, done?}], asks: {command, option, text, fill} | null, says: hint}
export function candidates(line, commands) {
  if (!line.startsWith("/") || line.includes("\n")) return { items: [], asks: null, says: "" };
  const typed = line.slice(1);
  const command = commandOf(typed, commands);
  if (!command) return { items: names(typed, commands), asks: null, says: "" };
  return options(typed.slice(command.name.length + 1), command);
}

function commandOf(typed, commands) {
  const lower = typed.toLowerCase();
  const whole = commands.filter((command) => lower === command.name || lower.startsWith(`${command.name} `));
  const longest = whole.sort((one, other) => other.name.length - one.name.length)[0];
  // "cohort" alone may still become "cohort pause", and "/concept" is whole only once a blank follows.
  return longest && (lower !== longest.name || !longest.options.length) ? longest : null;
}

function names(typed, commands) {
  const lower = typed.toLowerCase().trimStart();
  const starts = commands.filter((command) => command.name.startsWith(lower));
  const holds = commands.filter((command) => !command.name.startsWith(lower) && lower && command.name.includes(lower));
  return [...starts, ...holds].map((command) => ({
    label: `/${command.name}`,
    detail: command.description,
    line: command.options.length ? `/${command.name} ` : `/${command.name}`,
    certain: true,
    done: !command.options.length,
  }));
}

function options(rest, command) {
  const [first] = command.options;
  if (!first) return { items: [], asks: null, says: command.description };
  if (command.options.length === 1) return single(rest, command, first);
  const words = rest.match(/(?:[^\s"]|"[^"]*"?)+/g) || [];
  const last = /\s$/.test(rest) || !words.length ? "" : words[words.length - 1];
  const named = words.map((word) => word.match(/^([a-z]+)[:=]/)?.[1]).filter(Boolean);
  const current = command.options.find((option) => option.name === last.match(/^([a-z]+)[:=]/)?.[1]);
  const head = `/${command.name} ${rest.slice(0, rest.length - last.length)}`;
  if (current) return value(head, command, current, last);
  return several(head, last, command, named, words);
}

function single(rest, command, option) {
  const fill = (value) => `/${command.name} ${value}`;
  const asks = option.suggests ? { command: command.name, option: option.name, text: rest, fill } : null;
  return { items: [], asks, says: `${option.name}: ${option.description}` };
}

function value(head, command, option, last) {
  const text = last.slice(option.name.length + 1).replace(/^"|"$/g, "");
  const fill = (chosen) => `${head}${option.name}:${/\s/.test(chosen) ? `"${chosen}"` : chosen} `;
  const asks = option.suggests ? { command: command.name, option: option.name, text, fill } : null;
  return { items: [], asks, says: `${option.name}: ${option.description}` };
}

function several(head, last, command, named, words) {
  // What is typed without a name fills what has to be there, else the first option.
  const required = [...command.options.filter((option) => option.required), command.options[0]].find((option) => option && !named.includes(option.name));
  const loose = words.some((word) => !/^[a-z]+[:=]/.test(word));
  const left = command.options.filter((option) => !named.includes(option.name) && option.name.startsWith(last));
  const items = left
    .filter((option) => option !== required || !loose)
    .map((option) => ({ label: `${option.name}:`, detail: option.description, line: `${head}${option.name}:` }));
  const says = required && !loose ? `${required.name}: ${required.description}` : "Enter sends the command; more options can follow.";
  return { items, asks: null, says };
}
