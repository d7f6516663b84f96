/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import type { PageData } from './page-data.ts';
import type { Cell, Dimension, Sums } from './tally.ts';

/**
 * Runs in the browser: its text becomes the script of the page. So it uses nothing from outside of itself.
 *
 * All text of the data goes into the page as text, never as markup.
 */
export function pageScript(csvLine: (values: readonly (string | number)[]) => string): void {
  type Group = Sums & { name: string };
  type Column = 'name' | keyof Sums;

  const names: Record<Dimension, string> = {
    useCase: 'Use case',
    user: 'User',
    account: 'Account',
    limit: 'Limit',
    model: 'Model',
    provider: 'Provider',
  };
  const columns: [Column, string][] = [
    ['calls', 'Calls'],
    ['blocked', 'Blocked'],
    ['failed', 'Failed'],
    ['unpriced', 'Unpriced'],
    ['estimated', 'Estimated'],
    ['input', 'Input tokens'],
    ['output', 'Output tokens'],
    ['cost', 'Cost, USD'],
  ];
  const dimensions = Object.keys(names) as Dimension[];
  const find = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;
  let data = JSON.parse(find('data').textContent ?? '') as PageData;
  let by: Dimension = 'useCase';
  let sortedBy: Column = 'cost';
  let isAscending = false;
  const chosen: Partial<Record<Dimension, string>> = {};

  const money = (value: number): string =>
    value.toLocaleString('en-US', {
      style: 'currency',
      currency: 'USD',
      maximumFractionDigits: value > 0 && value < 1 ? 6 : 2,
    });
  const numberText = (value: number): string => value.toLocaleString('en-US');
  const timeText = (at: number): string => {
    const text = new Date(at).toISOString();
    return data.periodMs < 86_400_000 ? text.slice(0, 16).replace('T', ' ') : text.slice(0, 10);
  };
  const make = (tag: string, attributes: Record<string, string> = {}, text?: string): HTMLElement => {
    const element = document.createElement(tag);
    for (const name in attributes) element.setAttribute(name, attributes[name] as string);
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const svg = (tag: string, attributes: Record<string, string | number>, text?: string): SVGElement => {
    const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
    for (const name in attributes) element.setAttribute(name, String(attributes[name]));
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const valuesOf = (cell: Cell, dimension: Dimension): readonly string[] => {
    if (dimension !== 'limit') return [cell[dimension]];
    return cell.limits.length > 0 ? cell.limits : [''];
  };
  const add = (to: Sums, cell: Cell): void => {
    for (const [column] of columns) if (column !== 'name') to[column] += cell[column];
    // Without the errors of binary fractions.
    to.cost = Math.round(to.cost * 1e12) / 1e12;
  };
  const empty = (): Sums => Object.fromEntries(columns.map(([column]) => [column, 0])) as never;
  const cells = (): Cell[] =>
    data.cells.filter((cell) =>
      dimensions.every(
        (dimension) =>
          chosen[dimension] === undefined || valuesOf(cell, dimension).includes(chosen[dimension]),
      ),
    );

  function groups(): Group[] {
    const all = new Map<string, Group>();
    for (const cell of cells()) {
      for (const value of valuesOf(cell, by)) {
        const group = all.get(value) ?? { name: value === '' ? '(none)' : value, ...empty() };
        all.set(value, group);
        add(group, cell);
      }
    }
    const query = (find('search') as HTMLInputElement).value.trim().toLowerCase();
    const order = isAscending ? 1 : -1;
    // Whatever the order, money that nobody is named for comes first.
    const isNamed = ({ name }: Group): number => Number(name !== '(none)');
    return [...all.values()]
      .filter(({ name }) => name.toLowerCase().includes(query))
      .sort((one, other) => {
        const [left, right] = [one[sortedBy], other[sortedBy]];
        return isNamed(one) - isNamed(other) || (left === right ? 0 : left < right ? -order : order);
      });
  }

  function showTotals(): void {
    const total = empty();
    for (const cell of cells()) add(total, cell);
    find('totals').replaceChildren(
      ...columns.map(([column, title]) => {
        const item = make('div');
        const value = total[column as keyof Sums];
        item.append(
          make('dt', {}, title),
          make('dd', {}, column === 'cost' ? money(value) : numberText(value)),
        );
        return item;
      }),
    );
  }

  function showChart(): void {
    const sums = new Map<number, number>();
    for (const cell of cells()) sums.set(cell.at, (sums.get(cell.at) ?? 0) + cell.cost);
    const points = [...sums].sort(([one], [other]) => one - other);
    const host = find('chart');
    const width = Math.max(280, host.clientWidth);
    const [height, left, bottom] = [180, 74, 22];
    const most = Math.max(...points.map(([, cost]) => cost), 0);
    const at = points.find(([, cost]) => cost === most)?.[0];
    const gist =
      at === undefined
        ? 'No calls'
        : `Cost over time: ${points.length} points, highest ${money(most)} at ${timeText(at)}`;
    const image = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': gist });
    image.append(svg('title', {}, gist));
    const room = height - bottom - 10;
    for (const part of [0, 0.5, 1]) {
      const y = 10 + room * (1 - part);
      image.append(
        svg('line', { x1: left, x2: width, y1: y, y2: y, class: 'grid' }),
        svg('text', { x: left - 6, y: y + 4, class: 'axis end' }, money(most * part)),
      );
    }
    const step = (width - left) / Math.max(1, points.length);
    points.forEach(([time, cost], index) => {
      const size = most === 0 ? 0 : (cost / most) * room;
      const bar = svg('rect', {
        x: left + index * step + step * 0.1,
        y: 10 + room - size,
        width: Math.min(60, Math.max(1, step * 0.8)),
        height: Math.max(size, cost > 0 ? 1 : 0),
        class: 'bar',
      });
      bar.append(svg('title', {}, `${timeText(time)}: ${money(cost)}`));
      image.append(bar);
    });
    const [first, last] = [points[0], points.at(-1)];
    if (first !== undefined) {
      image.append(svg('text', { x: left, y: height - 5, class: 'axis' }, timeText(first[0])));
    }
    if (last !== undefined && last !== first) {
      image.append(svg('text', { x: width, y: height - 5, class: 'axis end' }, timeText(last[0])));
    }
    host.replaceChildren(image);
  }

  /** A bar for each window of a limit: what is spent, and above it what is reserved. */
  function windowBars(history: NonNullable<NonNullable<PageData['limits']>[number]['history']>): SVGElement {
    const [width, height] = [160, 24];
    const step = width / history.length;
    const most = Math.max(...history.map(({ spent, reserved = 0 }) => spent + reserved));
    const gist = `${history.length} windows, highest ${money(most)}`;
    const image = svg('svg', { viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': gist });
    history.forEach(({ startsAt, spent, reserved = 0 }, index) => {
      let top = height;
      for (const [amount, kind] of [
        [spent, 'bar'],
        [reserved, 'held'],
      ] as const) {
        const size = most === 0 ? 0 : (amount / most) * height;
        top -= size;
        const place = { x: index * step, y: top, width: Math.max(1, step * 0.8), height: size, class: kind };
        const bar = svg('rect', place);
        const text = `${startsAt.slice(0, 16).replace('T', ' ')}: ${money(spent)} spent, ${money(reserved)} reserved`;
        bar.append(svg('title', {}, text));
        image.append(bar);
      }
    });
    return image;
  }

  function showLimits(): void {
    const host = find('limits');
    const { limits = [] } = data;
    host.hidden = limits.length === 0;
    const rows = limits.map(({ id, max, spent, reserved, state = '', history = [] }) => {
      const row = make('tr');
      const left = max === undefined ? undefined : Math.max(0, max - spent - (reserved ?? 0));
      const amounts = [spent, reserved, max, left].map((amount) =>
        make('td', { class: 'number' }, amount === undefined ? '' : money(amount)),
      );
      const windows = make('td');
      if (history.length > 0) windows.append(windowBars(history));
      row.append(make('th', { scope: 'row' }, id), make('td', {}, state), ...amounts, windows);
      return row;
    });
    (host.querySelector('tbody') as HTMLElement).replaceChildren(...rows);
  }

  function showTable(): void {
    const shown = groups();
    const heads = ([['name', names[by]], ...columns] as [Column, string][]).map(([column, title]) => {
      const head = make('th', { scope: 'col', ...(column !== 'name' && { class: 'number' }) });
      if (column === sortedBy) head.setAttribute('aria-sort', isAscending ? 'ascending' : 'descending');
      const button = make('button', { type: 'button' }, title);
      button.addEventListener('click', () => {
        isAscending = column === sortedBy ? !isAscending : column === 'name';
        sortedBy = column;
        showTable();
        find('table').querySelector<HTMLElement>('[aria-sort] button')?.focus();
      });
      head.append(button);
      return head;
    });
    const top = make('tr');
    top.append(...heads);
    const rows = shown.slice(0, 500).map((group) => {
      const row = make('tr');
      row.append(make('th', { scope: 'row' }, group.name));
      for (const [column] of columns) {
        const value = group[column as keyof Sums];
        row.append(make('td', { class: 'number' }, column === 'cost' ? money(value) : numberText(value)));
      }
      return row;
    });
    (find('table').querySelector('thead') as HTMLElement).replaceChildren(top);
    (find('table').querySelector('tbody') as HTMLElement).replaceChildren(...rows);
    find('count').textContent =
      shown.length > 500 ? `500 of ${numberText(shown.length)} shown` : `${numberText(shown.length)} shown`;
  }

  function showFilters(): void {
    for (const dimension of dimensions) {
      const select = find(`filter-${dimension}`) as HTMLSelectElement;
      const values = [...new Set(data.cells.flatMap((cell) => valuesOf(cell, dimension)))].sort();
      select.replaceChildren(
        new Option('all', ''),
        ...values.map((value) => new Option(value === '' ? '(none)' : value, `=${value}`)),
      );
      select.value = chosen[dimension] === undefined ? '' : `=${chosen[dimension]}`;
    }
  }

  function show(): void {
    showTotals();
    showChart();
    showLimits();
    showTable();
  }

  function download(): void {
    const heading = [names[by], ...columns.map(([, title]) => title)];
    const lines = groups().map((group) => [group.name, ...columns.map(([column]) => group[column])]);
    const csv = [heading, ...lines].map(csvLine).join('');
    const link = make('a', { download: `payi-by-${by}.csv` }) as HTMLAnchorElement;
    link.href = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }));
    link.click();
    URL.revokeObjectURL(link.href);
  }

  const picker = find('by') as HTMLSelectElement;
  picker.replaceChildren(...dimensions.map((dimension) => new Option(names[dimension], dimension)));
  picker.addEventListener('change', () => {
    by = picker.value as Dimension;
    showTable();
  });
  for (const dimension of dimensions) {
    const label = make('label', {}, `${names[dimension]} `);
    const select = make('select', { id: `filter-${dimension}` }) as HTMLSelectElement;
    select.addEventListener('change', () => {
      if (select.value === '') delete chosen[dimension];
      else chosen[dimension] = select.value.slice(1);
      show();
    });
    label.append(select);
    find('filters').append(label);
  }
  find('search').addEventListener('input', showTable);
  find('csv').addEventListener('click', download);
  addEventListener('resize', showChart);
  showFilters();
  show();

  const { refresh } = data;
  if (refresh === undefined) return;
  const update = async (): Promise<void> => {
    try {
      const next = (await (await fetch(refresh)).json()) as PageData;
      const hasChanged = JSON.stringify(next) !== JSON.stringify(data);
      data = next;
      find('state').textContent = 'live';
      if (hasChanged) {
        showFilters();
        show();
      }
    } catch {
      find('state').textContent = 'not connected: the numbers stay as they were';
    }
    setTimeout(update, 1000);
  };
  setTimeout(update, 1000);
}
