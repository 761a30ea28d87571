// Renders chat templates with @huggingface/jinja, the engine of transformers.js.
//
// Standard input:  JSON lines {"template": "...", "variables": {...}, "today": "2031-02-03"}; a line without a template is
//                  about that of the line before, which is parsed once
// Standard output: a JSON line for each, in order: {"text": "..."} or {"error": "..."}
//
// `raise_exception` and `strftime_now` are the engine's own. With "today" (it may be left out), the clock stands at
// noon of that day; month names are English whatever the machine's language.
// JSON has one kind of number here: 1.0 arrives as 1, as it does for every user of this engine.

import { Template } from "@huggingface/jinja";

const RealDate = Date;
const RealFormat = Intl.DateTimeFormat;

Intl.DateTimeFormat = class extends RealFormat {
  constructor(_, options) {
    super("en-US", options);
  }
};

function setClock(today) {
  if (!today) {
    globalThis.Date = RealDate;
    return;
  }
  const [year, month, day] = today.split("-").map(Number);
  globalThis.Date = class extends RealDate {
    constructor(...given) {
      super(...(given.length ? given : [year, month - 1, day, 12]));
    }
  };
}

let last = { source: undefined, template: undefined };

function parse(source) {
  if (source !== undefined) {
    last = { source, template: undefined };
  }
  last.template ??= new Template(last.source);
  return last.template;
}

function answer(line) {
  try {
    const { template, variables, today } = JSON.parse(line);
    setClock(today);
    return { text: parse(template).render(variables ?? {}) };
  } catch (error) {
    return { error: String(error?.message ?? error) };
  }
}

// Only "\n" ends a line: node's readline also splits at U+2028 and U+2029, which are plain text in JSON.
let rest = "";
process.stdin.setEncoding("utf8");
for await (const chunk of process.stdin) {
  const lines = (rest + chunk).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    process.stdout.write(JSON.stringify(answer(line)) + "\n");
  }
}
if (rest !== "") {
  process.stdout.write(JSON.stringify(answer(rest)) + "\n");
}
