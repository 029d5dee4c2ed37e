import { bufferOver } from '../../lib/coder/bytes.ts'

/** From this many bytes on they are moved to the other thread; fewer are copied, which takes as long and needs no list. */
const MOVED_FROM = 16_384

/**
 * Arguments or an answer in the form in which they cross. Bytes cross as a copy: `postMessage` would send the whole buffer
 * behind a view (64 KB of a socket, say), and moving the original would take it from its owner.
 */
export function outgoing<T>(content: T, moved: ArrayBuffer[]): T {
  if (typeof content !== 'object' || content === null) return content
  if (content instanceof Uint8Array) return ownBytes(content, moved) as T
  if (Array.isArray(content)) return content.map((part) => outgoing(part, moved)) as T
  return Object.fromEntries(Object.entries(content).map(([name, part]) => [name, outgoing(part, moved)])) as T
}

function ownBytes(bytes: Uint8Array, moved: ArrayBuffer[]): Uint8Array {
  const copy = new Uint8Array(bytes)
  if (copy.length >= MOVED_FROM) moved.push(copy.buffer)
  return copy
}

/** Data that crossed, with bytes as Buffers: client libraries take nothing else. */
export function asBuffers<T>(content: T): T {
  if (typeof content !== 'object' || content === null) return content
  if (content instanceof Uint8Array) return bufferOver(content) as T
  return Array.isArray(content) ? (content.map(asBuffers) as T) : content
}
