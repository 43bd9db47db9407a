/** The style sheet of the report page: one set of variables for light, one for dark, paper for print. */
import { ladderStyle } from '../ladder-style.ts';
import { stateVariables } from '../state-colours.ts';

const LIGHT = `--paper:#fff;--raised:#f6f8fa;--ink:#1c2126;--muted:#59636e;--line:#d5dbe1;--accent:#2f74b5;--link:#0b57c2;
--error:#b3261e;--warning:#8f5600;--note:#1f6f54;--info:#59636e;--chosen:#e6f0fb;--focus:#0b62d6;--shade:#00000014`;
const DARK = `--paper:#14181d;--raised:#1c2228;--ink:#e8ecf0;--muted:#a2acb6;--line:#38424b;--accent:#6aa9e6;--link:#8ab8ff;
--error:#ff8a80;--warning:#ffc24d;--note:#6fd3ae;--info:#a2acb6;--chosen:#1d3348;--focus:#7ab4ff;--shade:#00000066`;

const RULES = `*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
main,.top{max-width:1300px;margin:0 auto;padding:0 2rem}
.top{padding-top:2rem}
h1{font-size:1.7rem;line-height:1.2;margin:0 0 .35rem;letter-spacing:-.01em}
h2{font-size:1.2rem;margin:2.75rem 0 .75rem;letter-spacing:-.005em}
h3{font-size:1rem;margin:0 0 .5rem}
p{margin:.35rem 0}a{color:var(--link)}
.muted{color:var(--muted)}.num{font-variant-numeric:tabular-nums}
.lead{color:var(--muted);margin:0 0 1.5rem;overflow-wrap:anywhere}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(8.6rem,1fr));gap:1px;border:1px solid var(--line);border-radius:10px;overflow:hidden;margin:0;padding:0}
.figures>div{box-shadow:0 0 0 1px var(--line);padding:.9rem 1.1rem}
.figures dt{color:var(--muted);font-size:.86rem}.figures dd{margin:0;font-size:1.45rem;font-weight:650;font-variant-numeric:tabular-nums}
.figures dd small{font-size:.86rem;font-weight:400;color:var(--muted)}
.grid{display:grid;grid-template-columns:1fr 1fr;gap:1.25rem}
.card{border:1px solid var(--line);border-radius:10px;padding:1rem 1.15rem;min-width:0}
.card.wide{grid-column:1/-1}
.card p{font-size:.88rem;color:var(--muted)}
svg.chart{display:block;font-size:12px;width:100%;height:auto;color:var(--ink);overflow:visible}
.legend{display:flex;flex-wrap:wrap;gap:.2rem 1rem;list-style:none;padding:0;margin:.25rem 0 .5rem;font-size:.84rem}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.4em;vertical-align:-.06em}
.bars{width:100%;border-collapse:collapse}
.bars td{padding:.18rem 0;vertical-align:middle}.bars .name{width:1%;white-space:nowrap;padding-right:1rem}.bars .count{text-align:right;width:5rem}.bars .share{text-align:right;width:4rem;color:var(--muted)}
.bars .bar{padding-left:1rem}.bars .bar i{display:block;height:.85rem;border-radius:2px;background:var(--accent);min-width:2px}
.good .bar i{background:var(--s-ESTABLISHED)}.doubtful .bar i{background:var(--s-FIN_WAIT_2)}.bad .bar i{background:var(--s-CLOSE_WAIT)}.neutral .bar i{background:var(--s-CLOSED)}
button,select,input{font:inherit;color:inherit}
button.plain{background:none;border:0;padding:0;color:var(--link);cursor:pointer;text-align:left;text-decoration:underline;text-decoration-color:transparent;text-underline-offset:.15em}
button.plain:hover{text-decoration-color:currentColor}
:focus-visible{outline:2px solid var(--focus);outline-offset:2px;border-radius:3px}
table.facts{border-collapse:collapse;width:100%}
.facts th,.facts td{text-align:left;padding:.3rem 1rem .3rem 0;vertical-align:top;border-bottom:1px solid var(--line)}
.facts th{font-weight:500;color:var(--muted);white-space:nowrap;width:1%}.facts td{overflow-wrap:anywhere}.facts tr:last-child>*{border-bottom:0}
.badge{display:inline-block;min-width:4.6rem;text-align:center;font-size:.8rem;font-weight:600;border:1px solid currentColor;border-radius:999px;padding:0 .55rem;line-height:1.45}
.error{color:var(--error)}.warning{color:var(--warning)}.note{color:var(--note)}.info{color:var(--info)}
details.finding{border:1px solid var(--line);border-radius:10px;margin:.5rem 0;background:var(--paper)}
details.finding>summary{cursor:pointer;padding:.65rem 1rem;display:grid;grid-template-columns:5.6rem 1fr auto;gap:.75rem;align-items:center;list-style:none}
details.finding>summary::-webkit-details-marker{display:none}
details.finding>summary:hover{background:var(--raised);border-radius:10px}
details.finding code{font-size:.86rem}summary .title{font-weight:600}summary .title code{font-weight:400;color:var(--muted);margin-left:.5rem}
details.finding>div{padding:.25rem 1.1rem 1rem 7.35rem;max-width:62rem}
.finding dt{font-weight:600;margin-top:.6rem}.finding dd{margin:0}.evidence{margin:.25rem 0 0;padding-left:1.15rem}
.evidence li{margin:.2rem 0}
.filters{display:flex;flex-wrap:wrap;gap:.6rem;align-items:end;margin:.75rem 0}
.filters label{display:grid;gap:.15rem;font-size:.84rem;color:var(--muted)}
.filters input,.filters select{height:2.3rem;padding:0 .65rem;border:1px solid var(--muted);border-radius:6px;background:var(--paper);color:var(--ink);font-size:.95rem}
.filters input{min-width:17rem}.filters label.grow{flex:1}.filters label.grow input{width:100%}
.filters button{height:2.3rem;padding:0 .9rem;border:1px solid var(--muted);border-radius:6px;background:var(--raised);cursor:pointer}
.scroller{border:1px solid var(--line);border-radius:10px;max-height:36rem;overflow:auto;position:relative;background:var(--paper)}
.connections{border-collapse:separate;border-spacing:0;width:100%;font-size:.84rem}
.connections th{position:sticky;top:0;background:var(--raised);text-align:left;border-bottom:1px solid var(--line);padding:0;white-space:nowrap;z-index:1}
.connections th button{background:none;border:0;font-weight:600;padding:.5rem .5rem;cursor:pointer;width:100%;text-align:inherit}
.connections th.r,.connections td.r{text-align:right}
.connections th[aria-sort=ascending] button::after{content:" ▲";font-size:.7em}.connections th[aria-sort=descending] button::after{content:" ▼";font-size:.7em}
.connections td{height:34px;padding:0 .5rem;border-bottom:1px solid var(--line);white-space:nowrap;font-variant-numeric:tabular-nums}
.connections tbody tr.c:hover{background:var(--raised)}.connections tr.spacer td{border:0;padding:0;height:auto}
.connections tr.openable{cursor:pointer}.connections td.codes{max-width:15rem;overflow:hidden;text-overflow:ellipsis}.connections .codes span{margin-right:.6rem}
dialog{border:1px solid var(--line);border-radius:12px;padding:0;width:min(1000px,96vw);max-height:94vh;background:var(--paper);color:var(--ink);box-shadow:0 18px 60px var(--shade)}
dialog::backdrop{background:#0009}
.sheet{padding:1.25rem 1.5rem}
.sheet header{display:flex;gap:1rem;justify-content:space-between;align-items:start;position:sticky;top:0;background:var(--paper);padding-top:.25rem;z-index:1}
.sheet header h2{margin:0;overflow-wrap:anywhere}
.sheet header button{border:1px solid var(--muted);border-radius:6px;background:var(--raised);padding:.25rem .8rem;cursor:pointer;white-space:nowrap}
.sheet .row-details{position:sticky;bottom:0;border-top:1px solid var(--line);background:var(--raised);padding:.6rem 1.5rem;margin:1rem -1.5rem -1.25rem;height:9.4rem;overflow-y:auto;font-size:.86rem}
.row-details p{margin:.1rem 0}.row-details p:first-child{font-weight:600;font-variant-numeric:tabular-nums}
.sheet svg.ladder{display:block;max-width:100%;height:auto;margin:.5rem auto}
.picture{overflow-x:auto}
footer{max-width:1300px;margin:3rem auto 2rem;padding:0 2rem;color:var(--muted);font-size:.86rem}
.hidden{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:760px){.grid{grid-template-columns:1fr}main,.top,footer{padding-left:1rem;padding-right:1rem}details.finding>div{padding-left:1.1rem}details.finding>summary{grid-template-columns:1fr auto}summary .badge{grid-row:1;justify-self:start}}
@media print{.connections td.codes{white-space:normal;max-width:none}body{font-size:10.5pt}main,.top,footer{max-width:none;padding-left:0;padding-right:0}.filters,.no-print{display:none}.scroller{max-height:none;overflow:visible;border:0}.connections th{position:static}.card,details.finding,.figures{break-inside:avoid}h2{break-after:avoid}details.finding>div{padding-left:1.1rem}.connections{font-size:8pt}.connections td{height:auto;padding:.1rem .35rem;white-space:normal}.connections th button{padding:.2rem .35rem}*{print-color-adjust:exact;-webkit-print-color-adjust:exact}}`;

/** The whole style sheet, with that of the ladders. */
export function pageStyle(): string {
  return [
    `:root{color-scheme:light dark;${LIGHT};${stateVariables('light')}}`,
    `@media screen and (prefers-color-scheme:dark){:root{${DARK};${stateVariables('dark')}}}`,
    RULES,
    ladderStyle(),
  ].join('\n');
}
