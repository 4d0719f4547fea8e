import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { endpoints } from '../../src/server/endpoints.ts'
import { openapi, openapiFiles } from '../../tools/generate-openapi.ts'

interface Operation {
  readonly operationId: string
  readonly summary: string
  readonly parameters?: readonly { readonly name: string; readonly in: string }[]
  readonly requestBody?: unknown
  readonly responses: Readonly<Record<string, unknown>>
}

const document = openapi(endpoints) as {
  openapi: string
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}

describe('the reference of the server’s addresses', () => {
  it('is current', () => {
    for (const [path, text] of openapiFiles())
      expect(readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8'), 'run npm run generate').toBe(
        text,
      )
  })

  it('has every route there is, and no other', () => {
    const described = Object.entries(document.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const registered = endpoints.map(
      ({ method, path }) => `${method} /api/v1${path.replace(/:(\w+)/g, '{$1}')}`,
    )
    expect(new Set(registered).size, 'a route stands there twice').toBe(registered.length)
    expect(described.sort()).toEqual([...registered, 'GET /healthz'].sort())
  })

  it('describes each: a sentence, its parameters, what it takes and gives', () => {
    const ids = new Set<string>()
    for (const endpoint of endpoints) {
      const at = `/api/v1${endpoint.path.replace(/:(\w+)/g, '{$1}')}`
      const operation = document.paths[at]?.[endpoint.method.toLowerCase()]
      expect(operation?.summary, at).toMatch(/^\p{Lu}.{10,}\.$/u)
      const names = operation?.parameters?.filter((one) => one.in === 'path').map(({ name }) => name) ?? []
      expect(names).toEqual([...at.matchAll(/\{(\w+)\}/g)].map(([, name]) => name))
      expect(operation?.requestBody !== undefined, at).toBe(endpoint.body !== undefined)
      expect(operation?.responses['200'], at).toBeDefined()
      ids.add(operation?.operationId ?? '')
    }
    expect(ids.size).toBe(endpoints.length)
  })

  it('refers only to what it has, in the words of OpenAPI 3.1', () => {
    expect(document.openapi).toBe('3.1.0')
    const refs = new Set([...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, ref]) => ref!))
    for (const ref of refs) {
      const found = ref.startsWith('#/components/schemas/') && document.components.schemas[ref.slice(21)]
      expect(found, ref).toBeTruthy()
    }
  })
})
