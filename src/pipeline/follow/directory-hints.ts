// The file system's word that something has changed: sooner than the next look, but never relied on.

import { type FSWatcher, watch } from 'node:fs'
import { dirname } from 'node:path'

const foldersMax = 256

export class DirectoryHints {
  readonly #watchers = new Map<string, FSWatcher>()
  readonly #onChange: () => void

  constructor(onChange: () => void) {
    this.#onChange = onChange
  }

  /** Listens to the folders of these files, at most 256 of them. */
  watch(files: readonly string[]): void {
    for (const file of files) {
      const folder = dirname(file)
      if (this.#watchers.has(folder) || this.#watchers.size >= foldersMax) continue
      try {
        const watcher = watch(folder, { persistent: false }, (kind) => {
          // What grows is looked at anyway; a new name is news.
          if (kind === 'rename') this.#onChange()
        })
        watcher.on('error', () => {
          watcher.close()
          this.#watchers.delete(folder)
        })
        this.#watchers.set(folder, watcher)
      } catch {
        // No more watches are to be had; looking does as well.
        return
      }
    }
  }

  close(): void {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }
}
