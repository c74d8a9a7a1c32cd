// A project whose workspace is moved and copied about.

import { chown, cp, mkdir, stat } from 'node:fs/promises'
import type { Project } from '../../e2e/support/project.js'

/** The same, its workspace elsewhere. */
export function placed(project: Project, folder: string): Project {
  return Object.create(project, { folder: { value: folder } }) as Project
}

/** With its owner: another one would be another `agent`, to whom the home is given. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await mkdir(to)
  await cp(from, to, { recursive: true })
  const { uid, gid } = await stat(from)
  await chown(to, uid, gid)
}
