// Runs before everything else: when the page's own script does not come, nothing else could say so.
// It is old JavaScript on purpose, so that browsers which cannot read the rest read this.
(() => {
  function nameOf(address) {
    return String(address).split("#")[0].split("?")[0].split("/").pop();
  }
  function tell(what) {
    document.documentElement.setAttribute("data-missing", what);
    var place = document.getElementById("missing");
    if (place !== null) place.textContent = what;
  }
  window.addEventListener(
    "error",
    (event) => {
      var it = event.target;
      if (it && (it.localName === "script" || it.localName === "link")) {
        tell(nameOf(it.src || it.href));
      } else if (it === window && document.getElementById("opening") !== null) {
        tell(String(event.message));
      }
    },
    true,
  );
  document.addEventListener("DOMContentLoaded", () => {
    var button = document.getElementById("reload");
    if (button === null) return;
    button.addEventListener("click", () => {
      location.reload();
    });
    tellAgain();
  });
  function tellAgain() {
    var what = document.documentElement.getAttribute("data-missing");
    if (what !== null) tell(what);
  }
})();
