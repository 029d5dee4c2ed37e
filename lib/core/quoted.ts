/** A key as a message shows it: quoted, and cut when it is long. */
export function quoted(key: string): string {
  return JSON.stringify(key.length > 80 ? `${key.slice(0, 77)}...` : key)
}
