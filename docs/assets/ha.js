/*
 * What the pages can do beyond reading. Everything works without it.
 *
 * FILTER OF A TABLE. Written into a page as raw HTML, before the table; stays empty without JavaScript:
 *
 *   <div class="ha-filter" data-table="processes" data-noun="processes"
 *        data-columns="service=Service,mode=Mode,strategy=Strategy"></div>
 *   <div class="ha-scroll">
 *   <table class="ha-table" id="processes">
 *   <thead> ... </thead>
 *   <tbody>
 *   <tr data-service="Nova" data-mode="A/A" data-strategy="HAProxy|App cluster" data-names="nova api guide-name"> ... </tr>
 *
 * data-table    id of the table; unique on the page
 * data-noun     what its rows are, in the plural: "12 of 46 processes"
 * data-columns  key=label of each choice, parted by commas; the key names the data attribute of the rows
 * rows          data-KEY holds the values as they are shown, several parted by "|"; data-names holds further words
 *               to be found by. Every row of every <tbody> takes part; its visible text is searched too.
 *
 * The state is in the address, so that it can be linked and is kept when the reader changes the release:
 * strategies.html?words=agent&mode=A%2FA (with several filters on a page: ?processes.mode=...).
 * "words" is the text field. No key may be called q or h: these are Material's.
 *
 * WIDE CONTENT. <div class="ha-scroll"> around a table (and what Material wraps around Markdown tables) becomes
 * reachable with the keyboard while it is wider than the page. Its name is the caption of the table or else the
 * heading above, and the word "table".
 */
(() => {
  "use strict"

  const make = (name, properties = {}, ...children) => {
    const element = Object.assign(document.createElement(name), properties)
    element.append(...children)
    return element
  }
  const words = text => text.toLowerCase().split(/\s+/).filter(Boolean)

  /* Filters */

  const boxes = [...document.querySelectorAll(".ha-filter[data-table]")]

  const setUpFilter = box => {
    const table = document.getElementById(box.dataset.table)
    if (!table) return
    const rows = [...table.tBodies].flatMap(body => [...body.rows]).map(row => ({
      row,
      text: `${row.textContent} ${row.dataset.names ?? ""}`.toLowerCase(),
      values: key => (row.dataset[key] ?? "").split("|"),
    }))
    const prefix = boxes.length > 1 ? `${table.id}.` : ""
    const state = new URL(location).searchParams

    const field = make("input", { type: "search", name: "words", autocomplete: "off", spellcheck: false })
    const selects = (box.dataset.columns ?? "").split(",").filter(Boolean).map(column => {
      const [key, label] = column.split("=")
      const values = [...new Set(rows.flatMap(({ values }) => values(key)))].filter(Boolean)
      const options = values.map(value => make("option", { value, textContent: value }))
      return { label, input: make("select", { name: key }, make("option", { value: "", textContent: "all" }), ...options) }
    })
    const inputs = [field, ...selects.map(({ input }) => input)]
    const count = make("output", { className: "ha-filter__count" })
    count.setAttribute("aria-live", "polite")
    const reset = make("button", { type: "reset", className: "ha-filter__reset", textContent: "Show all" })

    const keep = () => {
      const url = new URL(location)
      for (const { name, value } of inputs)
        if (value) url.searchParams.set(prefix + name, value)
        else url.searchParams.delete(prefix + name)
      /* Some browsers do not let a page from a disk change its address. */
      try { history.replaceState(history.state, "", url) } catch { /* then it cannot be linked */ }
    }
    const apply = () => {
      const wanted = words(field.value)
      let shown = 0
      for (const { row, text, values } of rows) {
        row.hidden = !wanted.every(word => text.includes(word))
          || selects.some(({ input }) => input.value && !values(input.name).includes(input.value))
        shown += !row.hidden
      }
      reset.disabled = !inputs.some(({ value }) => value)
      count.value = `${shown} of ${rows.length} ${box.dataset.noun ?? "rows"}`
    }
    for (const input of inputs) input.value = state.get(prefix + input.name) ?? ""
    for (const { input } of selects) if (input.selectedIndex < 0) input.value = ""

    const labelled = (text, input) => make("label", { className: "ha-filter__field" }, make("span", { textContent: text }), input)
    const form = make("form", { className: "ha-filter__form" },
      labelled("Contains", field), ...selects.map(({ label, input }) => labelled(label, input)), reset, count)
    form.setAttribute("aria-label", `Filter the ${box.dataset.noun ?? "rows"}`)
    form.addEventListener("input", () => { apply(); keep() })
    form.addEventListener("submit", event => event.preventDefault())
    form.addEventListener("reset", () => setTimeout(() => { apply(); keep(); field.focus() }))
    box.append(form)
    apply()
  }
  boxes.forEach(setUpFilter)

  /* Wide content */

  const nameOf = element => {
    const caption = element.querySelector("caption")
    if (caption) return caption.textContent.trim()
    const headings = [...document.querySelectorAll("article :is(h1, h2, h3, h4)")]
    const above = headings.filter(heading => heading.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING)
    return above.at(-1)?.firstChild?.textContent.trim() || document.title
  }
  const watch = new ResizeObserver(entries => {
    for (const { target } of entries) {
      const wide = target.scrollWidth > target.clientWidth && getComputedStyle(target).overflowX !== "visible"
      const attributes = { tabindex: "0", role: "region", "aria-label": `${nameOf(target)}, table` }
      for (const [name, value] of Object.entries(attributes))
        if (wide) target.setAttribute(name, value)
        else target.removeAttribute(name)
    }
  })
  /* Material wraps the tables of Markdown and adds the copy buttons (in a <nav> each) when the document is complete. */
  addEventListener("load", () => {
    for (const element of document.querySelectorAll(".ha-scroll, .md-typeset__scrollwrap")) watch.observe(element)
    for (const element of document.querySelectorAll(".md-code__nav")) element.setAttribute("role", "none")
  })

  /* On narrow screens labels open the menu and the search, out of reach of a keyboard. Put buttons in their place. */

  for (const label of document.querySelectorAll("label[data-ha-opens]")) {
    const toggle = document.getElementById(label.htmlFor)
    const button = make("button", { type: "button", className: label.className, innerHTML: label.innerHTML })
    button.dataset.haOpens = label.dataset.haOpens
    button.setAttribute("aria-label", label.dataset.haOpens)
    const tell = () => button.setAttribute("aria-expanded", toggle.checked)
    toggle.addEventListener("change", tell)
    button.addEventListener("click", () => label.click())
    tell()
    label.hidden = true
    label.before(button)
  }

  /* Material calls its version selector "Select version", in place of the release that it shows. */

  const topic = document.querySelector(".md-header__topic")
  new MutationObserver((_, observer) => {
    const button = topic.querySelector(".md-version__current")
    if (!button) return
    observer.disconnect()
    button.setAttribute("aria-label", `Release ${button.textContent.trim()}`)
    for (const link of topic.querySelectorAll(".md-version__link"))
      if (link.textContent === button.textContent) link.setAttribute("aria-current", "true")
  }).observe(topic, { childList: true })

  /* A diagram that is wider than the page begins with its middle, where its main path is. */
  for (const box of document.querySelectorAll(".ha-diagram")) box.scrollLeft = (box.scrollWidth - box.clientWidth) / 2
})()
