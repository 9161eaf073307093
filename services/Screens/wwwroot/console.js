// Leads whoever sent a form back to the first field that has to be changed. Nothing here is needed: without scripts the list of faults says the same.
document.addEventListener("DOMContentLoaded", () => {
  if (!document.querySelector("[data-focus-first]")) return;
  const fault = document.querySelector("[aria-invalid=true], .usa-form-group--error input, .usa-form-group--error select, .usa-form-group--error textarea");
  (fault ?? document.getElementById("faults")).focus();
});
