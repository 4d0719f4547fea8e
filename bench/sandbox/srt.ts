// @anthropic-ai/sandbox-runtime as its own documentation uses it as a library.

import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { run } from './direct.ts'
import type { Place, Side } from './side.ts'

/** The part of its interface that is used here. */
interface Srt {
  readonly SandboxManager: {
    initialize(config: object): Promise<void>
    wrapWithSandbox(
      command: string,
      shell?: string,
      config?: object,
      signal?: AbortSignal,
      options?: { readonly commandId?: string },
    ): Promise<string>
    cleanupAfterCommand?(): void
    getSandboxViolationStore(): {
      subscribe(listener: (violations: readonly { readonly encodedCommand?: string }[]) => void): void
      getTotalCount(): number
    }
    reset(): Promise<void>
  }
}

export function settingsFor({ host, workdir }: Pick<Place, 'host' | 'workdir'>) {
  return {
    network: { allowedDomains: [host], deniedDomains: [] },
    filesystem: { denyRead: [], allowRead: [], allowWrite: [workdir], denyWrite: [] },
  }
}

export const srtPackage = 'node_modules/@anthropic-ai/sandbox-runtime'

export async function openSrt(place: Place): Promise<Side> {
  process.chdir(place.workdir)
  const { SandboxManager } = (await import(
    pathToFileURL(join(place.srt, srtPackage, 'dist/index.js')).href
  )) as Srt
  await SandboxManager.initialize(settingsFor(place))
  const kept: Record<string, number> = {}
  const store = SandboxManager.getSandboxViolationStore()
  let seen = store.getTotalCount()
  store.subscribe((violations) => {
    const total = store.getTotalCount()
    if (total > seen) {
      const key = Buffer.from(violations.at(-1)?.encodedCommand ?? '', 'base64').toString()
      kept[key] = (kept[key] ?? 0) + (total - seen)
    }
    seen = total
  })
  return {
    async exec(command, call) {
      const wrapped = await SandboxManager.wrapWithSandbox(
        command,
        undefined,
        undefined,
        undefined,
        call === undefined ? {} : { commandId: call },
      )
      return await run(['/bin/bash', '-c', wrapped], place.workdir)
    },
    kept: () => ({ ...kept }),
    close: () => SandboxManager.reset(),
  }
}
