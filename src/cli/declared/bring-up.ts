// The command that brings a sandbox up that is there.

import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileName } from '../../config/locate.js'
import type { LiveContainer } from '../../model/live.js'
import { shellWord } from '../../model/shell-word.js'
import type { Invocation } from '../call/invocation.js'

type Known = Pick<LiveContainer, 'sandbox' | 'spec'>

/** By its file; where its folder has none by what it was made with. */
export function bringUp({ workingFolder, options }: Invocation, container: Known): string {
  const { workspace } = container.sandbox
  if (options.config !== undefined) return 'sbx apply'
  const call = existsSync(join(workspace, fileName)) ? 'sbx apply' : runAgain(container)
  return workspace === workingFolder ? call : `cd ${shellWord(workspace)} && ${call}`
}

/** Of one without a file: its agent, and what else says which it is. */
export function runAgain({ sandbox, spec }: Known): string {
  const { agent, displayName, workspace, profile } = sandbox
  const folder = basename(workspace)
  const isClone = spec.workspace.mode === 'clone'
  const cloneName = isClone && displayName.startsWith(`${folder}-`) ? displayName.slice(folder.length + 1) : null
  return [
    `sbx run ${shellWord(agent)}`,
    ...(isClone ? ['--clone'] : []),
    ...(cloneName === null ? [] : [shellWord(cloneName)]),
    ...(cloneName !== null || displayName === folder ? [] : [`--name ${shellWord(displayName)}`]),
    ...(profile === null ? [] : [`--profile ${shellWord(profile)}`]),
  ].join(' ')
}
