// The tables behind the source that a request names.

import { join } from 'node:path'
import { type CaseStore, openCaseStore } from '../store/cases/case-store.ts'
import type { Context } from './context.ts'

export async function caseStoreOf({ source, cacheFolder }: Context): Promise<CaseStore> {
  return await openCaseStore({ folder: await source().caseFolder(), cache: join(cacheFolder, 'cases') })
}
