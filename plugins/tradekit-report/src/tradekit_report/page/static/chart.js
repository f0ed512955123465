// One pane on uPlot: axes, grid and crosshair are its own, what is in the pane is drawn by `paint`.

const PANES = [];
let ink = {};

function readInk() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "soft", "faint", "main", "gain", "loss", "muted", "paper", "line-a", "line-b", "line-c", "line-d", "mark"]) ink[name] = style.getPropertyValue("--" + name).trim();
}

class Pane {
  // `spec`: height, label, format, range() -> [low, high], paint(ctx, u), read(row) -> text, isLast (has the time axis), isLog()
  constructor(root, clock, view, spec) {
    Object.assign(this, { root, clock, view, spec });
    this.box = document.createElement("div");
    this.box.className = "pane";
    this.readout = document.createElement("p");
    this.readout.className = "readout";
    this.box.append(this.readout);
    root.append(this.box);
    this.make();
    const listener = () => this.update();
    listener.isOf = root;
    view.onChange(listener);
    PANES.push(this);
    new ResizeObserver(() => {
      const width = this.box.clientWidth;
      if (width && width !== this.plot.width) { this.plot.setSize({ width, height: this.height() }); this.update(); }
    }).observe(this.box);
  }
  height() { return this.spec.height + (this.spec.isLast ? 26 : 6); }
  make() {
    const { spec, clock, view } = this;
    const font = `12px ${getComputedStyle(document.body).fontFamily}`;
    const width = Math.max(this.box.clientWidth, 280);
    const axis = { font, stroke: () => ink.soft, ticks: { show: false }, grid: { stroke: () => ink.faint, width: 1 } };
    this.plot = new uPlot({
      width, height: this.height(), padding: [8, 0, spec.isLast ? 0 : 4, 18], legend: { show: false }, pxAlign: 1,
      scales: {
        x: { time: false, range: () => [view.from, view.to] },
        y: { range: () => spec.range(), distr: spec.isLog && spec.isLog() ? 3 : 1 },
      },
      series: [{}, { paths: () => null, points: { show: false } }],
      axes: [
        { ...axis, show: !!spec.isLast, size: 26, grid: { show: false },
          splits: (u) => this.ticks(u).map((one) => one[0]), values: (u) => this.ticks(u).map((one) => one[1]) },
        { ...axis, side: 1, size: 64, space: 34, gap: 6, values: (u, splits) => splits.map((one) => (one == null ? "" : spec.format(one))) },
      ],
      cursor: {
        sync: { key: "run", scales: ["x", null] }, y: false, points: { show: false },
        drag: { x: true, y: false, setScale: false }, focus: { prox: -1 },
      },
      hooks: {
        draw: [(u) => this.draw(u)],
        setSelect: [(u) => this.select(u)],
        setCursor: [(u) => this.tell(u)],
      },
    }, this.rowsOnly(), this.box);
    this.plot.over.setAttribute("aria-hidden", "true");
  }
  rowsOnly() {
    // The crosshair finds its place by these: about one a pixel.
    const count = Math.min(2000, Math.ceil(this.view.to - this.view.from) + 1), rows = new Float64Array(count), nothing = new Array(count).fill(null);
    const first = Math.max(0, Math.floor(this.view.from)), last = Math.min(this.view.rows - 1, Math.ceil(this.view.to));
    for (let i = 0; i < count; i++) rows[i] = count > 1 ? Math.round(first + ((last - first) * i) / (count - 1)) : first;
    return [rows, nothing];
  }
  ticks(u) { return this.clock.ticks(this.view.from, this.view.to, Math.max(2, u.bbox.width / devicePixelRatio / 95)); }
  update() { this.plot.setData(this.rowsOnly(), true); this.tell(this.plot); }
  remake() { this.plot.destroy(); this.make(); this.tell(this.plot); }
  draw(u) {
    const { ctx, bbox } = u;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (const [row] of this.ticks(u)) line(ctx, ink.faint, devicePixelRatio, [[X(u, row), bbox.top], [X(u, row), bbox.top + bbox.height]]);
    this.spec.paint(ctx, u);
    ctx.restore();
  }
  select(u) {
    if (u.select.width < 6) return;
    this.view.set(u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x"));
    u.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
  }
  tell(u) {
    const at = u.cursor.left, row = at == null || at < 0 ? null : Math.max(0, Math.min(this.view.rows - 1, Math.round(u.posToVal(at, "x"))));
    this.readout.replaceChildren(...this.spec.read(row));
  }
}

const X = (u, row) => u.valToPos(row, "x", true);
const Y = (u, value) => u.valToPos(value, "y", true);

function line(ctx, color, width, points, dash = []) {
  ctx.strokeStyle = color;
  ctx.lineWidth = width;
  ctx.setLineDash(dash);
  ctx.beginPath();
  let isDown = false;
  for (const [x, y] of points) {
    if (!(y === y)) { isDown = false; continue; }
    if (isDown) ctx.lineTo(x, y); else ctx.moveTo(x, y);
    isDown = true;
  }
  ctx.stroke();
  ctx.setLineDash([]);
}

// A line with all its extremes: where one point stands for many bars, from its lowest to its highest.
function paintLine(ctx, u, seen, color, width = 1.6) {
  const points = [];
  for (let i = 0; i < seen.rows.length; i++) {
    const x = X(u, seen.rows[i] - (seen.step - 1) / 2);
    if (seen.high[i] > seen.low[i]) points.push([x, Y(u, seen.low[i])], [x, Y(u, seen.high[i])]);
    points.push([x, Y(u, seen.last[i])]);
  }
  ctx.lineJoin = "round";
  line(ctx, color, width * devicePixelRatio, points);
}

function paintArea(ctx, u, seen, color, isDeep) {
  const foot = Y(u, 0);
  ctx.fillStyle = color;
  ctx.beginPath();
  for (let i = 0; i < seen.rows.length; i++) {
    const half = Math.max(seen.step / 2, 0.5), value = isDeep ? seen.low[i] : Number.isFinite(seen.high[i]) ? seen.high[i] : 0;
    const middle = seen.rows[i] - (seen.step - 1) / 2, y = Y(u, value);
    const left = X(u, middle - half), right = X(u, middle + half);
    if (!i) ctx.moveTo(left, foot);
    ctx.lineTo(left, y);
    ctx.lineTo(right, y);
    if (i === seen.rows.length - 1) ctx.lineTo(right, foot);
  }
  ctx.fill();
}

function part(text, kind = "") {
  const node = document.createElement("span");
  node.textContent = text;
  if (kind) node.className = kind;
  return node;
}

// Zooming and panning for a group of panes: keys, pinch, drag with two fingers or sideways, Ctrl and the wheel.
function steer(root, view) {
  root.addEventListener("wheel", (event) => {
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      const over = root.querySelector(".u-over").getBoundingClientRect();
      const at = view.from + ((event.clientX - over.left) / over.width) * (view.to - view.from);
      view.zoom(Math.exp(Math.max(-0.5, Math.min(0.5, event.deltaY * 0.004))), at);
    } else if (Math.abs(event.deltaX) > Math.abs(event.deltaY)) {
      event.preventDefault();
      view.pan(event.deltaX / 1200);
    }
  }, { passive: false });
  root.addEventListener("keydown", (event) => {
    const act = { ArrowLeft: () => view.pan(-0.2), ArrowRight: () => view.pan(0.2), "+": () => view.zoom(0.6), "=": () => view.zoom(0.6), "-": () => view.zoom(1 / 0.6),
      0: () => view.all(), Home: () => view.pan(-1e9), End: () => view.pan(1e9) }[event.key];
    if (!act || event.target !== root || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  });
  const down = new Map();
  root.addEventListener("pointerdown", (event) => { if (event.pointerType === "touch") down.set(event.pointerId, event.clientX); });
  const up = (event) => down.delete(event.pointerId);
  root.addEventListener("pointerup", up);
  root.addEventListener("pointercancel", up);
  root.addEventListener("pointermove", (event) => {
    if (!down.has(event.pointerId)) return;
    const over = root.querySelector(".u-over").getBoundingClientRect(), span = view.to - view.from;
    const before = [...down.values()];
    down.set(event.pointerId, event.clientX);
    const now = [...down.values()];
    if (now.length === 2) {
      const was = Math.abs(before[0] - before[1]), is = Math.abs(now[0] - now[1]);
      if (was > 10 && is > 10) view.zoom(was / is, view.from + (((now[0] + now[1]) / 2 - over.left) / over.width) * span);
    } else if (now.length === 1) {
      view.pan((before[0] - now[0]) / over.width);
    }
  });
}
