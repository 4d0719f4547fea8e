/** Undoes what was made: last made, first undone; a step that fails does not keep the others. Empties the list. */
export async function unwind(undo: (() => unknown)[]): Promise<void> {
  for (const step of undo.splice(0).reverse()) {
    try {
      await step()
    } catch {}
  }
}
