// Makes the quick exit quicker: blank at once, and no way back by the Back button. Without this, its plain link works.
const exit = document.querySelector("[data-leave]");
let shifts = 0;

function leave() {
  document.documentElement.hidden = true;
  window.location.replace(exit.href);
}

exit.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
document.addEventListener("keydown", (event) => {
  shifts = event.key === "Shift" ? shifts + 1 : 0;
  if (shifts === 3) leave();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) window.location.reload();
});
