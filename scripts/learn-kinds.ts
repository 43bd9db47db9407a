/** Writes src/kinds-by-verdict.ts: `npm run kinds` compiles and runs it in the root of the repository. */
import { writeFileSync } from 'node:fs';
import { learnCommonKinds, renderKinds } from './kinds.ts';

const TARGET = 'src/kinds-by-verdict.ts';
const verdicts = await learnCommonKinds('.');
writeFileSync(TARGET, renderKinds(verdicts));
console.log(`${TARGET}: ${verdicts.size} kinds`);
