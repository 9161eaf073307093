// Leads whoever sent a form back to the first field that has to be changed. Nothing here is needed: without scripts the list of faults says the same.
document.addEventListener("DOMContentLoaded", () => {
  if (!document.querySelector("[data-focus-first]")) return;
  const fault = document.querySelector("[aria-invalid=true], .usa-form-group--error input, .usa-form-group--error select, .usa-form-group--error textarea");
  (fault ?? document.getElementById("faults")).focus();
});
// A form that is sent twice in haste is sent once; one that leads to a download can be sent again after a while.
document.addEventListener("submit", event => {
  if (event.defaultPrevented) return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "true";
  setTimeout(() => delete event.target.dataset.sent, 3000);
});
