import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { names, percent, settingEvidence } from '../words.ts'

const fixes: Readonly<Record<string, string>> = {
  'Docker compose': '# remove: network_mode: host\nnetworks: [sandboxes]',
  Docker: 'docker run --network sandboxes …   # instead of --network host',
  Kubernetes: 'hostNetwork: false',
}

export const hostNetwork = defineCheck({
  id: 'address.host-network',
  question: 'Has every sandbox a network of its own?',
  judged:
    'From compose files, docker inspect and pod specs: good when none uses the host network, weak when some do, missing when all do.',
  look({ settings }) {
    const known = settingsOf(settings, 'host-network')
    if (known.length === 0)
      return {
        verdict: 'unknown',
        found: 'No compose file, docker inspect or pod spec was given.',
        todo: [{ do: 'Give it too.', config: 'docker inspect $(docker ps -q) > containers.json' }],
      }
    const on = known.filter((setting) => setting.on)
    if (on.length === 0) return { verdict: 'good', found: `All ${known.length} have.`, evidence: [] }
    const products = [...new Set(on.map(({ product }) => product))]
    return {
      verdict: on.length === known.length ? 'missing' : 'weak',
      found: `${names([...new Set(on.map(({ who }) => who))])} use the machine's network (${percent(on.length, known.length)} of ${known.length}).`,
      cost: "Their connections bear the machine's address: no log outside can tell sandboxes, or the machine's own daemons, apart; a NAT log can't either.",
      todo: products.flatMap((product) =>
        fixes[product] === undefined
          ? []
          : [
              {
                do: 'Give each sandbox a network of its own.',
                where: on.find((s) => s.product === product)!.file,
                config: fixes[product],
              },
            ],
      ),
      evidence: settingEvidence(on),
    }
  },
})
