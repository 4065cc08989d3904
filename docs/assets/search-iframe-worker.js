/*
 * What Material's search needs in order to work from a disk, and not to load before somebody searches.
 * Loaded before its bundle (extra.polyfills in mkdocs.yml); the file name has to contain "iframe-worker", or else
 * the offline plugin adds a script from another host.
 */
(() => {
  "use strict"

  const onDisk = location.protocol === "file:"
  const NativeWorker = window.Worker

  /* Material makes its worker on every page, but gives it work only once it has the search index. */
  window.Worker = class SearchWorker extends EventTarget {
    constructor(address) {
      super()
      this.address = new URL(address, location)
    }

    postMessage(data) {
      this.deliver ??= onDisk ? this.startInFrame() : this.start()
      this.deliver.then(deliver => deliver(data))
    }

    receive(data) {
      this.dispatchEvent(new MessageEvent("message", { data }))
    }

    async start() {
      const worker = new NativeWorker(this.address)
      worker.addEventListener("message", ({ data }) => this.receive(data))
      return data => worker.postMessage(data)
    }

    /* A browser starts no worker from a disk. The same script runs in a hidden frame. */
    async startInFrame() {
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.title = "Search"
      document.body.append(frame)
      const inside = frame.contentWindow
      inside.postMessage = data => this.receive(data)
      const script = frame.contentDocument.createElement("script")
      script.src = this.address
      frame.contentDocument.body.append(script)
      await new Promise(resolve => script.addEventListener("load", resolve))
      return data => inside.dispatchEvent(new MessageEvent("message", { data }))
    }
  }

  const { open, send } = XMLHttpRequest.prototype

  if (onDisk) {
    /* No request for data can succeed. Let it fail without being made, which keeps the console clear of errors. */
    XMLHttpRequest.prototype.send = function () {
      setTimeout(() => this.dispatchEvent(new ProgressEvent("error")))
    }
    return
  }

  /*
   * Material asks for the search index, the largest file of a release, on every page. Hold the request until the
   * reader turns to the search, unless they come from it (?h= marks the words, ?q= opens the search).
   */
  if (/[?&][hq]=/.test(location.search)) return
  const held = []
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.isHeld = String(address).endsWith("/search/search_index.json")
    return open.call(this, method, address, ...rest)
  }
  XMLHttpRequest.prototype.send = function (...body) {
    if (this.isHeld) held.push(() => send.apply(this, body))
    else send.apply(this, body)
  }
  const release = event => {
    if (!event.target.closest?.(".md-search, [for=__search], [data-ha-opens=Search]")) return
    Object.assign(XMLHttpRequest.prototype, { open, send })
    for (const name of ["focusin", "pointerover"]) removeEventListener(name, release)
    for (const resume of held.splice(0)) resume()
  }
  for (const name of ["focusin", "pointerover"]) addEventListener(name, release)
})()
