// Routes by the path, as single-page applications do: the server gives the same page for all of them.
const view = document.getElementById("view");

async function show(path) {
  const order = path.match(/^\/orders\/(\d+)$/);
  if (path === "/") return void (view.innerHTML = "<h1>Welcome to the shop</h1>");
  if (path !== "/orders" && !order) return void (view.innerHTML = "<h1>There is no such page</h1>");
  const answer = await (await fetch("/api" + path, { cache: "no-store" })).json();
  view.innerHTML = order
    ? `<h1>Order ${answer.id}</h1><p>${answer.what}, asked for ${answer.asked} times</p>`
    : `<h1>Orders</h1><ul>${answer.map((id) => `<li><a href="/orders/${id}">Order ${id}</a></li>`).join("")}</ul>`;
}

document.addEventListener("click", (event) => {
  const link = event.target.closest("a");
  if (!link) return;
  event.preventDefault();
  history.pushState({}, "", link.pathname);
  show(link.pathname);
});
addEventListener("popstate", () => show(location.pathname));
show(location.pathname);
