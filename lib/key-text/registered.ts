import { coder } from '../coder/json.ts'

/** An instance of a class that `coder.register` knows, as the codec's name and its data; `undefined` for others. */
export function registered(value: object): { readonly name: string; readonly data: unknown } | undefined {
  const encoding = coder.registry.encodingOf(value)
  return encoding && { name: encoding.name, data: encoding.encode(value) }
}
