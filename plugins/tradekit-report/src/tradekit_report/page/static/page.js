// Starts the page: theme, numbers, charts and the list of trades.

const THIN = "\u202f", MINUS = "\u2212";

function factsOf(root) {
  const currency = root.dataset.currency;
  const fixed = (value, decimals) => value.toLocaleString("en", { minimumFractionDigits: decimals, maximumFractionDigits: decimals }).replace("-", MINUS);
  const signed = (value, text, hasSign) => (hasSign && value > 0 ? `+${text}` : text);
  return {
    currency,
    money: (value, hasSign) => (value === value ? signed(value, fixed(value, Math.abs(value) >= 1000 || value === 0 ? 0 : 2), hasSign) : "–"),
    percent: (value, hasSign) => { const size = Math.abs(100 * value); return value === value ? signed(value, fixed(100 * value, size >= 999.5 ? 0 : size >= 9.995 ? 1 : 2), hasSign) + THIN + "%" : "–"; },
    short: (value) => { for (const [size, name] of [[1e9, "B"], [1e6, "M"], [1e4, "k"]]) if (Math.abs(value) >= size) return `${+(value / (name === "k" ? 1e3 : size)).toFixed(2)}${name}`.replace("-", MINUS); return `${+value.toPrecision(6)}`.replace("-", MINUS); },
    percentTick: (value) => `${+(100 * value).toPrecision(4)}`.replace("-", MINUS) + THIN + "%",
    tick: (value) => value.toLocaleString("en", { maximumSignificantDigits: 7 }).replace("-", MINUS),
    number: (value) => (value === value ? value.toLocaleString("en", { maximumSignificantDigits: 8 }).replace("-", MINUS) : "–"),
    days: (value) => (value >= 2 ? `${Math.round(value).toLocaleString("en")} d` : value * 24 >= 2 ? `${(value * 24).toFixed(1)} h` : `${Math.round(value * 1440)} min`),
  };
}

function themes() {
  const root = document.documentElement, button = document.getElementById("theme");
  const order = ["auto", "light", "dark"];
  const kept = () => { try { return localStorage.getItem("tradekit-report-theme"); } catch { return null; } };
  const keep = (value) => { try { localStorage.setItem("tradekit-report-theme", value); } catch { /* a page of a notebook may keep nothing */ } };
  const set = (value) => {
    root.dataset.theme = value;
    button.textContent = { auto: "Auto", light: "Light", dark: "Dark" }[value];
    button.setAttribute("aria-label", `Colours: ${value}; press to change`);
    readInk();
    for (const pane of PANES) pane.plot.redraw(false, true);
  };
  button.addEventListener("click", () => { const next = order[(order.indexOf(root.dataset.theme) + 1) % 3]; keep(next); set(next); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => set(root.dataset.theme));
  set(order.includes(kept()) ? kept() : "auto");
}

function ranges(root, view, clock) {
  const day = 86400e3;
  for (const button of root.querySelectorAll("[data-range]")) {
    const days = { month: 30.4, quarter: 91.3, year: 365.25 }[button.dataset.range];
    const span = (clock.time(view.rows - 1) - clock.time(0)) / day;
    if (days && days > span) { button.hidden = true; continue; }
    button.addEventListener("click", () => {
      if (button.dataset.range === "all") view.all();
      else if (button.dataset.range === "in") view.zoom(0.5);
      else if (button.dataset.range === "out") view.zoom(2);
      else view.set(clock.row(clock.time(view.rows - 1) - days * day), view.rows - 0.5);
    });
  }
}

async function start() {
  readInk();
  themes();
  document.getElementById("print")?.addEventListener("click", () => window.print());
  addEventListener("beforeprint", () => { for (const one of document.querySelectorAll("details")) { one.dataset.was = one.open; one.open = true; } });
  addEventListener("afterprint", () => { for (const one of document.querySelectorAll("details")) one.open = one.dataset.was === "true"; });
  const main = document.querySelector("main"), facts = factsOf(main);
  const accountBox = document.getElementById("account-chart"), marketBox = document.getElementById("market-chart");
  let clock = null, view = null, choose = () => {};
  if (accountBox) {
    const pack = await unpack("data-account");
    clock = new Clock(pack);
    view = new View(pack.facts.rows);
    const panes = accountPanes(accountBox, pack, clock, view, facts);
    const log = document.getElementById("log");
    log.hidden = !panes.canLog;
    log.addEventListener("click", () => { const value = log.getAttribute("aria-pressed") !== "true"; log.setAttribute("aria-pressed", value); panes.setLog(value); });
    steer(accountBox, view);
    for (const tools of document.querySelectorAll(".tools")) ranges(tools, view, clock);
  }
  if (marketBox) choose = await market(marketBox, clock, view, facts);
  const list = document.getElementById("trade-list");
  if (list) new TradeList(list, await unpack("data-trades"), clock, facts, (trade) => choose(trade));
  document.documentElement.dataset.ready = "yes";
}

async function market(root, clock, view, facts) {
  const select = document.getElementById("instrument"), note = document.getElementById("resolution");
  let trade = null;
  const loaded = new Map(), hidden = new Set();
  const show = async () => {
    const which = select ? select.value : root.dataset.first;
    if (!loaded.has(which)) loaded.set(which, new MarketData(await unpack(`data-market-${which}`)));
    for (const pane of PANES.filter((one) => one.root === root)) { pane.plot.destroy(); pane.isGone = true; }
    view.listeners = view.listeners.filter((one) => !one.isOf || one.isOf !== root);
    PANES.splice(0, PANES.length, ...PANES.filter((one) => !one.isGone));
    root.replaceChildren();
    marketPanes(root, note, loaded.get(which), clock, view, facts, () => (trade && (!select || trade.symbol === select.selectedOptions[0].textContent) ? trade : null), hidden);
    switches(loaded.get(which).lines);
  };
  const box = document.getElementById("lines");
  const switches = (lines) => box.replaceChildren(...lines.map((one, k) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `switch key ${LINE_INKS[k % 4]}`;
    button.textContent = one.name;
    button.setAttribute("aria-pressed", !hidden.has(one.name));
    button.addEventListener("click", async () => { if (!hidden.delete(one.name)) hidden.add(one.name); await show(); [...box.children][k].focus(); });
    return button;
  }));
  await show();
  select?.addEventListener("change", show);
  steer(root, view);
  return async (chosen) => {
    trade = chosen;
    const option = select && [...select.options].find((one) => one.textContent === chosen.symbol);
    if (option && option.value !== select.value) { select.value = option.value; await show(); }
    const room = Math.max(8, (chosen.to - chosen.from) * 0.6);
    view.set(chosen.from - room, chosen.to + room);
    for (const pane of PANES) pane.plot.redraw(false, false);
    root.closest("section").scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "start" });
    root.focus({ preventScroll: true });
  };
}

start().catch((error) => {
  const note = document.createElement("p");
  note.className = "broken";
  note.textContent = `The charts can't be drawn: ${error.message}. The pictures and tables of this page need no script.`;
  document.querySelector("main").prepend(note);
  document.documentElement.classList.replace("js", "no-js");
  throw error;
});
