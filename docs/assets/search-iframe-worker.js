/*
 * Two things that Material's search cannot do by itself. Loaded before its bundle (extra.polyfills in mkdocs.yml);
 * the file name has to contain "iframe-worker", or else the offline plugin adds a script from another host.
 */
(() => {
  "use strict"

  if (location.protocol === "file:") {
    /* No request for data can succeed. Let it fail without being made, which keeps the console clear of errors. */
    XMLHttpRequest.prototype.send = function () {
      setTimeout(() => this.dispatchEvent(new ProgressEvent("error")))
    }

    /* A browser does not start a worker from a disk. This one runs the same script in a hidden frame. */
    window.Worker = class IFrameWorker extends EventTarget {
      constructor(address) {
        super()
        const frame = document.createElement("iframe")
        frame.hidden = true
        frame.title = "Search"
        document.body.append(frame)
        this.inside = frame.contentWindow
        this.inside.postMessage = data => this.dispatchEvent(new MessageEvent("message", { data }))
        this.ready = new Promise(resolve => {
          const script = frame.contentDocument.createElement("script")
          script.src = new URL(address, location)
          script.onload = resolve
          frame.contentDocument.body.append(script)
        })
      }

      postMessage(data) {
        this.ready.then(() => this.inside.dispatchEvent(new MessageEvent("message", { data })))
      }
    }
    return
  }

  /*
   * Material loads the search index, the largest file of a release, with every page. Hold the request until the
   * reader turns to the search, or has come from it (?h= marks the words, ?q= opens the search).
   */
  if (/[?&][hq]=/.test(location.search)) return
  const { open, send } = XMLHttpRequest.prototype
  const held = []
  XMLHttpRequest.prototype.open = function (method, address, ...rest) {
    this.waits = String(address).endsWith("/search/search_index.json")
    return open.call(this, method, address, ...rest)
  }
  XMLHttpRequest.prototype.send = function (...body) {
    return this.waits ? void held.push(() => send.apply(this, body)) : send.apply(this, body)
  }
  const release = event => {
    if (!event.target.closest?.(".md-search, [for=__search]")) return
    Object.assign(XMLHttpRequest.prototype, { open, send })
    for (const resume of held.splice(0)) resume()
    for (const name of ["focusin", "pointerover"]) removeEventListener(name, release)
  }
  for (const name of ["focusin", "pointerover"]) addEventListener(name, release)
})()
