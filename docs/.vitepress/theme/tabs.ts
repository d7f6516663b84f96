/**
 * Brings the tabs of `../tabs.ts` to life. Who has once chosen pnpm, or OpenAI, sees it in every group that has it, also on
 * the next visit.
 */
const key = 'tabs';

/** What was chosen, the newest first. */
let chosen: readonly string[] = [];

/** Listens to every tab of the site. */
export function listenToTabs(): void {
  try {
    chosen = localStorage.getItem(key)?.split('\n') ?? [];
  } catch {
    // Some browsers keep nothing: the choice holds for the visit.
  }
  document.addEventListener('click', ({ target }) => {
    const tab = target instanceof Element ? target.closest('.tab-group > [role=tablist] > [role=tab]') : null;
    if (tab !== null) choose(tab);
  });
  document.addEventListener('keydown', (event) => {
    const { target, key } = event;
    if (!(target instanceof HTMLElement) || !target.matches('.tab-group > [role=tablist] > [role=tab]'))
      return;
    const next = { ArrowLeft: target.previousElementSibling, ArrowRight: target.nextElementSibling }[key];
    if (!(next instanceof HTMLElement)) return;
    event.preventDefault();
    choose(next);
    next.focus();
  });
}

/** Opens the chosen tab in every group of the page. */
export function openChosenTabs(): void {
  for (const group of document.querySelectorAll('.tab-group')) {
    const tabs = [...(group.querySelector(':scope > [role=tablist]')?.children ?? [])];
    const labels = tabs.map((tab) => tab.textContent ?? '');
    const label = chosen.find((label) => labels.includes(label));
    if (label === undefined) continue;
    for (const [index, tab] of tabs.entries()) {
      const isOpen = labels[index] === label;
      tab.setAttribute('aria-selected', String(isOpen));
      tab.setAttribute('tabindex', isOpen ? '0' : '-1');
      group.querySelectorAll(':scope > [role=tabpanel]')[index]?.toggleAttribute('hidden', !isOpen);
    }
  }
}

function choose(tab: Element): void {
  const label = tab.textContent ?? '';
  // What is above the tab changes with it: it stays where the reader sees it.
  const { top } = tab.getBoundingClientRect();
  chosen = [label, ...chosen.filter((other) => other !== label)].slice(0, 10);
  try {
    localStorage.setItem(key, chosen.join('\n'));
  } catch {
    // As above.
  }
  openChosenTabs();
  scrollBy({ top: tab.getBoundingClientRect().top - top, behavior: 'instant' });
}
