// Everything works without this file. It shows passwords, counts down waits, and checks password rules as the user types.

for (const field of document.querySelectorAll("input[type=password]")) {
  const button = document.createElement("button");
  const name = (shown) => {
    field.type = shown ? "text" : "password";
    button.textContent = shown ? field.dataset.hide : field.dataset.show;
    button.setAttribute("aria-describedby", `${field.id}-label`);
  };
  button.type = "button";
  button.className = "second small";
  button.addEventListener("click", () => name(field.type === "password"));
  // Browsers remember what is submitted in a text field and suggest it later.
  field.form.addEventListener("submit", () => name(false));
  name(false);
  field.after(button);
}

// Prevents double submission. After returning to the page, the form can be sent again.
for (const form of document.forms) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "yes";
    // If the response was stopped or went to another window, the form becomes usable again.
    setTimeout(() => delete form.dataset.sent, 5000);
  });
}
addEventListener("pageshow", () => [...document.forms].forEach((form) => delete form.dataset.sent));

const wait = document.querySelector("[data-wait]");
if (wait) {
  const until = Date.now() + Number(wait.dataset.wait) * 1000;
  const shown = wait.querySelector("[data-left]");
  const tick = () => {
    const left = Math.ceil((until - Date.now()) / 1000);
    shown.textContent = left > 0 ? wait.dataset.leftText.replace("{seconds}", left) : "";
    if (left > 0) return setTimeout(tick, 250);
    // Announced once to screen readers, which skip the visual countdown.
    wait.querySelector("[data-waited]").textContent = wait.dataset.overText;
  };
  tick();
}

const ends = document.querySelector("[data-ends]");
const warning = ends?.querySelector("template");
if (warning) setTimeout(() => ends.append(warning.content), Number(ends.dataset.ends) * 1000);

const rules = document.querySelector("[data-check]");
const chosen = document.getElementById("new_password");
if (rules && chosen) {
  let pending;
  let asked = 0;
  const check = async () => {
    const turn = ++asked;
    let broken = null;
    if (chosen.value) {
      const body = new URLSearchParams({ new_password: chosen.value });
      // Whoever opens an account is known by the link alone.
      const link = chosen.form.elements.link;
      if (link) body.set("link", link.value);
      const answer = await fetch(rules.dataset.check, { method: "POST", body }).catch(() => null);
      if (answer && answer.ok) broken = (await answer.json()).broken;
    }
    if (turn !== asked) return;
    for (const rule of rules.children) {
      // Rules that depend on the account are checked only when the password is saved.
      const judged = broken !== null && !("later" in rule.dataset);
      const fails = judged && broken.includes(rule.dataset.rule);
      rule.classList.toggle("broken", fails);
      rule.classList.toggle("kept", judged && !fails);
      rule.querySelector(".tag")?.remove();
      if (judged) {
        const tag = document.createElement("span");
        tag.className = fails ? "tag" : "tag good";
        tag.textContent = fails ? rules.dataset.brokenText : rules.dataset.keptText;
        rule.append(" ", tag);
      }
    }
    const open = rules.querySelectorAll(".broken").length;
    const said = open ? rules.dataset.openText.replace("{count}", open) : rules.dataset.doneText;
    // For screen readers.
    document.querySelector("[data-checked]").textContent = broken === null ? "" : said;
  };
  chosen.addEventListener("input", () => {
    clearTimeout(pending);
    pending = setTimeout(check, 300);
  });
}

const offer = (words, action, after) => {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "second small";
  button.textContent = words;
  button.addEventListener("click", () => action(button));
  after.after(button);
};

const key = document.getElementById("key");
if (key && navigator.clipboard) {
  offer(key.parentElement.dataset.copy, async (button) => {
    await navigator.clipboard.writeText(key.textContent);
    button.textContent = key.parentElement.dataset.copied;
  }, key.parentElement);
}

const codes = document.getElementById("codes");
if (codes) {
  offer(codes.dataset.download, () => {
    const text = [...codes.querySelectorAll("code")].map((code) => code.textContent + "\n").join("");
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
    link.download = codes.dataset.file;
    link.click();
    URL.revokeObjectURL(link.href);
  }, codes);
}
