import { setFlagsFromString } from 'node:v8'

/**
 * Does the work without V8 compiling a second time, in threads beside it, what runs often. To read and compare some hundred
 * sandboxes takes half a second, over which faster code saves less than a tenth; to make that code takes as long again.
 */
export async function unoptimised<Result>(work: () => Promise<Result>): Promise<Result> {
  setFlagsFromString('--no-opt')
  try {
    return await work()
  } finally {
    // Compiled code that is kept is taken again only where it was made with the same settings.
    setFlagsFromString('--opt')
  }
}
