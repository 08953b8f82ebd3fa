"use strict";
(() => {
  const body = document.querySelector(".layers tbody");
  const rows = Array.from(body.rows, (element) => ({
    element,
    id: element.id,
    parent: element.dataset.parent || "",
    toggle: element.querySelector(".toggle"),
    text: (element.cells[0].title + " " + element.cells[1].textContent).toLowerCase(),
    open: true,
  }));
  const byId = new Map(rows.map((row) => [row.id, row]));
  const layers = rows.filter((row) => !row.toggle);
  const filter = document.getElementById("filter");
  const count = document.getElementById("count");
  document.documentElement.classList.add("js");

  // The rows that match the filter, and the blocks that hold them; null where there is no filter.
  const matching = () => {
    const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
    if (!words.length) return null;
    const kept = new Set();
    for (const row of layers) {
      if (!words.every((word) => row.text.includes(word))) continue;
      for (let at = row; at && !kept.has(at); at = byId.get(at.parent)) kept.add(at);
    }
    return kept;
  };

  const update = () => {
    const kept = matching();
    const shut = new Set();
    let shown = 0;
    for (const row of rows) {
      const inside = shut.has(row.parent);
      if (row.toggle) {
        if (inside || !row.open) shut.add(row.id);
        row.toggle.setAttribute("aria-expanded", String(kept !== null || row.open));
      }
      row.element.hidden = kept ? !kept.has(row) : inside;
      if (kept && !row.toggle && kept.has(row)) shown += 1;
    }
    count.textContent = kept ? `${shown} of ${layers.length} layers` : `${layers.length} layers`;
  };

  const openAll = (open) => {
    for (const row of rows) row.open = open;
    update();
  };

  // Unfolds what hides a row, scrolls to it and marks it for a moment.
  const reveal = (row) => {
    if (row.element.hidden) filter.value = "";
    for (let at = byId.get(row.parent); at; at = byId.get(at.parent)) at.open = true;
    update();
    row.element.scrollIntoView({ block: "center" });
    for (const found of body.querySelectorAll(".found")) found.classList.remove("found");
    row.element.classList.add("found");
  };

  body.addEventListener("click", (event) => {
    const toggle = event.target.closest(".toggle");
    const link = event.target.closest("a");
    if (toggle) {
      const row = byId.get(toggle.closest("tr").id);
      row.open = !row.open;
      update();
    } else if (link) {
      const row = byId.get(link.hash.slice(1));
      if (row) {
        event.preventDefault();
        history.replaceState(null, "", link.hash);
        reveal(row);
      }
    }
  });
  filter.addEventListener("input", update);
  document.getElementById("fold").addEventListener("click", () => openAll(false));
  document.getElementById("unfold").addEventListener("click", () => openAll(true));
  addEventListener("beforeprint", () => openAll(true));

  // Charts: one cursor over all of them, one note about the layer below it.
  const section = document.getElementById("charts");
  const tip = document.getElementById("tip");
  const areas = Array.from(section.querySelectorAll(".area"));
  const cursors = areas.map((area) => {
    const cursor = document.createElement("div");
    cursor.className = "cursor";
    cursor.hidden = true;
    area.append(cursor);
    return cursor;
  });
  let current = -1;

  const cell = (row, name) => row.element.querySelector("." + name).textContent;

  const element = (tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    return made;
  };

  const share = (row, name) => {
    const part = parseFloat(row.element.querySelector("." + name).style.getPropertyValue("--s"));
    return part > 0 ? `${(100 * part).toFixed(1)} %` : "";
  };

  const describe = (row) => {
    const list = document.createElement("dl");
    for (const [label, name] of [["Output", "out"], ["Params", "params"], ["MACs", "macs"], ["Activations", "activations"], ["Alive", "alive"], ["Field", "field"]]) {
      list.append(element("dt", label), element("dd", cell(row, name)), element("dd", share(row, name)));
    }
    const operator = row.element.cells[1].cloneNode(true);
    for (const from of operator.querySelectorAll(".from")) from.remove();
    tip.replaceChildren(element("b", row.element.cells[0].title), element("em", operator.textContent), list);
  };

  const place = (area, index) => {
    const outer = section.getBoundingClientRect();
    const inner = area.getBoundingClientRect();
    const middle = inner.left - outer.left + (inner.width * (index + 0.5)) / layers.length;
    const right = middle + 14;
    const fits = right + tip.offsetWidth <= outer.width;
    tip.style.left = `${Math.max(0, fits ? right : middle - 14 - tip.offsetWidth)}px`;
    tip.style.top = `${inner.top - outer.top + 8}px`;
  };

  const point = (area, index) => {
    if (index < 0 || index >= layers.length) return;
    if (index !== current) {
      current = index;
      describe(layers[index]);
      for (const cursor of cursors) {
        cursor.hidden = false;
        cursor.style.left = `${(100 * index) / layers.length}%`;
        cursor.style.width = `${100 / layers.length}%`;
      }
      area.setAttribute("aria-valuenow", String(index + 1));
      const name = layers[index].element.cells[0].title;
      area.setAttribute("aria-valuetext", `${name}: ${cell(layers[index], area.parentElement.dataset.key)}`);
    }
    tip.hidden = false;
    place(area, index);
  };

  const leave = () => {
    current = -1;
    tip.hidden = true;
    for (const cursor of cursors) cursor.hidden = true;
  };

  const indexAt = (area, event) => {
    const box = area.getBoundingClientRect();
    const index = Math.floor(((event.clientX - box.left) / box.width) * layers.length);
    return Math.min(layers.length - 1, Math.max(0, index));
  };

  const keys = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageUp: 10, PageDown: -10, Home: -Infinity, End: Infinity };

  for (const area of areas) {
    if (!layers.length) break;
    area.classList.add("live");
    area.tabIndex = 0;
    area.setAttribute("role", "slider");
    area.setAttribute("aria-label", area.querySelector("svg").getAttribute("aria-label"));
    area.setAttribute("aria-valuemin", "1");
    area.setAttribute("aria-valuemax", String(layers.length));
    area.setAttribute("aria-valuenow", "1");
    area.addEventListener("pointermove", (event) => point(area, indexAt(area, event)));
    area.addEventListener("pointerleave", leave);
    area.addEventListener("blur", leave);
    area.addEventListener("focus", () => { if (area.matches(":focus-visible")) point(area, Math.max(0, current)); });
    area.addEventListener("click", (event) => reveal(layers[indexAt(area, event)]));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && current >= 0) reveal(layers[current]);
      else if (event.key === "Escape") leave();
      else if (event.key in keys) point(area, Math.min(layers.length - 1, Math.max(0, current + keys[event.key])));
      else return;
      event.preventDefault();
    });
  }

  // A long table opens folded, so that the whole network is seen at once.
  const target = byId.get(location.hash.slice(1));
  openAll(rows.length <= 150);
  if (target) reveal(target);
})();
