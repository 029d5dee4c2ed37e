export { fullHashKey, hashJsonKey, hashKey, typedKey } from './hash-key.ts'
export { jsonKey, jsonKeyKw, type KeywordArguments, kw } from './json-key.ts'
