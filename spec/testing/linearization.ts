/** A call of a verb: what was asked of which key, when, and what the answer was. */
export interface Operation {
  readonly verb: 'get' | 'getOrSet' | 'set' | 'remove' | 'clear' | 'expire'
  readonly key: string
  /** The value that `set` stored, or that the loader of `getOrSet` gave. */
  readonly value: number
  readonly asked: number
  readonly answered: number
  readonly answer: unknown
}

/** The content of a Map. */
type State = ReadonlyMap<string, number>

/**
 * Looks for an order of the operations that explains all answers, each at a moment between its call and its answer (Herlihy and
 * Wing's linearizability, by exhaustive search as Wing and Gong do it).
 *
 * `getOrSet` is one step too: a hit, or a load that is stored. A load that another operation on its key overlapped may give
 * its value without storing it, to its caller and to those who joined: removals and writes win over loads, and a value may
 * expire before it is stored.
 */
export function explained(operations: readonly Operation[]): boolean {
  return search(operations, new Map(), operations, new Set())
}

function search(left: readonly Operation[], state: State, all: readonly Operation[], failed: Set<string>): boolean {
  if (left.length === 0) return true
  const situation = `${left.map(({ asked }) => asked)}|${[...state].sort()}`
  if (failed.has(situation)) return false

  const firstAnswer = Math.min(...left.map(({ answered }) => answered))
  for (const operation of left) {
    // Nothing may come before what had been answered when it was asked.
    if (operation.asked > firstAnswer) continue
    const others = left.filter((other) => other !== operation)
    for (const next of outcomes(operation, state, all)) if (search(others, next, all, failed)) return true
  }
  failed.add(situation)
  return false
}

/** The states in which an operation may leave a Map that answers as it was answered. */
function outcomes(operation: Operation, state: State, all: readonly Operation[]): State[] {
  const { verb, key, value, answer } = operation
  const found = state.get(key)
  switch (verb) {
    case 'get':
      return answer === found ? [state] : []
    case 'set':
      return [with_(state, key, value)]
    case 'remove':
      return answer === (found !== undefined) ? [without(state, key)] : []
    case 'clear':
    case 'expire':
      return [new Map()]
    case 'getOrSet': {
      const next: State[] = []
      if (answer === found) next.push(state)
      if (found === undefined && answer === value) next.push(with_(state, key, value))
      if (isSuperseded(operation, all)) next.push(state)
      return next
    }
  }
}

/** Tells whether this got the value of a load over which something else won. */
function isSuperseded({ key, answer, asked, answered }: Operation, all: readonly Operation[]): boolean {
  const load = all.find((other) => other.verb === 'getOrSet' && other.key === key && other.value === answer)
  if (load === undefined || load.asked > answered || load.answered < asked) return false
  return all.some(
    ({ verb, key: other, asked, answered }) =>
      (verb === 'clear' || verb === 'expire' || ((verb === 'set' || verb === 'remove') && other === key)) &&
      asked < load.answered &&
      answered > load.asked,
  )
}

function with_(state: State, key: string, value: number): State {
  return new Map(state).set(key, value)
}

function without(state: State, key: string): State {
  const next = new Map(state)
  next.delete(key)
  return next
}
