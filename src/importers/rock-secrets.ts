// ROCK's logs and records hold headers and tokens; a refused record is kept without them.

/** The same text, header blocks and token values replaced. */
export function withoutRockSecrets(text: string): string {
  return text
    .slice(0, 4096)
    .replace(/("headers"\s*:\s*\{)[^}]{1,4096}/g, '$1…')
    .replace(/("[\w-]{0,40}(?:authorization|auth_token)\w{0,40}"\s*:\s*")[^"]{1,4096}/gi, '$1…')
}
