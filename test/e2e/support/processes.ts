import type { Project } from './project.js'

/** The command lines of all that runs in the one sandbox of the project, as the engine lists them, one a line and cut. */
export async function processesInside(project: Project): Promise<string> {
  const { Id } = await project.container()
  const { Processes: rows } = await project.docker.getContainer(Id).top({ ps_args: '-eo pid,args' })
  return (rows as readonly (readonly string[])[]).map((row) => row.slice(1).join(' ').slice(0, 100)).join('\n')
}
