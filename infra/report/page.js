// The script of a report's page: zoom of the time axis, the keyboard along its events, and what a node was like at a moment. The page can be read
// without it. It reads the page alone, asks nobody, and writes text only as text.
(() => {
  const data = JSON.parse(document.getElementById('readings').textContent);
  const { fromMs, cellMs, cells, health } = data;
  const spanMs = cells * cellMs;
  const MINUTE = 60_000;
  const HOUR = 60 * MINUTE;
  const DAY = 24 * HOUR;
  const STEPS = [1, 2, 5, 10, 15, 30]
    .map((n) => n * MINUTE)
    .concat(
      [1, 2, 3, 6, 12].map((n) => n * HOUR),
      [1, 2, 7, 14].map((n) => n * DAY),
    );
  const SVG = 'http://www.w3.org/2000/svg';
  const view = { from: 0, to: spanMs };
  const chart = document.getElementById('chart');
  const axis = document.getElementById('axis');
  const readout = document.getElementById('readout');
  const filter = document.getElementById('filter');
  const events = [...chart.querySelectorAll('.ev')];
  const bars = [...chart.querySelectorAll('.bar')];
  const plots = [...chart.querySelectorAll('.plot')];
  const lanes = [...chart.querySelectorAll('.lane')];

  const two = (n) => String(n).padStart(2, '0');
  const clock = (ms, seconds) => {
    const at = new Date(ms);
    return `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}${seconds ? `:${two(at.getUTCSeconds())}` : ''}`;
  };
  const day = (ms) => new Date(ms).toISOString().slice(5, 10);
  const moment = (ms) => (spanMs > DAY ? `${day(ms)} ` : '') + clock(ms, spanMs <= DAY);

  const percent = (offsetMs) => ((offsetMs - view.from) / (view.to - view.from)) * 100;
  const place = (offsetMs) => `${Math.max(-50, Math.min(150, percent(offsetMs))).toFixed(3)}%`;

  function draw() {
    for (const event of events) event.firstElementChild.setAttribute('x', place(Number(event.dataset.t)));
    for (const bar of bars) {
      const left = Math.max(-50, Math.min(150, percent(Number(bar.dataset.t))));
      const right = Math.max(-50, Math.min(150, percent(Number(bar.dataset.u))));
      bar.setAttribute('x', `${left.toFixed(3)}%`);
      bar.setAttribute('width', `${Math.max(0.15, right - left).toFixed(3)}%`);
    }
    const from = view.from / cellMs;
    const wide = Math.max(1e-6, (view.to - view.from) / cellMs);
    for (const plot of plots) plot.setAttribute('viewBox', `${from} 0 ${wide} ${plot.viewBox.baseVal.height}`);
    drawAxis();
  }

  function drawAxis() {
    const most = Math.max(2, Math.floor(axis.clientWidth / 90));
    const span = view.to - view.from;
    const step = STEPS.find((one) => span / one <= most) ?? 30 * DAY;
    const made = [];
    for (let at = Math.ceil((fromMs + view.from) / step) * step; at <= fromMs + view.to; at += step) {
      const x = place(at - fromMs);
      const line = document.createElementNS(SVG, 'line');
      line.setAttribute('x1', x);
      line.setAttribute('x2', x);
      line.setAttribute('y1', '15');
      line.setAttribute('y2', '20');
      const text = document.createElementNS(SVG, 'text');
      text.setAttribute('x', x);
      text.setAttribute('y', '11');
      text.setAttribute(
        'text-anchor',
        percent(at - fromMs) > 96 ? 'end' : percent(at - fromMs) < 3 ? 'start' : 'middle',
      );
      text.textContent = step >= DAY ? day(at) : at % DAY === 0 ? `${day(at)} 00:00` : clock(at, false);
      made.push(line, text);
    }
    axis.replaceChildren(...made);
  }

  /** Never nearer than five seconds, never beyond the ends. */
  function zoomTo(from, to) {
    const wide = Math.min(spanMs, Math.max(5_000, to - from));
    const left = Math.max(0, Math.min(spanMs - wide, from));
    view.from = left;
    view.to = left + wide;
    draw();
  }
  function zoomBy(factor, aroundMs = current === undefined ? (view.from + view.to) / 2 : Number(current.dataset.t)) {
    const wide = (view.to - view.from) * factor;
    const share = Math.max(0, Math.min(1, (aroundMs - view.from) / (view.to - view.from)));
    zoomTo(aroundMs - wide * share, aroundMs + wide * (1 - share));
  }
  const moveBy = (share) => zoomTo(view.from + (view.to - view.from) * share, view.to + (view.to - view.from) * share);

  // One stop of the Tab key for all events; arrows go along them.
  let current;
  const shown = () => events.filter((event) => event.closest('.lane').offsetParent !== null);
  function choose(event, focus) {
    if (event === undefined) return;
    if (current !== undefined) current.tabIndex = -1;
    current = event;
    event.tabIndex = 0;
    if (!focus) return;
    const at = Number(event.dataset.t);
    if (at < view.from || at > view.to) {
      const wide = view.to - view.from;
      zoomTo(at - wide / 2, at + wide / 2);
    }
    event.focus({ preventScroll: true });
    event.closest('.lane').scrollIntoView({ block: 'nearest' });
  }
  for (const event of events) {
    event.tabIndex = -1;
    event.addEventListener('focus', () => {
      choose(event, false);
      readout.textContent = event.getAttribute('aria-label');
    });
    event.addEventListener('mouseenter', () => {
      readout.textContent = event.getAttribute('aria-label');
    });
    event.addEventListener('click', () => setTimeout(reveal));
  }

  const inTime = (list) =>
    list.toSorted((a, b) => Number(a.dataset.t) - Number(b.dataset.t) || Number(a.dataset.n) - Number(b.dataset.n));
  function step(by) {
    const all = inTime(shown());
    choose(all[Math.max(0, Math.min(all.length - 1, all.indexOf(current) + by))], true);
  }
  function stepLane(by) {
    const having = lanes.filter((lane) => lane.offsetParent !== null && lane.querySelector('.ev') !== null);
    const next = having[having.indexOf(current?.closest('.lane')) + by];
    if (next === undefined) return;
    const at = Number(current?.dataset.t ?? 0);
    const near = [...next.querySelectorAll('.ev')].sort(
      (a, b) => Math.abs(Number(a.dataset.t) - at) - Math.abs(Number(b.dataset.t) - at),
    );
    choose(near[0], true);
  }
  choose(inTime(shown())[0], false);

  const KEYS = {
    ArrowRight: () => step(1),
    ArrowLeft: () => step(-1),
    ArrowDown: () => stepLane(1),
    ArrowUp: () => stepLane(-1),
    Home: () => step(-events.length),
    End: () => step(events.length),
    '+': () => zoomBy(0.5),
    '=': () => zoomBy(0.5),
    '-': () => zoomBy(2),
    0: () => zoomTo(0, spanMs),
    '[': () => moveBy(-0.25),
    ']': () => moveBy(0.25),
  };
  chart.addEventListener('keydown', (pressed) => {
    if (pressed.target === filter || pressed.ctrlKey || pressed.metaKey || pressed.altKey) return;
    const act = Object.hasOwn(KEYS, pressed.key) ? KEYS[pressed.key] : undefined;
    if (act === undefined || (pressed.key.startsWith('Arrow') && !pressed.target.closest('.ev'))) return;
    pressed.preventDefault();
    act();
  });
  for (const [id, act] of [
    ['nearer', () => zoomBy(0.5)],
    ['farther', () => zoomBy(2)],
    ['earlier', () => moveBy(-0.5)],
    ['later', () => moveBy(0.5)],
    ['whole', () => zoomTo(0, spanMs)],
  ])
    document.getElementById(id).addEventListener('click', act);

  // The pointer: what a node was like, and a stretch to look at more closely.
  let held;
  for (const lane of lanes) {
    const time = lane.querySelector('.time');
    const reading = data.lanes[lane.dataset.lane];
    const offsetAt = (pointer) => {
      const { left, width } = time.getBoundingClientRect();
      return view.from + Math.max(0, Math.min(1, (pointer.clientX - left) / width)) * (view.to - view.from);
    };
    time.addEventListener('pointermove', (pointer) => {
      if (pointer.target.closest('.ev')) return;
      const at = offsetAt(pointer);
      if (reading) readout.textContent = `${lane.dataset.about}  ${words(reading, at)}`;
    });
    time.addEventListener('pointerdown', (pointer) => {
      if (pointer.button !== 0 || pointer.pointerType === 'touch' || pointer.target.closest('.ev')) return;
      const shade = document.createElement('div');
      shade.className = 'sel';
      held = { offsetAt, from: offsetAt(pointer), to: offsetAt(pointer), shade };
      time.append(shade);
    });
  }
  function select(to) {
    held.to = to;
    const [left, right] = [Math.min(held.from, to), Math.max(held.from, to)].map(percent);
    held.shade.style.left = `${left}%`;
    held.shade.style.width = `${right - left}%`;
  }
  // The pointer may leave the lane, or the window, while it is held.
  addEventListener('pointermove', (pointer) => {
    if (held !== undefined) select(held.offsetAt(pointer));
  });
  addEventListener('pointerup', () => {
    if (held === undefined) return;
    const { from, to, shade } = held;
    held = undefined;
    shade.remove();
    if (Math.abs(percent(to) - percent(from)) > 1) zoomTo(Math.min(from, to), Math.max(from, to));
  });

  function words({ h, l, d, f }, offsetMs) {
    const at = Math.min(cells - 1, Math.floor(offsetMs / cellMs));
    const tip = data.tips[f]?.[at] ?? null;
    const blocks = l[at];
    const height =
      tip === null || blocks === null ? 'height not known' : `height ${(tip - blocks).toLocaleString('en')}`;
    return [
      moment(fromMs + offsetMs),
      health[h[at]] ?? 'not known',
      blocks === null ? height : `${height}, ${blocks.toLocaleString('en')} behind`,
      d[at] === null ? 'disk not known' : `disk ${d[at]} %`,
    ].join(' · ');
  }

  filter.addEventListener('input', () => {
    const wanted = filter.value.trim().toLowerCase();
    for (const lane of lanes) lane.hidden = wanted !== '' && !lane.dataset.about.toLowerCase().includes(wanted);
    if (wanted !== '') for (const quiet of chart.querySelectorAll('details.quiet')) quiet.open = true;
    if (current?.closest('.lane').offsetParent === null) choose(inTime(shown())[0], false);
  });

  /** What a link leads to may lie in something that is closed. */
  function reveal() {
    const target = location.hash === '' ? null : document.getElementById(location.hash.slice(1));
    for (let at = target; at !== null; at = at.parentElement) if (at.tagName === 'DETAILS') at.open = true;
    if (target === null) return;
    target.scrollIntoView({ block: 'start' });
    (target.tagName === 'DETAILS' ? target.querySelector('summary') : target).focus({ preventScroll: true });
  }
  addEventListener('hashchange', reveal);
  addEventListener('beforeprint', () => {
    zoomTo(0, spanMs);
    for (const incident of document.querySelectorAll('details.inc')) incident.open = true;
  });
  addEventListener('resize', drawAxis);
  document.body.classList.add('scripted');
  for (const one of document.querySelectorAll('[data-scripted]')) one.hidden = false;
  for (const one of document.querySelectorAll('[data-plain]')) one.hidden = true;
  draw();
  reveal();
})();
