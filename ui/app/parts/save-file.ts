/** Hands a file to the browser's downloads. */
export function saveFile(name: string, content: Blob): void {
  const address = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = address
  link.download = name
  link.click()
  // Not at once: the browser takes the content only after this has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000)
}
