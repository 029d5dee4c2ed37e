import { AsyncChaosCache, ChaosCache, conforms } from '../../lib/testing/index.ts'

describe('ChaosCache', () => conforms((options) => new ChaosCache({}, options)))
describe('AsyncChaosCache', () => conforms((options) => new AsyncChaosCache({ delay: [0, 2] }, options)))
