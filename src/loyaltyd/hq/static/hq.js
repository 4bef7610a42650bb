// Asks for the page anew and puts in what has changed; without it the page reloads itself.

const EVERY_MS = 2000;

async function renewed() {
  const answer = await fetch("/", { cache: "no-store", signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

// Part by part: what stays the same keeps its selection and its place.
function put(fresh) {
  for (const part of document.querySelectorAll("[data-part]")) {
    const other = fresh.querySelector(`[data-part="${part.dataset.part}"]`);
    if (other && !part.isEqualNode(other)) part.replaceWith(document.adoptNode(other));
  }
}

async function renew() {
  const away = document.getElementById("away");
  try {
    put(await renewed());
    away.hidden = true;
  } catch {
    away.hidden = false;
  }
  setTimeout(renew, EVERY_MS);
}

setTimeout(renew, EVERY_MS);
