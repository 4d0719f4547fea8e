// Names that a path carries: the file's, or the folder's that tells its episode.

/** The file's name without the first of these endings that fits; undefined when nothing is left. */
export function fileStem(path: string, endings: readonly string[]): string | undefined {
  const name = path.slice(path.lastIndexOf('/') + 1)
  const ending = endings.find((one) => name.endsWith(one)) ?? ''
  return name.length > ending.length ? name.slice(0, name.length - ending.length) : undefined
}

/** The folder `up` levels above the file: 1 is the one it stands in. */
export function folderAbove(path: string, up: number): string | undefined {
  const parts = path.split('/')
  const name = parts[parts.length - 1 - up]
  return name === '' || name === '.' || name === '..' ? undefined : name
}
