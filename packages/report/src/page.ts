import { csvLine } from './csv.ts';
import type { PageData } from './page-data.ts';
import { pageScript } from './page-script.ts';

const style = `
:root{color-scheme:light dark;--bg:light-dark(#fff,#16181d);--fg:light-dark(#1c1e21,#e7e9ee);--dim:light-dark(#5b616e,#a2a9b8);--line:light-dark(#dfe2e8,#343944);--bar:light-dark(#2563b8,#6ea8ff)}
*{box-sizing:border-box}body{margin:0;padding:1.25rem;font:15px/1.45 system-ui,sans-serif;background:var(--bg);color:var(--fg)}
main{max-width:1400px;margin:0 auto}h1{font-size:1.35rem;margin:0}h2{font-size:1.05rem;margin:1.5rem 0 .5rem}p{margin:.25rem 0;color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.5rem,1fr));gap:.75rem;margin:1rem 0}dl div{border:1px solid var(--line);border-radius:8px;padding:.6rem .8rem}dt{color:var(--dim);font-size:.85rem}dd{margin:0;font-size:1.15rem;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}
.row{display:flex;flex-wrap:wrap;gap:.6rem 1rem;align-items:end;margin:.5rem 0}label{color:var(--dim);font-size:.85rem;display:grid;gap:.15rem}select,input,.act{font:inherit;color:var(--fg);background:var(--bg);border:1px solid var(--line);border-radius:6px;padding:.35rem .5rem;max-width:14rem}
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.35rem .6rem;border-bottom:1px solid var(--line);font-weight:400;white-space:nowrap}tbody th{white-space:normal;overflow-wrap:anywhere;min-width:9rem}.number{text-align:right;font-variant-numeric:tabular-nums}
thead button{all:unset;cursor:pointer;color:var(--dim);font-size:.85rem}thead button:focus-visible,.act:focus-visible,select:focus-visible,input:focus-visible,.scroll:focus-visible{outline:2px solid var(--bar);outline-offset:2px}[aria-sort] button{color:var(--fg);text-decoration:underline}[aria-sort=ascending] button::after,[aria-sort=descending] button::after{content:"";display:inline-block;margin-left:.35em;border:.3em solid transparent}[aria-sort=descending] button::after{border-top-color:currentColor;transform:translateY(.15em)}[aria-sort=ascending] button::after{border-bottom-color:currentColor;transform:translateY(-.15em)}
svg{display:block;width:100%}.bar{fill:var(--bar)}.held{fill:var(--bar);opacity:.45}td svg{width:10rem;height:1.6rem}.grid{stroke:var(--line)}.axis{fill:var(--dim);font-size:12px}.end{text-anchor:end}
`;

/** One page that needs no network and no other file. */
export function renderPage(data: PageData): string {
  // `<` could end the element that holds the data.
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${asText(data.title)}</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<main>
<h1>${asText(data.title)}</h1>
<p>${asText(data.note)} <span id="state" role="status"></span></p>
<dl id="totals"></dl>
<div id="filters" class="row"></div>
<h2>Cost over time</h2>
<div id="chart"></div>
<section id="limits" hidden><h2>Limits</h2><div class="scroll" tabindex="0" role="region" aria-label="Limits"><table>
<thead><tr><th scope="col">Limit</th><th scope="col">State</th><th scope="col" class="number">Spent</th><th scope="col" class="number">Reserved</th><th scope="col" class="number">Maximum</th><th scope="col" class="number">Left</th><th scope="col">Over time</th></tr></thead>
<tbody></tbody></table></div></section>
<h2>Calls</h2>
<div class="row"><label>By <select id="by"></select></label><label>Search <input id="search" type="search"></label><button id="csv" class="act" type="button">Download CSV</button><output id="count"></output></div>
<div class="scroll" tabindex="0" role="region" aria-label="Calls"><table id="table"><thead></thead><tbody></tbody></table></div>
</main>
<script type="application/json" id="data">${json}</script>
<script>(${pageScript})(${csvLine})</script>
</body>
</html>
`;
}

function asText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
