import { AdapterError, ValueTooLarge } from '../../lib/core/errors.ts'
import type { Wire } from '../../lib/core/types.ts'

const REFUSED = 'SERVER_ERROR '
const TOO_LARGE = 'SERVER_ERROR object too large for cache'

/** The error of a reply by which a server says that it cannot do what it was asked; `undefined` for other replies. */
export function refusal(
  line: string,
  wire: Wire | undefined,
  server: string,
  adapter: string,
): AdapterError | undefined {
  if (!line.startsWith(REFUSED)) return undefined
  if (line === TOO_LARGE && wire !== undefined) return tooLarge(Buffer.byteLength(wire), server, adapter)
  return new AdapterError(`${server} refused: ${line.slice(REFUSED.length)}.`, { adapter })
}

/** The error about a value of so many bytes that is too much for a server. `server` begins a sentence. */
export function tooLarge(bytes: number, server: string, adapter: string): ValueTooLarge {
  return new ValueTooLarge(
    `A value of ${bytes} bytes is too large. ${server} takes up to 1 MB (1048576 bytes, the key among them) unless it was told otherwise: ` +
      'start it with more (memcached -I 8m), or compress values (CompressedCache).',
    { adapter },
  )
}
