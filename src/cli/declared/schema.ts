import { readFile } from 'node:fs/promises'
import type { Invocation } from '../call/invocation.js'

/** The schema as the package ships it, byte for byte, so that an editor can be given it. */
export async function schema(invocation: Invocation): Promise<number> {
  invocation.output.write(await readFile(new URL('../../../schema/sandbox.schema.json', import.meta.url), 'utf8'))
  return 0
}
