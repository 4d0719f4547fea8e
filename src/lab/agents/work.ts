// Ordinary work of a coding agent: with the network, without, and in the background.

import type { LabPlan } from '../plan.ts'
import type { Random } from '../random.ts'
import type { Step } from './episode.ts'

export function gitTurn(plan: LabPlan, repo: string, random: Random): Step[] {
  const url = `https://${plan.outside.git.name}/${repo}.git`
  return [
    {
      command: random.pick([
        `git clone -q ${url} && ls ${repo}`,
        `rm -rf ${repo}; git clone ${url} 2>&1 | tail -1`,
        `[ -d ${repo} ] && git -C ${repo} pull -q || git clone -q ${url}`,
      ]),
    },
  ]
}

export function networkStep(plan: LabPlan, repo: string, random: Random): Step {
  const { registry, docs, api, git, mirror, mail } = plan.outside
  const pkg = random.pick(plan.packages)
  const tarball = (name: string) => `https://${registry.name}/${name}/-/${name}-1.2.3.tgz`
  const command = random.pick([
    () => `curl -fsS https://${registry.name}/${pkg} | head -c 200`,
    () => `mkdir -p vendor && curl -fsS ${tarball(pkg)} -o vendor/${pkg}.tgz && ls -l vendor`,
    () =>
      `mkdir -p vendor; for p in ${random.shuffle(plan.packages).slice(0, 3).join(' ')}; do curl -fsS https://${registry.name}/$p/-/$p-1.2.3.tgz -o vendor/$p.tgz; done; ls vendor | wc -l`,
    () => `cd ${repo} && git fetch -q origin && git status -sb`,
    () => `git ls-remote https://${git.name}/${random.pick(plan.repos)}.git | head -2`,
    () =>
      `curl -sS https://${docs.name}/guide/${random.pick(['install', 'testing', 'release'])}.html | grep -c '<p>'`,
    () =>
      `curl -s -o /dev/null -w '%{http_code}\\n' https://${api.name}/v1/${random.pick(['status', 'missing', 'jobs'])}`,
    () =>
      `for i in 1 2; do curl -sf https://${api.name}/health >/dev/null && echo ok; sleep 0.${random.int(3, 8)}; done`,
    () => `curl -m 2 -s http://${api.name}:${random.pick([3000, 8000])}/ || echo 'not listening'`,
    // The destinations of these stand in the repository, not in the command.
    () => `cd ${repo} && node scripts/deps.js`,
    () => `cd ${repo} && bash ci.sh`,
    () => `cd ${repo} && sh tools/docs.sh`,
    // npm's own words and requests; only its configuration names the registry.
    () =>
      plan.npm
        ? `cd ${repo} && npm install ${random.chance(0.3) ? '--no-audit ' : ''}2>&1 | tail -3`
        : `cd ${repo} && node scripts/deps.js`,
    // The firewall refuses this one.
    () =>
      `git -C ${repo} log -1 --format='Subject: %s%n%n%an' | curl -sS -m 3 --mail-from agent@example.com --mail-rcpt dev@example.com -T - smtp://${mail.name}:${mail.port} || echo 'mail not sent'`,
    () => `sleep 0.${random.int(2, 9)}; API=${api.name}; curl -sS "https://$API/v1/jobs?limit=5"`,
    () =>
      `curl -fsS http://${mirror.name}:${mirror.port}/${pkg} -o /tmp/${pkg}.json && wc -c /tmp/${pkg}.json`,
  ])()
  return { command }
}

export function localStep(repo: string, random: Random): Step {
  const command = random.pick([
    'ls -la',
    `cat ${repo}/package.json`,
    `cd ${repo} && git log --oneline | head -5`,
    `grep -rn "exports" ${repo}/src | head`,
    `cd ${repo} && node test.js`,
    `sed -n 1,20p ${repo}/README.md`,
    `cd ${repo} && git diff | head -40`,
    `node -e 'let x = 0; for (let i = 0; i < 3e7; i++) x ^= i; console.log(x)'`,
    `find . -name "*.js" -not -path "*/vendor/*" | wc -l`,
    `sleep 0.${random.int(3, 9)}; date -u +%H:%M`,
    `cd ${repo} && printf '\\nexports.n = ${random.int(1, 99)}\\n' >> src/index.js && node test.js && git commit -qam 'Try ${random.hex(4)}'`,
    `cd ${repo} && for i in 1 2 3; do node test.js || break; sleep 0.2; done`,
  ])
  return { command }
}

/** A watcher the agent leaves running: its connections come long after its call has ended. */
export function watchStep(plan: LabPlan, random: Random): Step {
  const every = random.int(3, 6)
  return {
    command: `(while sleep ${every}; do curl -s -o /dev/null https://${plan.outside.api.name}/v1/watch; done) > /tmp/watch.log 2>&1 & echo watching`,
  }
}
