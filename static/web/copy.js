// Copies the value of an input when the button that names it is pressed. Without
// JavaScript the button stays hidden and the text can be selected by hand.
for (const button of document.querySelectorAll("button[data-copy]")) {
  const source = document.getElementById(button.dataset.copy);
  if (!source || !navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    const status = document.getElementById(`${button.dataset.copy}-status`);
    if (status) status.textContent = "Copied.";
  });
}
