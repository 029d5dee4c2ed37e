import { classNameOf } from '../coder/kinds.ts'
import { quoted } from '../core/quoted.ts'

/** The steps that lead to a value, from `args` or `kwargs` on. Entries of a Map and items of a Set are counted. */
export type Path = readonly (string | number)[]

const WAY_OUT = 'Leave it out, or say what the key is with the option "key".'

/** Why a function, a symbol or an instance makes no key. */
export function refusal(value: unknown, path: Path): TypeError {
  const place = placeOf(path)
  if (typeof value !== 'object' || value === null)
    return new TypeError(`No key can be made of ${place}: a ${typeof value} is no data. ${WAY_OUT}`)

  const name = classNameOf(value)
  return new TypeError(
    `No key can be made of ${place}, an instance of ${name}: what makes two of them equal is unknown. ` +
      `Give the class a toJSON method, or register it with coder.register. ${WAY_OUT}`,
  )
}

/** Why what lies in itself makes no key. */
export function cycle(path: Path): TypeError {
  return new TypeError(`No key can be made of ${placeOf(path)}: it lies in itself. ${WAY_OUT}`)
}

/** Why what is nested too deep makes no key. */
export function tooDeep(path: Path, limit: number): TypeError {
  const place = placeOf(path.slice(0, 4))
  return new TypeError(`No key can be made of ${place}: it is nested more than ${limit} levels deep. ${WAY_OUT}`)
}

/** A path as it would be written in the source: `args[0].user.tags[1]`. */
function placeOf([root, ...steps]: Path): string {
  return steps.reduce<string>((text, step) => text + stepText(step), `${root}`)
}

function stepText(step: string | number): string {
  if (typeof step === 'number') return `[${step}]`
  return /^[A-Za-z_$][\w$]*(\(\))?$/.test(step) ? `.${step}` : `[${quoted(step)}]`
}
