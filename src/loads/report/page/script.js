"use strict";
(() => {
  const lang = document.documentElement.lang;
  const words = { it: ["Apri i dettagli", "di", "righe"], en: ["Open the details", "of", "rows"] }[lang];
  const collator = new Intl.Collator(lang, { numeric: true, sensitivity: "base" });
  const whole = new Intl.NumberFormat(lang, { useGrouping: "always" });
  // A missing value comes last in either order.
  const compare = (left, right, isNumber, sign) => {
    if (left === "" || right === "") return (left === "") - (right === "");
    return sign * (isNumber ? left - right : collator.compare(left, right));
  };
  const key = (row, at) => {
    const cell = row.cells[at];
    return cell.dataset.k ?? (cell.dataset.s ?? cell.textContent).trim();
  };
  for (const table of document.querySelectorAll("table[data-live]")) {
    const bodies = [...table.tBodies];
    const pairs = bodies.map((body) => {
      const rows = [...body.rows];
      return rows.filter((row) => row.classList.contains("row")).map((row) => {
        const next = row.nextElementSibling;
        return { row, more: next && next.classList.contains("more") ? next : null, text: null };
      });
    });
    for (const { row, more } of pairs.flat()) {
      if (!more) continue;
      const details = more.querySelector("details");
      const button = document.createElement("button");
      button.type = "button";
      button.className = "open-row";
      button.setAttribute("aria-expanded", "false");
      button.setAttribute("aria-label", `${words[0]}: ${row.cells[0].textContent.trim()}`);
      button.setAttribute("aria-controls", more.id);
      details.open = true;
      more.hidden = true;
      button.addEventListener("click", () => {
        more.hidden = !more.hidden;
        button.setAttribute("aria-expanded", String(!more.hidden));
      });
      row.cells[0].dataset.s = row.cells[0].textContent;
      row.cells[0].prepend(button);
    }
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      head.setAttribute("aria-sort", "none");
      button.addEventListener("click", () => {
        const descends = head.getAttribute("aria-sort") === "ascending";
        for (const other of table.tHead.rows[0].cells) other.setAttribute("aria-sort", "none");
        head.setAttribute("aria-sort", descends ? "descending" : "ascending");
        bodies.forEach((body, index) => {
          const keyed = pairs[index].map((pair) => [key(pair.row, at), pair]);
          keyed.sort((left, right) => compare(left[0], right[0], head.dataset.type === "number", descends ? -1 : 1));
          for (const [, { row, more }] of keyed) body.append(row, ...(more ? [more] : []));
        });
      });
    });
    const tools = table.closest("section").querySelector(`[data-for="${table.id}"]`);
    if (!tools) continue;
    const input = tools.querySelector("input");
    const output = tools.querySelector("output");
    const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    const filter = () => {
      const wanted = plain(input.value).split(/\s+/).filter(Boolean);
      let shown = 0;
      pairs.forEach((list, index) => {
        let inGroup = 0;
        for (const pair of list) {
          pair.text ??= plain(pair.row.textContent + " " + (pair.more?.textContent ?? ""));
          const fits = wanted.every((word) => pair.text.includes(word));
          pair.row.hidden = !fits;
          const button = pair.row.querySelector(".open-row");
          if (pair.more) pair.more.hidden = !fits || button.getAttribute("aria-expanded") !== "true";
          inGroup += fits;
        }
        const heading = bodies[index].querySelector("tr.group");
        if (heading) heading.hidden = inGroup === 0;
        shown += inGroup;
      });
      const all = pairs.flat().length;
      output.value = wanted.length ? `${whole.format(shown)} ${words[1]} ${whole.format(all)} ${words[2]}` : "";
    };
    input.addEventListener("input", filter);
    tools.hidden = false;
    table.classList.add("scripted");
  }
})();
