/**
 * A URL, or text that was meant as one, without its secrets: whatever stands before an `@`, after a colon that no port
 * follows, or in the parameters. It also works on text that no URL parser takes, such as `rediss//user:secret@host`.
 */
export function redact(url: string): string {
  const address = url.replace(/^([a-z+]*:?\/\/)?.*@/is, '$1***@').replace(/\?.*/s, '')
  return address.replace(/(?<!^[a-z+]*):(?!\d*(\/|,|$)).*/is, ':***')
}
