// For what may be gone or refused at any time: a process's files, a group of one that ended.

/** What `read` gives; undefined when it throws. */
export function quietly<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}

/** Whether `act` goes through without throwing. */
export function succeeds(act: () => unknown): boolean {
  try {
    act()
    return true
  } catch {
    return false
  }
}
