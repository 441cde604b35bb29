// Leaves what is empty out of the address of a filtered list.
for (const form of document.querySelectorAll(".filters form")) {
  form.addEventListener("formdata", ({ formData }) => {
    const given = [...formData].filter(([, value]) => value !== "");
    for (const name of new Set(formData.keys())) formData.delete(name);
    for (const [name, value] of given) formData.append(name, value);
  });
}
