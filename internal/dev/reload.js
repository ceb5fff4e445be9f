// Waits for changes that the program's sources see. Put into each page by `make dev`; no part of the program.
{
  let lost = false;
  const events = new EventSource("/_dev/events");
  events.onerror = () => (lost = true);
  events.onmessage = ({ data }) => {
    if (data === "hello" && !lost) return;
    if (data !== "styles") return location.reload();
    for (const link of document.querySelectorAll('link[rel="stylesheet"]')) {
      link.href = link.href.split("?")[0] + "?" + Date.now();
    }
  };
}
