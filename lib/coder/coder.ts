/** A value as it is stored: text, or bytes. */
export type Wire = string | Uint8Array

/** Writes values as text or bytes, and reads them back as they were. */
export interface Coder {
  /** Its name, which stands in the header of every entry that it wrote: letters and digits. */
  readonly name: string
  /** The wire form of a value. Throws `CoderError` for what it cannot bring back as it was. */
  encode(value: unknown): Wire
  /** The value of a wire form, given as text or as the same text in UTF-8. Throws `CoderError` for what it did not write. */
  decode(wire: Wire): unknown
}
