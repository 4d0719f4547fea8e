// Starts a thread of this folder. Sources run through a loader, which threads do not inherit; the built program needs none.

import { Worker } from 'node:worker_threads'

/** `name`: the file without its ending. */
export function startWorker(name: string, workerData?: unknown): Worker {
  if (import.meta.url.endsWith('.js'))
    return new Worker(new URL(`./${name}.js`, import.meta.url), { workerData })
  const url = JSON.stringify(new URL(`./${name}.ts`, import.meta.url).href)
  const program = `import('tsx/esm/api').then(({ register }) => { register(); return import(${url}) })`
  return new Worker(program, { eval: true, execArgv: [], workerData })
}
