// The list of trades: all of them, sorted, filtered, and linked to the price chart.

const PAGE = 50;
const COLUMNS = [
  ["number", "#", "n"], ["symbol", "Instrument", "t"], ["long", "Side", "t"], ["entry", "Entry", "d"], ["exit", "Exit", "d"], ["held", "Held", "n"],
  ["quantity", "Quantity", "n"], ["entry_price", "Entry price", "n"], ["exit_price", "Exit price", "n"], ["return", "Return", "n"], ["profit", "Profit", "n"], ["fees", "Fees", "n"],
  ["mae", "MAE", "n"], ["mfe", "MFE", "n"],
];

class TradeList {
  constructor(root, pack, clock, facts, choose) {
    Object.assign(this, { root, clock, facts, choose, symbols: pack.facts.symbols, all: pack.facts.all });
    this.data = Object.fromEntries([...COLUMNS.map(([name]) => name), "open", "entry_row", "exit_row"].map((name) => [name, pack.column(name)]).filter(([, column]) => column));
    this.data.held = this.data.exit.map((value, i) => (value - this.data.entry[i]) / 86400e3);
    this.count = this.data.number.length;
    this.columns = COLUMNS.filter(([name]) => this.data[name] && !(name === "symbol" && this.symbols.length < 2));
    this.sort = { name: "number", isDown: false };
    this.page = 0;
    this.chosen = -1;
    for (const name of ["symbol", "side", "result"]) root.querySelector(`[data-filter=${name}]`)?.addEventListener("change", () => this.filter());
    root.querySelector("[data-filter=text]")?.addEventListener("input", () => this.filter());
    root.querySelector("[data-page=before]").addEventListener("click", () => this.turn(-1));
    root.querySelector("[data-page=after]").addEventListener("click", () => this.turn(1));
    this.table = root.querySelector("table.trades");
    this.head();
    this.filter();
  }
  head() {
    const row = document.createElement("tr");
    for (const [name, title, kind] of this.columns) {
      const cell = document.createElement("th"), button = document.createElement("button");
      cell.scope = "col";
      cell.className = kind === "n" ? "num" : "";
      cell.dataset.column = name;
      button.type = "button";
      button.textContent = title;
      button.addEventListener("click", () => this.sortBy(name));
      cell.append(button);
      row.append(cell);
    }
    this.table.tHead.replaceChildren(row);
  }
  sortBy(name) {
    this.sort = { name, isDown: this.sort.name === name ? !this.sort.isDown : ["profit", "return", "mfe", "mae", "held"].includes(name) };
    this.page = 0;
    this.order();
  }
  filter() {
    const chosen = (name) => this.root.querySelector(`[data-filter=${name}]`)?.value || "";
    const symbol = chosen("symbol"), side = chosen("side"), result = chosen("result"), text = chosen("text").trim().toLowerCase();
    const { data } = this;
    this.rows = [];
    for (let i = 0; i < this.count; i++) {
      if (symbol && this.symbols[data.symbol[i]] !== symbol) continue;
      if (side && (data.long[i] ? "long" : "short") !== side) continue;
      if (result === "open" ? !data.open[i] : result && (data.open[i] || (data.profit[i] > 0 ? "won" : "lost") !== result)) continue;
      if (text && !`${data.number[i]} ${this.symbols[data.symbol[i]]} ${isoDay(data.entry[i])} ${isoDay(data.exit[i])}`.toLowerCase().includes(text)) continue;
      this.rows.push(i);
    }
    this.page = 0;
    this.order();
  }
  order() {
    const { name, isDown } = this.sort, values = this.data[name], way = isDown ? -1 : 1;
    const key = name === "symbol" ? (i) => this.symbols[values[i]] : (i) => values[i];
    this.rows.sort((a, b) => {
      const x = key(a), y = key(b);
      if (x !== x || y !== y) return (x !== x) - (y !== y);
      return (x < y ? -1 : x > y ? 1 : 0) * way || a - b;
    });
    for (const cell of this.table.tHead.querySelectorAll("th")) {
      if (cell.dataset.column === name) cell.setAttribute("aria-sort", isDown ? "descending" : "ascending"); else cell.removeAttribute("aria-sort");
    }
    this.show();
  }
  turn(way) {
    this.page = Math.max(0, Math.min(this.page + way, Math.ceil(this.rows.length / PAGE) - 1));
    this.show();
  }
  show() {
    const body = document.createDocumentFragment(), first = this.page * PAGE;
    for (const i of this.rows.slice(first, first + PAGE)) body.append(this.row(i));
    this.table.tBodies[0].replaceChildren(body);
    const { data } = this, closed = this.rows.filter((i) => !data.open[i]);
    const profit = this.rows.reduce((sum, i) => sum + data.profit[i], 0), won = closed.filter((i) => data.profit[i] > 0).length;
    const share = closed.length ? `, ${Math.round((100 * won) / closed.length)} % of the closed ones won` : "";
    this.root.querySelector(".told").textContent = `${this.rows.length.toLocaleString("en")} of ${this.all.toLocaleString("en")} trades${share}; profit ${this.facts.money(profit, true)} ${this.facts.currency}`;
    const pages = Math.max(1, Math.ceil(this.rows.length / PAGE));
    this.root.querySelector(".pages").textContent = `page ${this.page + 1} of ${pages}`;
    this.root.querySelector("[data-page=before]").disabled = this.page === 0;
    this.root.querySelector("[data-page=after]").disabled = this.page >= pages - 1;
    this.root.querySelector(".pager").hidden = pages === 1;
  }
  row(i) {
    const node = document.createElement("tr"), { data, facts } = this;
    node.className = i === this.chosen ? "chosen" : "";
    for (const [name, , kind] of this.columns) {
      const cell = document.createElement("td"), value = data[name][i];
      cell.className = kind === "n" ? "num" : "";
      if (name === "number") {
        const button = document.createElement("button");
        button.type = "button";
        button.className = "to-chart";
        button.textContent = value;
        button.setAttribute("aria-label", `show trade ${value} in the chart`);
        button.addEventListener("click", () => { this.chosen = i; this.show(); this.choose(this.trade(i)); });
        cell.append(button);
      } else {
        cell.textContent = this.text(name, value, i);
        if (name === "return" || name === "profit") cell.classList.add(value > 0 ? "up" : value < 0 ? "down" : "even");
      }
      node.append(cell);
    }
    return node;
  }
  text(name, value, i) {
    const { facts, data } = this;
    if (name === "symbol") return this.symbols[value];
    if (name === "long") return value ? "long" : "short";
    if (name === "exit" && data.open[i]) return "open";
    if (name === "entry" || name === "exit") return this.clock && this.clock.bar >= 86400e3 ? isoDay(value) : new Date(value).toISOString().slice(0, 16).replace("T", " ");
    if (name === "held") return data.open[i] ? "" : facts.days(value);
    if (name === "return" || name === "mae" || name === "mfe") return value === value ? facts.percent(value, name === "return") : "–";
    if (name === "profit" || name === "fees") return facts.money(value, name === "profit");
    return facts.number(value);
  }
  trade(i) {
    const { data } = this;
    return { symbol: this.symbols[data.symbol[i]], number: data.number[i], from: data.entry_row[i], to: data.exit_row[i], entry: data.entry_price[i], exit: data.exit_price[i], isWin: data.profit[i] > 0 };
  }
}

const isoDay = (time) => new Date(time).toISOString().slice(0, 10);
