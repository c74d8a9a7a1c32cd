// A machine in a folder: a home with a project in it, and what sbx reads of both.

import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { loadConfig, type LoadRequest } from '../../src/config/load.js'
import type { LoadedConfig } from '../../src/model/config.js'
import { DiagnosticError, type Diagnostic } from '../../src/model/diagnostic.js'
import { temporaryFolder } from '../support/temporary-folder.js'

export type Project = {
  /** The user's home; files are given relative to it. */
  readonly home: string
  /** `work` in the home. */
  readonly folder: string
  readonly load: (request?: Partial<LoadRequest>) => Promise<LoadedConfig>
  /** What is wrong, when something is; an empty list when the files load. */
  readonly problems: (request?: Partial<LoadRequest>) => Promise<readonly Diagnostic[]>
}

export async function project(files: Readonly<Record<string, string | Uint8Array>>): Promise<Project> {
  const home = temporaryFolder('config')
  const folder = join(home, 'work')
  await mkdir(folder)
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(home, path)), { recursive: true })
    await writeFile(join(home, path), content)
  }
  const load = async (request: Partial<LoadRequest> = {}): Promise<LoadedConfig> =>
    loadConfig({
      workingFolder: folder,
      home,
      configFolder: join(home, '.config/sbx'),
      uid: ownUid(),
      sbxVersion: '0.1.0',
      ...request,
    })
  return {
    home,
    folder,
    load,
    problems: async (request) => {
      try {
        await load(request)
        return []
      } catch (error) {
        if (error instanceof DiagnosticError) return error.diagnostics
        throw error
      }
    },
  }
}

/** A project whose one file is this. */
export async function projectOf(text: string | Uint8Array): Promise<Project> {
  return project({ 'work/sandbox.yaml': text })
}

export function ownUid(): number {
  return process.getuid?.() ?? 0
}

/** `3:7 config/wrong-type <what is underlined>`. */
export function placed({ code, at }: Diagnostic): string {
  if (at === undefined) return code
  const from = at.column - 1
  return `${at.line}:${at.column} ${code} <${(at.sourceLine ?? '').slice(from, from + (at.length ?? 1))}>`
}
