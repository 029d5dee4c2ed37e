import { BSON } from 'mongodb'

/**
 * Collections in memory that answer the commands of the driver as MongoDB documents them, as far as the store uses them.
 * What it does not know it refuses, so that a spec cannot pass by accident.
 */

export type Document = Record<string, unknown>

/** An error as the server says it. */
export class Refusal extends Error {
  readonly code: number

  constructor(code: number, message: string) {
    super(message)
    this.code = code
  }
}

/** What one document may take. */
export const LARGEST = 16 * 1024 * 1024

export class Documents {
  readonly all = new Map<unknown, Document>()
  /** The fields by whose date documents are forgotten, with the seconds after it. */
  readonly lives = new Map<string, number>()

  find({ filter, sort, limit, projection }: Document): Document[] {
    const found = [...this.all.values()].filter((document) => matches(document, filter as Document))
    if (sort !== undefined) found.sort((a, b) => compare(a._id, b._id))
    return found.slice(0, (limit as number) || undefined).map((document) => project(document, projection as Document))
  }

  insert(document: Document): void {
    fits(document)
    if (this.all.has(document._id)) {
      throw new Refusal(11_000, `E11000 duplicate key error collection: index: _id_ dup key: { _id: "..." }`)
    }
    this.all.set(document._id, document)
  }

  /** Replaces the first match; answers whether there was one, or else the key of the document that was made. */
  replace(filter: Document, content: Document, upsert: boolean): { matched: boolean; upserted?: unknown } {
    if (Object.keys(content).some((name) => name.startsWith('$')))
      throw new Refusal(9, 'only replacements are known here')
    const before = [...this.candidates(filter)].find((document) => matches(document, filter))
    if (before === undefined && !upsert) return { matched: false }

    const _id = before?._id ?? filter._id
    if (before === undefined) this.insert({ _id, ...content })
    else {
      fits({ _id, ...content })
      this.all.set(_id, { _id, ...content })
    }
    return before === undefined ? { matched: false, upserted: _id } : { matched: true }
  }

  delete(filter: Document, limit: number): number {
    const found = [...this.candidates(filter)].filter((document) => matches(document, filter))
    const gone = limit === 0 ? found : found.slice(0, limit)
    for (const { _id } of gone) this.all.delete(_id)
    return gone.length
  }

  /** What the server does once a minute. */
  sweep(now: number): void {
    for (const [field, seconds] of this.lives) {
      for (const { _id, [field]: until } of this.all.values()) {
        if (until instanceof Date && until.getTime() + seconds * 1000 <= now) this.all.delete(_id)
      }
    }
  }

  // The index on `_id`: a scan of thousands for each command would be all that the specs do.
  private candidates({ _id }: Document): Iterable<Document> {
    if (typeof _id !== 'string') return this.all.values()
    const document = this.all.get(_id)
    return document === undefined ? [] : [document]
  }
}

function fits(document: Document): void {
  if (BSON.calculateObjectSize(document) > LARGEST) throw new Refusal(10_334, 'object to insert too large')
}

function project(document: Document, projection: Document = {}): Document {
  if (Object.keys(projection).length === 0) return document
  const wanted = Object.keys(projection).filter((field) => projection[field] === 1)
  const fields = projection._id === 0 ? wanted : ['_id', ...wanted]
  return Object.fromEntries(Object.entries(document).filter(([field]) => fields.includes(field)))
}

function matches(document: Document, filter: Document): boolean {
  return Object.entries(filter).every(([field, condition]) => {
    if (field === '$or') return (condition as Document[]).some((part) => matches(document, part))
    return meets(document[field], condition)
  })
}

function meets(value: unknown, condition: unknown): boolean {
  if (!isOperators(condition)) return isSame(value, condition)
  return Object.entries(condition).every(([operator, operand]) => {
    const test = OPERATORS[operator]
    if (test === undefined) throw new Refusal(2, `unknown operator: ${operator}`)
    return test(value, operand)
  })
}

const OPERATORS: Record<string, (value: unknown, operand: unknown) => boolean> = {
  $in: (value, operand) => (operand as unknown[]).some((one) => isSame(value, one)),
  $gt: (value, operand) => typeOf(value) === typeOf(operand) && compare(value, operand) > 0,
  $gte: (value, operand) => typeOf(value) === typeOf(operand) && compare(value, operand) >= 0,
  $lt: (value, operand) => typeOf(value) === typeOf(operand) && compare(value, operand) < 0,
  $type: (value, operand) => typeOf(value) === operand,
  $not: (value, operand) => !meets(value, operand),
}

function isOperators(condition: unknown): condition is Document {
  return typeOf(condition) === 'object' && Object.keys(condition as object).some((name) => name.startsWith('$'))
}

/** `null` is what is missing, too. */
function isSame(value: unknown, wanted: unknown): boolean {
  if (wanted === null) return value === null || value === undefined
  return typeOf(value) === typeOf(wanted) && compare(value, wanted) === 0
}

function typeOf(value: unknown): string {
  if (value instanceof Date) return 'date'
  return value === null ? 'null' : typeof value
}

/** Text is compared by its bytes, so by its code points. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === 'string') return Buffer.compare(Buffer.from(a), Buffer.from(b as string))
  return Number(a) - Number(b)
}
