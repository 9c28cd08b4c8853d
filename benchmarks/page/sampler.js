// Runs in the page before the page's own scripts: notes when what was shown, without doing much itself.

(() => {
  const found = (window.measured = { painted: 0, late: [], pictures: 0, readings: 0, unseen: 0, newest: 0 });

  // A message that is posted while a frame is prepared comes when that frame is painted.
  const afterPaint = (() => {
    const { port1, port2 } = new MessageChannel();
    let waiting = [];
    port1.onmessage = () => {
      const told = waiting;
      waiting = [];
      for (const tell of told) tell(performance.now());
    };
    return (tell) => {
      if (waiting.push(tell) === 1) port2.postMessage(0);
    };
  })();

  // The first paint of the last row, in ms since the navigation began.
  const arriving = new MutationObserver(() => {
    if (!document.querySelector('[data-attribute="LAST"]')) return;
    arriving.disconnect();
    requestAnimationFrame(() => afterPaint((now) => (found.painted = now)));
  });
  arriving.observe(document, { childList: true, subtree: true });

  // How old values are when they are painted: their numbers are the clock of who made them, in seconds.
  window.follow = (names) => {
    for (const name of names) {
      const cell = document.querySelector(`[data-attribute="${name}"] output`);
      const changed = () => {
        const made = parseFloat(cell.textContent) * 1000;
        afterPaint((now) => found.late.push(now - made));
      };
      new MutationObserver(changed).observe(cell, { childList: true, characterData: true, subtree: true });
    }
  };

  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...what) {
    found.pictures++;
    return put.apply(this, what);
  };

  if (!UNPACED) return;

  // The page as it is, but for the period it asks for: 0, so that every change set is sent as it comes.
  const PERIOD = [0xa6, ...new TextEncoder().encode("period"), 0xcb];
  const FIELDS = [0xa6, ...new TextEncoder().encode("fields")];
  const SEQUENCE = [0xa8, ...new TextEncoder().encode("sequence")];
  const find = (bytes, wanted, end, at = 0) => {
    for (; at + wanted.length < end; at++) {
      if (wanted.every((one, more) => bytes[at + more] === one)) return at + wanted.length;
    }
    return -1;
  };
  const number = (view, at) => {
    const tag = view.getUint8(at);
    return tag === 0xce ? view.getUint32(at + 1) : tag === 0xcd ? view.getUint16(at + 1) : tag;
  };
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (data) {
    const at = find(data, PERIOD, data.length);
    if (at >= 0) data.fill(0, at, at + 8);
    return send.call(this, data);
  };
  window.WebSocket = class extends WebSocket {
    constructor(...how) {
      super(...how);
      this.addEventListener("message", ({ data }) => {
        const bytes = new Uint8Array(data);
        const at = find(bytes, FIELDS, Math.min(bytes.length, 2000));
        if (at < 0) return;
        const head = bytes[at];
        found.readings += head === 0xdc ? bytes[at + 1] * 256 + bytes[at + 2] : head & 15;
        found.unseen += bytes[bytes.length - 1]; // change sets that were merged before this message
        const end = find(bytes, SEQUENCE, bytes.length, Math.max(0, bytes.length - 40));
        if (end >= 0) found.newest = number(new DataView(data), end); // the device counts its readings
      });
    }
  };
})();
