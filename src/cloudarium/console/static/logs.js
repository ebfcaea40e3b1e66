// Logs: rows that come while one looks, and an editor that is quick to fill in.
(() => {
  const most = 2000; // rows that stay on a live page

  const follow = (said) => {
    const rows = document.querySelector(".tail tbody");
    let source = null;
    let before = false;
    const open = () => {
      source = new EventSource(said.dataset.live);
      source.onopen = () => {
        if (before) location.reload(); // what came meanwhile is missing
        before = true;
        said.textContent = "live";
        said.classList.remove("lost");
      };
      source.onerror = () => {
        said.textContent = source.readyState === EventSource.CLOSED ? "not live: too many look, or the group is gone" : "not live: the cloud does not answer";
        said.classList.add("lost");
      };
      source.onmessage = (event) => {
        const made = document.createElement("template");
        made.innerHTML = JSON.parse(event.data);
        rows.querySelector(".none")?.remove();
        rows.append(made.content);
        while (rows.rows.length > most) rows.deleteRow(0);
      };
    };
    open();
    // A browser has few connections to one host: a page that nobody sees holds none.
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) source.close();
      else if (source.readyState === EventSource.CLOSED) location.reload();
    });
  };

  const choose = (search) => {
    const choices = [...document.querySelectorAll(`#${search.dataset.chooses} label`)];
    const count = document.querySelector(`#${search.dataset.chooses}-count`);
    search.hidden = false;
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      for (const each of choices)
        each.hidden = !each.textContent.toLowerCase().includes(wanted) && !each.querySelector("input").checked;
    });
    search.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      choices.find((each) => !each.hidden && !each.querySelector("input").checked)?.querySelector("input").click();
    });
    document.querySelector(`#${search.dataset.chooses}`).addEventListener("change", () => {
      count.textContent = choices.filter((each) => each.querySelector("input").checked).length;
    });
  };

  const find = (search) => {
    search.hidden = false;
    search.addEventListener("input", () => {
      const wanted = search.value.trim().toLowerCase();
      for (const each of document.querySelectorAll(`#${search.dataset.finds} > *`))
        each.hidden = !each.textContent.toLowerCase().includes(wanted);
    });
  };

  addEventListener("DOMContentLoaded", () => {
    document.querySelectorAll("[data-finds]").forEach(find);
    document.querySelectorAll("[data-live]").forEach(follow);
    document.querySelectorAll("[data-chooses]").forEach(choose);
    const editor = document.querySelector(".editor textarea");
    editor?.setSelectionRange(editor.value.length, editor.value.length);
    document.querySelectorAll("[data-insert]").forEach((each) =>
      each.addEventListener("click", () => {
        const apart = /[\w@.]/.test(editor.value.charAt(editor.selectionStart - 1)) ? " " : "";
        editor.setRangeText(apart + each.dataset.insert, editor.selectionStart, editor.selectionEnd, "end");
        editor.focus();
      }),
    );
    editor?.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) editor.form.requestSubmit();
    });
    for (const each of document.querySelectorAll(".filters select[name=range],.filters select[name=stream],.filters [name=live]"))
      if (!editor) each.addEventListener("change", () => each.form.requestSubmit());
  });
})();
