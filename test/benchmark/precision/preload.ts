import { registerHooks } from 'node:module'

/**
 * Loaded before a program (`--import`), in all its threads: whoever imports `src/linux/clock.ts` gets a false clock. So
 * what is measured is the product as it is, without a place in it where time could be forged.
 */
const TRUE_CLOCK = new URL('../../../src/linux/clock.ts', import.meta.url).href
const FALSE_CLOCK = new URL('false-clock.ts', import.meta.url).href

registerHooks({
  resolve: (specifier, context, next) => {
    const found = next(specifier, context)
    return found.url === TRUE_CLOCK && context.parentURL !== FALSE_CLOCK ? { ...found, url: FALSE_CLOCK } : found
  },
})
