/** The style sheet of ladder pictures: variables for light and dark, then one rule a kind of mark. */
import type { TcpState } from '../tcp/states.ts';
import { STATE_COLOURS, stateVariables } from './state-colours.ts';

const LIGHT =
  '--paper:#fff;--ink:#1c2126;--muted:#59636e;--line:#d5dbe1;--lost:#c0182f;--again:#a04d00;--warn:#9a5b00;--tip:#fff;--focus:#0b62d6;--hatch:#1c212633';
const DARK =
  '--paper:#14181d;--ink:#e8ecf0;--muted:#a2acb6;--line:#3a434c;--lost:#ff7b86;--again:#ffb066;--warn:#ffc24d;--tip:#20262d;--focus:#7ab4ff;--hatch:#ffffff33';

/** Style of `svg.ladder`; it follows the colour scheme of the reader, and prints on white. */
export function ladderStyle(): string {
  const states = Object.keys(STATE_COLOURS) as TcpState[];
  return [
    `.ladder{color-scheme:light dark;${LIGHT};${stateVariables('light')};background:var(--paper);font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}`,
    `@media screen and (prefers-color-scheme:dark){.ladder{${DARK};${stateVariables('dark')}}}`,
    '.ladder text{fill:var(--ink)}',
    '.ladder .num{font-variant-numeric:tabular-nums}',
    '.ladder .muted{fill:var(--muted)}',
    '.ladder .small{font-size:11px}',
    '.ladder .strong{font-weight:650}',
    '.ladder .caption{font-size:14px;font-weight:650}',
    '.ladder .halo{paint-order:stroke;stroke:var(--paper);stroke-width:4px;stroke-linejoin:round}',
    '.ladder .arrow line{stroke:var(--ink);stroke-width:1.6}',
    '.ladder .arrow .tip-mark{fill:var(--ink);stroke:none}',
    '.ladder .again line{stroke:var(--again);stroke-dasharray:7 4}',
    '.ladder .again .tip-mark{fill:var(--again)}',
    '.ladder .lost line{stroke:var(--lost)}',
    '.ladder .cross{stroke:var(--lost);stroke-width:2.6;fill:none;stroke-linecap:round}',
    '.ladder .unseen line{stroke:var(--lost);stroke-dasharray:2 4}',
    '.ladder .reset line{stroke:var(--lost);stroke-width:2.4}',
    '.ladder .reset .tip-mark{fill:var(--lost)}',
    '.ladder .refused line,.ladder .refused .stop{stroke:var(--muted)}',
    '.ladder .arrow .stop{stroke-width:3;stroke-dasharray:none}',
    '.ladder .unanswered line{stroke:var(--muted);stroke-dasharray:1 5;stroke-linecap:round;stroke-width:2}',
    '.ladder .unanswered .tip-mark{fill:none;stroke:var(--muted);stroke-width:1.4}',
    '.ladder .tap{stroke:var(--line);stroke-width:1.4;stroke-dasharray:3 5}',
    '.ladder .rule{stroke:var(--line)}',
    '.ladder .break{fill:var(--paper);stroke:var(--muted);stroke-width:1.2}',
    '.ladder .fold{fill:var(--t-ESTABLISHED);stroke:var(--s-ESTABLISHED)}',
    '.ladder .span{stroke:var(--muted);stroke-width:1.4;fill:none}',
    '.ladder .hatch{stroke:var(--hatch);stroke-width:3}',
    '.ladder .dots{fill:var(--hatch)}',
    '.ladder .edge{stroke:var(--paper);stroke-width:1.5}',
    '.ladder .before{opacity:.55}',
    '.ladder .gone rect{fill:var(--paper);stroke:var(--lost);stroke-dasharray:4 3}',
    '.ladder .gone text{text-decoration:line-through;fill:var(--lost)}',
    '.ladder .warn{fill:var(--warn);font-weight:650}',
    '.ladder .error{fill:var(--lost);font-weight:650}',
    '.ladder .hit{fill:transparent;stroke:none}',
    '.ladder .row{outline:none;cursor:default}',
    '.ladder .row:hover .hit,.ladder .row:focus .hit,.ladder .row.chosen .hit{fill:var(--focus);fill-opacity:.1}',
    '.ladder .row:focus-visible .hit{stroke:var(--focus);stroke-width:2}',
    '.ladder .tips g{visibility:hidden;pointer-events:none}',
    '.ladder .tips rect{fill:var(--tip);stroke:var(--muted)}',
    '@media print{.ladder .tips{display:none}}',
    ...states.map((state) => `.ladder .t-${state}{fill:var(--t-${state})}.ladder .s-${state}{fill:var(--s-${state})}`),
  ].join('\n');
}
