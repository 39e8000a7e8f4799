"use strict";
const plain = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();

function compare(a, b) {
  if (a.dataset.value !== undefined) return a.dataset.value - b.dataset.value;
  return a.textContent.trim().localeCompare(b.textContent.trim(), document.documentElement.lang, { numeric: true });
}

function sortBy(table, header) {
  const descending = header.getAttribute("aria-sort") === "ascending";
  const rows = [...table.tBodies[0].rows];
  rows.sort((a, b) => compare(a.cells[header.cellIndex], b.cells[header.cellIndex]) * (descending ? -1 : 1));
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  header.setAttribute("aria-sort", descending ? "descending" : "ascending");
  table.tBodies[0].append(...rows);
}

function wordsOf(row) {  // of its texts: a number in it is not what anyone looks for
  const texts = [...row.cells].filter((cell) => cell.dataset.value === undefined);
  return plain(texts.map((cell) => cell.textContent).join(" "));
}

function search(table, input, status) {
  const words = plain(input.value).split(/\s+/);
  const rows = [...table.tBodies[0].rows];
  for (const row of rows) row.hidden = !words.every((word) => wordsOf(row).includes(word));
  status.textContent = input.value ? `${rows.filter((row) => !row.hidden).length} / ${rows.length}` : "";
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const header of table.tHead.rows[0].cells) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...header.childNodes);
    button.addEventListener("click", () => sortBy(table, header));
    header.append(button);
  }
  const bar = document.getElementById(`search-${table.id}`);
  const input = bar.querySelector("input");
  input.addEventListener("input", () => search(table, input, bar.querySelector("output")));
  bar.hidden = false;
}
