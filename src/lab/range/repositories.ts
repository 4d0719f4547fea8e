// The repositories the agents work on: small programs whose scripts reach out by themselves.

import type { LabPlan } from '../plan.ts'

/** A shell script that makes bare repositories under /run/vg/repos. */
export function repositoriesScript(plan: LabPlan): string {
  const { registry, api, docs } = plan.outside
  const [one = 'a', two = 'b', three = 'c'] = plan.packages
  const files: Record<string, string> = {
    'package.json': `${JSON.stringify({ name: 'NAME', version: '1.0.0', dependencies: { [one]: '1.2.3', [two]: '1.2.3', [three]: '1.2.3' } })}\n`,
    'README.md': '# NAME\n\nRun `node test.js`; `bash ci.sh` does what the build server does.\n',
    'src/index.js':
      'exports.add = (a, b) => a + b\nexports.slow = (n) => { let x = 0; for (let i = 0; i < n; i++) x ^= i; return x }\n',
    'test.js':
      "const { add, slow } = require('./src/index.js')\nif (add(2, 2) !== 4) throw new Error('add')\nslow(2e6)\nconsole.log('2 passed')\n",
    // What these reach stands in no command line: only the time says who did it.
    'scripts/deps.js': `const https = require('node:https')
const deps = Object.keys(require('../package.json').dependencies)
const next = () => { const d = deps.shift(); if (!d) return; https.get('https://${registry.name}/' + d, { agent: false }, (r) => { r.resume(); r.on('end', () => { console.log(d, r.statusCode); next() }) }) }
next()
`,
    'ci.sh': `set -e\ncurl -fsS https://${api.name}/v1/ci/start >/dev/null\nnode test.js\ncurl -fsS https://${api.name}/v1/ci/done >/dev/null\n`,
    'tools/docs.sh': `curl -fsS https://${docs.name}/guide.html -o /tmp/guide.html && wc -c /tmp/guide.html\n`,
  }
  const writes = Object.entries(files).map(
    ([path, content]) =>
      `mkdir -p $(dirname ${path}); cat > ${path} <<'VG_END'\n${content}VG_END\nsed -i "s/NAME/$r/" ${path}`,
  )
  return `set -e
export HOME=/run/vg GIT_AUTHOR_NAME=dev GIT_AUTHOR_EMAIL=dev@example.com GIT_COMMITTER_NAME=dev GIT_COMMITTER_EMAIL=dev@example.com
mkdir -p /run/vg/repos /run/vg/tree
for r in ${plan.repos.join(' ')}; do
  rm -rf /run/vg/tree/$r; mkdir /run/vg/tree/$r; cd /run/vg/tree/$r
  git -c init.defaultBranch=main init -q
  ${writes.join('\n  ')}
  git add . && git commit -q -m 'First version'
  git clone -q --bare . /run/vg/repos/$r.git
done
`
}
