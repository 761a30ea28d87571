// Reads pages in headless Chromium, as it is told on standard input.
//
// Standard input:  JSON lines {"do": "open" | "evaluate" | "hover" | "click" | "press" | "screenshot" | "log", ...}
// Standard output: a JSON line for each, in order: {"value": ...} or {"error": "..."}
//
// "log" gives what went wrong or out since the page was opened: messages of the console, errors, violations of the
// page's own content policy, requests for anything but the page.

import { createInterface } from "node:readline";
import { chromium as playwright } from "playwright-core";
import { chromium } from "./chromium.mjs";

const FLAGS = [
  "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--no-zygote",
];

const browser = await playwright.launch({ ...(await chromium()), args: FLAGS });
let page;
let log = [];

const ACTIONS = {
  async open({ url, dark = false, width = 1280, height = 800, scripts = true, reduced = true }) {
    await page?.context().close();
    const context = await browser.newContext({
      viewport: { width, height },
      colorScheme: dark ? "dark" : "light",
      reducedMotion: reduced ? "reduce" : "no-preference",
      javaScriptEnabled: scripts,
      offline: true,
    });
    page = await context.newPage();
    log = [];
    page.on("console", (message) => log.push(`console ${message.type()}: ${message.text()}`));
    page.on("pageerror", (error) => log.push(`error: ${error.message}`));
    page.on("dialog", (dialog) => { log.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
    page.on("request", (request) => { if (request.url() !== url) log.push(`request: ${request.url()}`); });
    page.on("requestfailed", (request) => log.push(`failed: ${request.url()}: ${request.failure().errorText}`));
    await page.goto(url);
  },
  async evaluate({ code }) { return await page.evaluate(code); },
  async hover({ selector }) { await page.hover(selector, { timeout: 5000 }); },
  async click({ selector }) { await page.click(selector, { timeout: 5000 }); },
  async press({ keys }) { for (const key of keys) await page.keyboard.press(key); },
  async screenshot({ file }) { await page.screenshot({ path: file }); },
  async log() { return log; },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: action, ...given } = JSON.parse(line);
  let answer;
  try {
    answer = { value: (await ACTIONS[action](given)) ?? null };
  } catch (error) {
    answer = { error: String(error?.message ?? error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
}
await browser.close();
