import { fail } from '../../model/diagnostic.js'

/** The folder that sbx was called in. Throws where somebody has removed it since. */
export function workingFolder(): string {
  try {
    return process.cwd()
  } catch {
    return fail('cli/no-working-folder', 'The working folder is gone', {
      detail: 'The folder that this was called in has been removed. Go to another one, or anew to the one of its name.',
    })
  }
}
