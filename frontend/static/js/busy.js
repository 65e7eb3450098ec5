// A part of a page that the server is too busy to make: what stands there stays, and it is asked for again.
(() => {
  const TRIES = 6;
  // Element that asked -> what waits for the next try.
  const waiting = new Map();

  const say = (text) => document.dispatchEvent(new CustomEvent("periscope:toast", { detail: text }));

  const said = (xhr) => new DOMParser().parseFromString(xhr.responseText, "text/html").querySelector("[data-detail]");

  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt } = event.detail;
    const earlier = waiting.get(elt);
    if (!earlier || earlier.isTrying) return;
    clearTimeout(earlier.timer); // the reader asked again
    waiting.delete(elt);
  });

  document.addEventListener("htmx:beforeSwap", (event) => {
    const { target, xhr, requestConfig } = event.detail;
    const { elt } = requestConfig; // that of the event is the target
    const earlier = waiting.get(elt);
    const after = Number(xhr.getResponseHeader("Retry-After"));
    const detail = xhr.status === 503 ? said(xhr) : null;
    const isGet = requestConfig.verb === "get";
    // What changes something is not asked for twice; what will not be over soon says so in the part.
    if (!detail || !(after > 0) || (isGet && !("busy" in detail.dataset))) {
      waiting.delete(elt);
      return;
    }
    const sentence = detail.textContent.trim();
    const tries = (earlier?.tries ?? 0) + 1;
    if (isGet && tries > TRIES) {
      waiting.delete(elt); // then the part says so itself
      return;
    }
    event.detail.shouldSwap = false;
    event.detail.isError = false;
    if (!isGet) {
      say(`${sentence} Nothing was changed; try again.`);
      return;
    }
    if (tries === 1) say(`${sentence} What you see stays, and this is asked for again by itself.`);
    const again = () => {
      if (!elt.isConnected) return waiting.delete(elt);
      waiting.set(elt, { tries, isTrying: true });
      htmx.ajax("get", requestConfig.path, { source: elt, target }).finally(() => {
        const now = waiting.get(elt);
        if (now?.isTrying) waiting.delete(elt);
      });
    };
    waiting.set(elt, { tries, isTrying: false, timer: setTimeout(again, 1000 * after) });
  });
})();
