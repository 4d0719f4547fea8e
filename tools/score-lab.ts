// Scores an investigation of a lab run:  npx tsx tools/score-lab.ts RUN_DIR CASE_DIR

import { readScore } from '../src/lab/read-score.ts'

const [runDir, caseDir] = process.argv.slice(2)
if (!runDir || !caseDir) {
  console.error('Give the run and the case: tools/score-lab.ts RUN_DIR CASE_DIR')
  process.exit(2)
}
console.log(JSON.stringify(readScore(runDir, caseDir), null, 2))
