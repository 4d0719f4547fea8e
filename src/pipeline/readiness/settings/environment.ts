// A .env file.

import { defineSettings } from '../settings-api.ts'
import { sayVariables, variableOf } from '../settings-environment.ts'

export const environmentSettings = defineSettings({
  product: 'environment',
  recognises: ({ path }) => /(?:^|\/)(?:[\w.-]*\.)?env(?:\.[\w-]+)?$/.test(path),
  read({ lines }, say) {
    const variables = lines.flatMap((line, k) => {
      const bare = line.replace(/^export\s+/, '')
      return bare.startsWith('#') ? [] : (variableOf(bare, k + 1) ?? [])
    })
    sayVariables(variables, undefined, say)
  },
})
